export * from "./derive-blocks.ts";
export * from "./types.ts";
