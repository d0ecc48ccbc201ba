import type { EventEmitter } from "node:events";
import type { SenderRecovery, SignedTransaction, SkipReason } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { TransactionPool } from "../node/index.ts";
import { createEvents } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import type { RecordStore } from "../storage/index.ts";
import { cleanJournalTo } from "./journal-cleaning.ts";
import { submitTransaction } from "./mempool-admission.ts";
import { consequenceOfSkip, drop } from "./mempool-departures.ts";
import { createMempoolJournal } from "./mempool-journal.ts";
import { loadJournal, readmitRemoved } from "./mempool-readmission.ts";
import { noteBlock, noteReorg, startRefreshing } from "./mempool-refresh.ts";
import type { MempoolChanges, MempoolState } from "./mempool-state.ts";
import type { PoolState } from "./pool-state.ts";
import { createTransactionDecoder } from "./transaction-decoder.ts";
import { createTransactionQueues } from "./transaction-queues.ts";
import type { MempoolLimits } from "./pooled-transaction.ts";
import type { TransactionSelection } from "./transaction-selection.ts";

export interface MempoolOptions {
  readonly chainId: number;
  readonly state: PoolState;
  /** Recovers senders on other threads; without it they are recovered on this one. */
  readonly recovery?: Pick<SenderRecovery, "recover">;
  /** Where acknowledged transactions are kept until a final block holds them. */
  readonly journal: RecordStore;
  readonly limits?: Partial<MempoolLimits>;
  /** Seconds after which a transaction that cannot be executed is dropped. */
  readonly queuedLifetime?: number;
}

/** The sequencer's transaction pool. */
export interface Mempool extends TransactionPool {
  /** `transaction` tells of every transaction once, when it becomes executable for the first time. */
  readonly events: EventEmitter<{ transaction: [transaction: SignedTransaction] }>;
  readonly changes: EventEmitter<MempoolChanges>;
  /** Transactions in the pool. */
  readonly size: number;
  /** Whether an executable transaction pays the base fee that the next block has with this timestamp in seconds. */
  hasExecutable(timestamp: number): boolean;
  /** A pass over the executable transactions for a block with this base fee (wei per gas). */
  select(baseFee: bigint): TransactionSelection;
  /** Drops a transaction that a block had to skip, unless it may run in a later block. */
  skipped(hash: Hash, reason: SkipReason): void;
  /** Resolves when the pool has caught up with all changes of the chain so far. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  transactions: 50_000,
  bytes: 256 * 1024 * 1024,
  perSender: 1_024,
  perDelegatedSender: 4,
  priceBump: 10,
};

const DEFAULT_QUEUED_LIFETIME = 3 * 60 * 60;
const EXPIRY_INTERVAL_MILLISECONDS = 60_000;

/**
 * Opens the pool and takes the journal's transactions back in.
 *
 * An accepted transaction leaves the pool when a canonical block holds it, or when its nonce is used by another, it is replaced by
 * one with higher fees, it is evicted by one with higher fees while the pool is full, it cannot be executed for
 * `queuedLifetime`, or a block had to skip it; every one of these but the first is told by `changes`. Until it leaves, or
 * its block is final, it is in the journal: a kill loses none.
 */
export async function createMempool(options: MempoolOptions, { logger, metrics }: Instruments): Promise<Mempool> {
  const { state: chain } = options;
  const queues = createTransactionQueues({ ...DEFAULT_MEMPOOL_LIMITS, ...options.limits });
  const counters = registerMetrics(metrics, "mempool");
  counters.transactions.collectWith((gauge) => {
    gauge.set({ standing: "executable" }, queues.executableSize);
    gauge.set({ standing: "queued" }, queues.size - queues.executableSize);
  });
  const mempool: MempoolState = {
    chain,
    queues,
    journal: createMempoolJournal(options.journal),
    decode: createTransactionDecoder(options),
    events: createEvents("mempool", { logger }),
    changes: createEvents<MempoolChanges>("mempool", { logger }),
    logger,
    counters,
    isClosed: false,
    arrivals: 0,
    submissions: new Map(),
    bytesInFlight: 0,
    accountReads: new Map(),
    environment: await chain.environment(),
    isEnvironmentStale: false,
    dirty: new Set(),
    sweep: [].values(),
    refreshing: undefined,
    readmissions: new Set(),
    finalized: chain.finalized(),
    cleanedTo: chain.finalized(),
    cleaning: undefined,
  };
  const stopFollowing = followChain(mempool);
  const stopExpiring = expireQueued(mempool, options.queuedLifetime ?? DEFAULT_QUEUED_LIFETIME);
  await loadJournal(mempool);

  return {
    events: mempool.events,
    changes: mempool.changes,
    get size() {
      return queues.size;
    },
    async submit(raw) {
      if (mempool.isClosed) throw new Error("the mempool is closed");
      const outcome = await submitTransaction(mempool, raw);
      counters.submissions.inc({ outcome: outcome.kind === "rejected" ? outcome.reason.kind : outcome.kind });
      return outcome;
    },
    get: (hash) => queues.get(hash)?.transaction,
    pendingNonce: (sender) => queues.pendingNonce(sender),
    content: () => queues.content(),
    hasExecutable: (timestamp) => queues.hasExecutable(mempool.environment.baseFeeAt(timestamp)),
    select: (baseFee) => queues.select(baseFee),
    skipped: (hash, reason) => noteSkipped(mempool, hash, reason),
    async settled() {
      const { readmissions } = mempool;
      while (mempool.refreshing !== undefined || readmissions.size > 0) {
        await Promise.all([mempool.refreshing, ...readmissions]);
      }
    },
    async close() {
      mempool.isClosed = true;
      stopExpiring();
      stopFollowing();
      const { refreshing, cleaning, readmissions, submissions } = mempool;
      await Promise.allSettled([refreshing, cleaning, ...readmissions, ...submissions.values()]);
      await mempool.journal.flushed();
    },
  };
}

/** Keeps the pool in step with the chain until the result is called. */
function followChain(mempool: MempoolState): () => void {
  const { events } = mempool.chain;
  const onBlock = (block: Block): void => noteBlock(mempool, block);
  const onReorg = (removed: readonly Block[]): void => {
    noteReorg(mempool);
    readmitRemoved(mempool, removed);
  };
  const onFinalized = (number: number): void => cleanJournalTo(mempool, number);
  events.on("block", onBlock);
  events.on("reorg", onReorg);
  events.on("finalized", onFinalized);
  return () => {
    events.off("block", onBlock);
    events.off("reorg", onReorg);
    events.off("finalized", onFinalized);
  };
}

/** Drops, now and then, what could not be executed for so many seconds, until the result is called. */
function expireQueued(mempool: MempoolState, lifetime: number): () => void {
  const timer = setInterval(() => {
    const expired = mempool.queues.expire(Date.now() - lifetime * 1_000);
    for (const pooled of expired) drop(mempool, pooled, { kind: "expired" });
  }, EXPIRY_INTERVAL_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

function noteSkipped(mempool: MempoolState, hash: Hash, reason: SkipReason): void {
  const pooled = mempool.queues.get(hash);
  if (pooled === undefined) return;
  const consequence = consequenceOfSkip(reason);
  if (consequence === "stays") return;
  if (consequence === "leaves") {
    mempool.queues.remove(hash);
    drop(mempool, pooled, { kind: "skipped", reason });
  }
  // The account is not what the pool believed it to be.
  mempool.dirty.add(pooled.transaction.sender);
  startRefreshing(mempool);
}
