export * from "./block.ts";
export * from "./receipt.ts";
export * from "./scalars.ts";
export * from "./syncing.ts";
export * from "./transaction.ts";
