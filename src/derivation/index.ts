export * from "./consume-messages.ts";
export * from "./derive-blocks.ts";
export * from "./payload-blocks.ts";
export * from "./types.ts";
