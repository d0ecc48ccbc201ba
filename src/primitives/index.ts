export * from "./bytes.ts";
export * from "./hex.ts";
export * from "./logger.ts";
