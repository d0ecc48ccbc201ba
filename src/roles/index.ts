export { startChallengerRole } from "./challenger-role.ts";
export type { ChallengerRoleOptions } from "./challenger-role.ts";
export * from "./closing.ts";
export { startBatcher, startBatcherRole, startBlobServer, startProposerRole } from "./l1-writing-roles.ts";
export type { BatcherRoleOptions, BlobServerOptions, ProposerRoleOptions } from "./l1-writing-roles.ts";
export * from "./rpc-role.ts";
export * from "./running-node.ts";
export * from "./sequencer-role.ts";
