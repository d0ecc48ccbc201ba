export { startChallengerRole } from "./challenger-role.ts";
export type { ChallengerRoleOptions } from "./challenger-role.ts";
export * from "./closing.ts";
export { startBatcherRole, startProposerRole } from "./l1-writing-roles.ts";
export type { BatcherRoleOptions, ProposerRoleOptions } from "./l1-writing-roles.ts";
export * from "./rpc-role.ts";
export * from "./running-node.ts";
export * from "./sequencer-role.ts";
