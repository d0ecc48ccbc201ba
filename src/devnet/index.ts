export * from "./create-rollup.ts";
export * from "./devnet.ts";
export * from "./l1-node.ts";
export * from "./network.ts";
