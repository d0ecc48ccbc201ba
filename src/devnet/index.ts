export * from "./devnet.ts";
export * from "./l1-node.ts";
