export * from "./errors.ts";
export type { L1TransactionRequest } from "./request.ts";
export { MAXIMUM_BLOBS_PER_TRANSACTION } from "./sidecar.ts";
export type { BlobWrapperVersion } from "./sidecar.ts";
export { waitsForFunds } from "./status.ts";
export type { L1TransactionStatus, L1TransactionTrouble } from "./status.ts";
export * from "./transaction-manager.ts";
export * from "./types.ts";
