import type { EventEmitter } from "node:events";
import type { SignedTransaction, SkipReason } from "../ethereum/index.ts";
import type { BlockExecution, ExecutedBlock, ExecutionEngine, RecoveredBlockInput } from "../execution/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block, RollupConfig } from "../rollup/index.ts";
import type {
  BlockSummary,
  ChainStore,
  DerivedBatch,
  InboxStore,
  L1BlockReference,
  ReadableChainStore,
  ReadableInboxStore,
} from "../storage/index.ts";

/** Events of the canonical L2 chain. Emitted after the store has committed the change. */
export interface ChainEvents {
  /** `latest` advanced by this block. */
  block: [block: Block];
  /** Blocks left the canonical chain (lowest first); `block` events of their replacements follow. */
  reorg: [removed: readonly Block[]];
  /** The safe head moved; backwards after an L1 reorg. */
  safe: [number: number];
  /** The finalized head moved; backwards only if L1 took back a block it had reported as final. */
  finalized: [number: number];
}

/** The writing side of the chain, usable only inside `Chain.exclusive`. */
export interface ChainWriter {
  /** Opens the child of the latest block for execution, message by message and transaction by transaction. */
  openBlock(attributes: { readonly timestamp: number }): Promise<BlockExecution>;
  /** Stores a child of the latest block, sealed by this writer or removed earlier, and emits `block`. */
  append(block: Block): Promise<void>;
  /** As `append` for each of several in order, stored in one transaction. */
  appendAll(blocks: readonly Block[]): Promise<void>;
  /** Opens, executes (skipping invalid transactions), seals and appends a block. */
  execute(input: RecoveredBlockInput): Promise<Block>;
  /** Executes and seals a child of any stored block without appending it. */
  executeOn(parent: BlockSummary, input: RecoveredBlockInput): Promise<ExecutedBlock>;
  /** Makes `number` the latest block; emits `reorg` with what was removed. */
  rewindTo(number: number): Promise<readonly Block[]>;
  /** As `ChainStore.putDerivedBatch`; emits `safe` if that moved. */
  putDerivedBatch(derived: DerivedBatch, rewindCount?: number): Promise<void>;
  /** As `ChainStore.putDerivedBatches`; emits `safe` once if that moved. */
  putDerivedBatches(derived: readonly DerivedBatch[], rewindCount?: number): Promise<void>;
  /** As `ChainStore.setFinalized`; emits `finalized` if that moved. */
  setFinalized(number: number): Promise<void>;
}

/** The chain for those who only read it, on whatever thread. */
export interface ReadableChain {
  readonly config: RollupConfig;
  readonly engine: Omit<ExecutionEngine, "openBlock">;
  readonly store: ReadableChainStore;
  readonly inbox: ReadableInboxStore;
  latest(): Block;
}

/**
 * The one owner of chain writes in a process. Sequencer, follower and feed write through `exclusive`, whose tasks run one
 * at a time in the order they were asked for; RPC and the L1 roles only read.
 */
export interface Chain extends ReadableChain {
  exclusive<T>(task: (writer: ChainWriter) => Promise<T>): Promise<T>;
  readonly engine: ExecutionEngine;
  readonly store: ChainStore;
  readonly inbox: InboxStore;
  readonly events: EventEmitter<ChainEvents>;
}

/** Answers of a transaction pool to a transaction it was offered. */
export type SubmissionOutcome =
  | { readonly kind: "accepted"; readonly hash: Hash }
  | { readonly kind: "known"; readonly hash: Hash }
  | {
      readonly kind: "replacement-underpriced";
      readonly requiredMaxFeePerGas: bigint;
      readonly requiredPriorityFeePerGas: bigint;
    }
  | { readonly kind: "pool-full" }
  | { readonly kind: "sender-limit"; readonly limit: number }
  | { readonly kind: "rejected"; readonly reason: SkipReason };

/** Where RPC sends transactions: the mempool of the sequencer, or a forwarder to the sequencer on a replica. */
export interface TransactionPool {
  submit(raw: Uint8Array): Promise<SubmissionOutcome>;
  get(hash: Hash): SignedTransaction | undefined;
  /** Next nonce of a sender counting its executable pooled transactions, or undefined if it has none pooled. */
  pendingNonce(sender: `0x${string}`): bigint | undefined;
  content(): { readonly pending: readonly SignedTransaction[]; readonly queued: readonly SignedTransaction[] };
  readonly events: EventEmitter<{ transaction: [transaction: SignedTransaction] }>;
}

/** Progress of following L1, for `rollup_syncStatus`, `/ready` and metrics. */
export interface SyncStatus {
  readonly l1Head: L1BlockReference | undefined;
  readonly l1Synced: L1BlockReference | undefined;
  /** Seconds since the L1 endpoint first named `l1Head`; undefined before the first look. */
  readonly l1HeadAge?: number | undefined;
  /** Seconds since L1 was read to its head; undefined before it first was. */
  readonly l1ReadAge?: number | undefined;
  /** Why what is read of L1 may not be all that it has; undefined if L1 was read to its head lately. */
  readonly l1Problem?: string | undefined;
  readonly batchCount: number;
  readonly derivedBatchCount: number;
  /** L1 block of the first batch that is read and not derived yet, if there is one. */
  readonly underivedSince: number | undefined;
  /** Derived batches whose boundary states are stored; undefined if the node does not follow with traces. */
  readonly tracedBatchCount?: number | undefined;
  readonly messageCount: number;
  readonly latest: number;
  readonly safe: number;
  readonly finalized: number;
}
