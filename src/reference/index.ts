export * from "./create-execution-engine.ts";
export * from "./evm-executor.ts";
