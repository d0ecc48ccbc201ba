export type { SequencerMode } from "./block-scheduler.ts";
export * from "./mempool.ts";
export type { DropReason, MempoolChanges } from "./mempool-state.ts";
export * from "./pool-state.ts";
export * from "./sequencer.ts";
export type { MempoolLimits, PooledTransaction, SenderAccount } from "./pooled-transaction.ts";
export type { TransactionSelection } from "./transaction-selection.ts";
export type { PoolEnvironment } from "./transaction-validation.ts";
