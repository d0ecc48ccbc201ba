export { startChallengerRole } from "./challenger-role.ts";
export type { ChallengerRoleOptions } from "./challenger-role.ts";
export * from "./closing.ts";
export { followL1Clock } from "./l1-clock.ts";
export {
  fundsProblems,
  startBatcher,
  startBatcherRole,
  startBlobServer,
  startProposerRole,
} from "./l1-writing-roles.ts";
export type { BatcherRoleOptions, BlobServerOptions, ProposerRoleOptions } from "./l1-writing-roles.ts";
export { judgeSilence, whyNotSequencing } from "./operator-silence.ts";
export type { OperatorSilence } from "./operator-silence.ts";
export * from "./rpc-role.ts";
export * from "./running-node.ts";
export * from "./self-sequencer-role.ts";
export { openSequencer, startFeed, startSequencerRole } from "./sequencer-role.ts";
export type { FeedRoleOptions, SequencerRoleOptions } from "./sequencer-role.ts";
