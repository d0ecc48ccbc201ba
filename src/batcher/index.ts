export * from "./batcher.ts";
export * from "./errors.ts";
export * from "./posting-cost.ts";
export * from "./types.ts";
