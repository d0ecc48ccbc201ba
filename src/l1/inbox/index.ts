export { createInboxReader } from "./inbox-reader.ts";
export * from "./types.ts";
