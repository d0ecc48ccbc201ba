export * from "./outbox-index.ts";
export * from "./withdrawal-status.ts";
export * from "./withdrawal-tree.ts";
