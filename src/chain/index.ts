export * from "./execution-engine.ts";
export * from "./rollup-config.ts";
export * from "./signed-transaction.ts";
export * from "./types.ts";
