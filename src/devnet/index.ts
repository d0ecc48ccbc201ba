export * from "./devnet.ts";
export * from "./l1-node.ts";
export { StateFileError, dumpFolder } from "./state-file.ts";
export { wellKnownContracts } from "./well-known-contracts.ts";
export type { WellKnownContract } from "./well-known-contracts.ts";
