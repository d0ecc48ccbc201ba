export * from "./hex.ts";
