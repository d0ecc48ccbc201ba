export * from "./batcher.ts";
export * from "./errors.ts";
export * from "./posting-cost.ts";
export { maximumBlockBytesFor } from "./settings.ts";
export * from "./types.ts";
