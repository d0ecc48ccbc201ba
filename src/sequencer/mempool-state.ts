import type { EventEmitter } from "node:events";
import type { InvalidTransactionError, SignedTransaction, SkipReason } from "../ethereum/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import type { SubmissionOutcome } from "../node/index.ts";
import type { Address, Hash, Logger } from "../primitives/index.ts";
import type { MempoolJournal } from "./mempool-journal.ts";
import type { PoolState } from "./pool-state.ts";
import type { SenderAccount } from "./pooled-transaction.ts";
import type { TransactionQueues } from "./transaction-queues.ts";
import type { PoolEnvironment } from "./transaction-validation.ts";

/** Why a transaction left the pool without being in a block. */
export type DropReason =
  | { readonly kind: "replaced"; readonly by: Hash }
  | { readonly kind: "evicted" }
  | { readonly kind: "expired" }
  | { readonly kind: "skipped"; readonly reason: SkipReason };

export interface MempoolChanges {
  dropped: [transaction: SignedTransaction, reason: DropReason];
  /** The pool has taken note of a new latest block. */
  settled: [];
}

/** All of a mempool: the parts it is made of, and what it remembers. */
export interface MempoolState {
  readonly chain: PoolState;
  readonly queues: TransactionQueues;
  readonly journal: MempoolJournal;
  readonly decode: (raw: Uint8Array) => Promise<SignedTransaction | InvalidTransactionError>;
  /** `transaction` tells of every transaction once, when it becomes executable for the first time. */
  readonly events: EventEmitter<{ transaction: [transaction: SignedTransaction] }>;
  readonly changes: EventEmitter<MempoolChanges>;
  readonly logger: Logger;
  readonly counters: MetricsOf<"mempool">;
  isClosed: boolean;

  /** Transactions that came so far, which gives each its place among equals. */
  arrivals: number;
  /** Submissions under way, so that a second copy waits for the first. */
  readonly submissions: Map<Hash, Promise<SubmissionOutcome>>;
  /** Raw bytes of these. */
  bytesInFlight: number;
  /** Account reads under way, shared while the chain stays at the block they read. */
  readonly accountReads: Map<Address, { readonly at: Hash; readonly account: Promise<SenderAccount> }>;

  /** What the next block asks of a transaction, as of the last refresh. */
  environment: PoolEnvironment;
  isEnvironmentStale: boolean;
  /** Senders whose account may differ from what the queues hold. */
  readonly dirty: Set<Address>;
  /** The senders still to be looked at without a known reason, in this round. */
  sweep: IterableIterator<Address>;
  refreshing: Promise<void> | undefined;

  /** Transactions of removed blocks that are being taken back in. */
  readonly readmissions: Set<Promise<void>>;
  /** The final head, by block number. */
  finalized: number;
  /** Highest final block whose transactions are out of the journal. */
  cleanedTo: number;
  cleaning: Promise<void> | undefined;
}
