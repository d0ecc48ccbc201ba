export * from "./errors.ts";
export * from "./proposer.ts";
export * from "./types.ts";
