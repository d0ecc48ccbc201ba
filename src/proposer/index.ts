export * from "./proposer.ts";
export * from "./types.ts";
