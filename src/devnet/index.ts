export * from "./l1-node.ts";
