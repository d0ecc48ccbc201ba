import type { EventEmitter } from "node:events";
import { decodeTransaction, InvalidTransactionError, MAX_TRANSACTION_SIZE } from "../ethereum/index.ts";
import type { SenderRecovery, SignedTransaction, SkipReason } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { SubmissionOutcome, TransactionPool } from "../node/index.ts";
import { bytesToHex, createEvents, keccak256 } from "../primitives/index.ts";
import type { Address, Hash, Instruments } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import type { RecordStore } from "../storage/index.ts";
import { authoritiesOf } from "./authorities.ts";
import { createMempoolJournal } from "./mempool-journal.ts";
import type { PoolState } from "./pool-state.ts";
import { createTransactionQueues } from "./transaction-queues.ts";
import type { MempoolLimits, PooledTransaction, SenderAccount, TransactionSelection } from "./transaction-queues.ts";
import { validateTransaction } from "./transaction-validation.ts";
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
  /** Whether an executable transaction pays the base fee of the next block. */
  hasExecutable(): boolean;
  /** Whether there is an executable transaction at all. */
  hasExecutableAtAnyFee(): boolean;
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
/** Raw bytes of submissions whose senders are still being recovered; more are turned away. */
const MAXIMUM_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** Senders looked at after a block without a known reason, in turn: an account's balance may rise by any contract's call. */
const SWEEP_SIZE = 64;
const READ_CONCURRENCY = 64;
const READMISSION_CONCURRENCY = 256;
const DELEGATING_TRANSACTION_TYPE = 4;

/**
 * Opens the pool and takes the journal's transactions back in.
 *
 * An accepted transaction leaves the pool when a canonical block holds it, or when its nonce is used by another, it is replaced by
 * one with higher fees, it is evicted by one with higher fees while the pool is full, it cannot be executed for
 * `queuedLifetime`, or a block had to skip it; every one of these but the first is told by `changes`. Until it leaves, or
 * its block is final, it is in the journal: a kill loses none.
 */
export async function createMempool(options: MempoolOptions, { logger, metrics }: Instruments): Promise<Mempool> {
  const { state } = options;
  const decode = createDecoder(options);
  const lifetime = (options.queuedLifetime ?? DEFAULT_QUEUED_LIFETIME) * 1_000;
  const queues = createTransactionQueues({ ...DEFAULT_MEMPOOL_LIMITS, ...options.limits });
  const journal = createMempoolJournal(options.journal);
  const events: Mempool["events"] = createEvents("mempool", { logger });
  const changes = createEvents<MempoolChanges>("mempool", { logger });

  const counters = registerMetrics(metrics, "mempool");
  counters.transactions.collectWith((gauge) => {
    gauge.set({ standing: "executable" }, queues.executableSize);
    gauge.set({ standing: "queued" }, queues.size - queues.executableSize);
  });

  let environment: PoolEnvironment = await state.environment();
  let environmentStale = false;
  let arrivals = 0;
  let bytesInFlight = 0;
  let closed = false;
  let finalized = state.finalized();
  /** Highest final block whose transactions are out of the journal. */
  let cleanedTo = finalized;
  let cleaning: Promise<void> | undefined;
  const submissions = new Map<Hash, Promise<SubmissionOutcome>>();
  /** Reads under way, shared while the chain stays at the block they read. */
  const accountReads = new Map<Address, { readonly at: Hash; readonly account: Promise<SenderAccount> }>();
  /** Senders whose account may differ from what the queues hold. */
  const dirty = new Set<Address>();
  let sweep: IterableIterator<Address> = [].values();
  let refreshing: Promise<void> | undefined;
  const readmissions = new Set<Promise<void>>();

  function announce(): void {
    for (const transaction of queues.takePromoted()) events.emit("transaction", transaction);
  }

  function forgetJournal(hashes: readonly Hash[]): void {
    journal.delete(hashes).catch((error: unknown) => {
      logger.error({ err: error, count: hashes.length }, "could not delete from the mempool journal");
    });
  }

  function drop(pooled: PooledTransaction, reason: DropReason): void {
    const { transaction } = pooled;
    forgetJournal([transaction.hash]);
    counters.dropped.inc({ reason: reason.kind });
    logger.debug({ hash: transaction.hash, sender: transaction.sender, reason }, "transaction dropped");
    changes.emit("dropped", transaction, reason);
  }

  function dropUsed(used: readonly PooledTransaction[], nonce: bigint): void {
    for (const pooled of used) {
      // A transaction in a block stays in the journal until the block is final.
      if (state.blockOf(pooled.transaction.hash) !== undefined) continue;
      const reason: SkipReason = { kind: "nonce-too-low", expected: nonce, actual: pooled.transaction.nonce };
      drop(pooled, { kind: "skipped", reason });
    }
  }

  function readAccount(sender: Address): Promise<SenderAccount> {
    const at = state.latestHash();
    const running = accountReads.get(sender);
    if (running?.at === at) return running.account;
    const account = state.account(sender).finally(() => {
      if (accountReads.get(sender)?.account === account) accountReads.delete(sender);
    });
    accountReads.set(sender, { at, account });
    return account;
  }

  async function admit(pooled: PooledTransaction, readmitted: boolean): Promise<SubmissionOutcome> {
    const { transaction } = pooled;
    const { sender, hash } = transaction;
    let outcome: ReturnType<typeof queues.add> | undefined;
    for (let fresh = queues.account(sender) === undefined; outcome === undefined; fresh = true) {
      const before = state.latestHash();
      const account = fresh ? await readAccount(sender) : queues.account(sender);
      if (account === undefined) continue;
      if (fresh && before === state.latestHash()) dropUsed(queues.setAccount(sender, account), account.nonce);
      // A block may have come while the account was read, before the queues knew of this sender.
      if (before !== state.latestHash()) dirty.add(sender);
      const tried = queues.add(pooled, account, { readmitted });
      // What the queues know of an account may be older than a payment it received.
      const worthReading = tried.kind === "rejected" && tried.reason.kind === "insufficient-funds" && !fresh;
      if (!worthReading) outcome = tried;
    }
    if (outcome.kind === "known") return { kind: "known", hash };
    if (outcome.kind !== "added") return outcome;
    startRefreshing();
    try {
      await journal.put(hash, { raw: transaction.raw, receivedAt: pooled.receivedAt });
    } catch (error) {
      queues.remove(hash);
      throw error;
    }
    // Only now: were this one lost in a kill, those that made way for it must still be in the journal.
    if (outcome.replaced !== undefined) drop(outcome.replaced, { kind: "replaced", by: hash });
    for (const evicted of outcome.evicted) drop(evicted, { kind: "evicted" });
    announce();
    return { kind: "accepted", hash };
  }

  async function submitNew(raw: Uint8Array, arrival: number): Promise<SubmissionOutcome> {
    const decoded = await decode(raw);
    if (decoded instanceof InvalidTransactionError) {
      return { kind: "rejected", reason: { kind: "invalid", message: decoded.message } };
    }
    const reason = validateTransaction(decoded, environment);
    if (reason !== undefined) return { kind: "rejected", reason };
    const authorities = authoritiesOf(decoded);
    return admit({ transaction: decoded, arrival, receivedAt: Date.now(), authorities }, false);
  }

  async function submit(raw: Uint8Array): Promise<SubmissionOutcome> {
    if (closed) throw new Error("the mempool is closed");
    if (raw.length > MAX_TRANSACTION_SIZE) {
      const message = `expected a transaction of at most ${MAX_TRANSACTION_SIZE} bytes, got ${raw.length}`;
      return { kind: "rejected", reason: { kind: "invalid", message } };
    }
    const hash = keccak256(raw);
    if (queues.get(hash) !== undefined) return { kind: "known", hash };
    const running = submissions.get(hash);
    if (running !== undefined) {
      const outcome = await running;
      return outcome.kind === "accepted" ? { kind: "known", hash } : outcome;
    }
    if (bytesInFlight + raw.length > MAXIMUM_BYTES_IN_FLIGHT) return { kind: "pool-full" };
    bytesInFlight += raw.length;
    const submission = submitNew(raw, arrivals++);
    submissions.set(hash, submission);
    try {
      return await submission;
    } finally {
      submissions.delete(hash);
      bytesInFlight -= raw.length;
    }
  }

  /** Takes back in what was acknowledged before. */
  async function readmit(raw: Uint8Array, receivedAt: number, arrival: number): Promise<void> {
    const decoded = await decode(raw);
    const hash = keccak256(raw);
    if (decoded instanceof InvalidTransactionError) {
      logger.warn({ hash, message: decoded.message }, "transaction not taken back into the pool");
      forgetJournal([hash]);
      return;
    }
    const authorities = authoritiesOf(decoded);
    const outcome = await admit({ transaction: decoded, arrival, receivedAt, authorities }, true);
    if (outcome.kind === "accepted" || outcome.kind === "known" || state.blockOf(hash) !== undefined) return;
    logger.debug({ hash, outcome }, "transaction not taken back into the pool");
    forgetJournal([hash]);
  }

  async function readmitAll(
    transactions: readonly { readonly raw: Uint8Array; readonly receivedAt: number }[],
  ): Promise<void> {
    for (let start = 0; start < transactions.length; start += READMISSION_CONCURRENCY) {
      const chunk = transactions.slice(start, start + READMISSION_CONCURRENCY);
      await Promise.all(chunk.map(({ raw, receivedAt }) => readmit(raw, receivedAt, arrivals++)));
    }
  }

  async function loadJournal(): Promise<void> {
    const pending: { raw: Uint8Array; receivedAt: number }[] = [];
    const final: Hash[] = [];
    for (const [hash, record] of journal.entries()) {
      const block = state.blockOf(hash);
      if (block === undefined) pending.push(record);
      else if (block <= finalized) final.push(hash);
    }
    if (final.length > 0) forgetJournal(final);
    pending.sort((a, b) => a.receivedAt - b.receivedAt);
    await readmitAll(pending);
    if (pending.length > 0) logger.info({ journaled: pending.length, pooled: queues.size }, "mempool journal loaded");
  }

  async function refresh(): Promise<void> {
    while ((dirty.size > 0 || environmentStale) && !closed) {
      if (environmentStale) {
        environmentStale = false;
        environment = await state.environment();
      }
      const batch = Array.from(dirty).slice(0, READ_CONCURRENCY);
      for (const sender of batch) dirty.delete(sender);
      await Promise.all(
        batch.map(async (sender) => {
          if (queues.account(sender) === undefined) return;
          const account = await state.account(sender);
          // If a block touched it meanwhile, it is read again.
          if (!dirty.has(sender)) dropUsed(queues.setAccount(sender, account), account.nonce);
        }),
      );
      announce();
    }
    changes.emit("settled");
  }

  function startRefreshing(): void {
    if (refreshing !== undefined || (dirty.size === 0 && !environmentStale)) return;
    refreshing = refresh()
      .catch((error: unknown) => logger.error({ err: error }, "could not bring the mempool up to date with the chain"))
      .finally(() => {
        refreshing = undefined;
        // Something may have turned stale after the last look.
        if (!closed) startRefreshing();
      });
  }

  function markDirty(sender: Address): void {
    if (queues.account(sender) !== undefined) dirty.add(sender);
  }

  function markAllDirty(): void {
    for (const sender of queues.senders()) dirty.add(sender);
  }

  function onBlock(block: Block): void {
    const nonces = new Map<Address, bigint>();
    for (const entry of block.transactions) {
      if (entry.kind === "deposit") {
        const { sender, to, refundTo } = entry.message;
        for (const address of [sender, to, refundTo]) markDirty(address);
        continue;
      }
      markDirty(entry.sender);
      const pooled = queues.get(entry.hash);
      if (pooled === undefined) {
        // Whose authorizations it carried is not known without recovering them.
        if (entry.raw[0] === DELEGATING_TRANSACTION_TYPE) markAllDirty();
        continue;
      }
      const { transaction, authorities } = pooled;
      if (transaction.inner.to !== undefined) markDirty(bytesToHex(transaction.inner.to.bytes));
      for (const authority of authorities) markDirty(authority);
      const next = transaction.nonce + 1n;
      if (next > (nonces.get(transaction.sender) ?? 0n)) nonces.set(transaction.sender, next);
    }
    for (const [sender, nonce] of nonces) dropUsed(queues.advance(sender, nonce), nonce);
    for (const sender of queues.delegatedSenders()) dirty.add(sender);
    for (let count = 0; count < SWEEP_SIZE; count++) {
      const turn = sweep.next();
      if (turn.done === true) {
        sweep = queues.senders();
        break;
      }
      markDirty(turn.value);
    }
    environmentStale = true;
    startRefreshing();
  }

  function onReorg(removed: readonly Block[]): void {
    markAllDirty();
    environmentStale = true;
    startRefreshing();
    const now = Date.now();
    const transactions = removed.flatMap((block) =>
      block.transactions.flatMap((entry) => (entry.kind === "signed" ? [{ raw: entry.raw, receivedAt: now }] : [])),
    );
    if (transactions.length === 0) return;
    logger.info(
      { blocks: removed.length, transactions: transactions.length },
      "taking transactions of removed blocks back",
    );
    const readmission = readmitAll(transactions)
      .catch((error: unknown) => logger.error({ err: error }, "could not take all transactions of removed blocks back"))
      .finally(() => readmissions.delete(readmission));
    readmissions.add(readmission);
  }

  function onFinalized(number: number): void {
    finalized = Math.max(finalized, number);
    cleaning ??= cleanJournal()
      .catch((error: unknown) => logger.error({ err: error }, "could not clean the mempool journal"))
      .finally(() => {
        cleaning = undefined;
      });
  }

  async function cleanJournal(): Promise<void> {
    while (cleanedTo < finalized) {
      const transactions = state.transactionsOf(cleanedTo + 1);
      if (transactions.length > 0) await journal.delete(transactions);
      cleanedTo += 1;
    }
  }

  state.events.on("block", onBlock);
  state.events.on("reorg", onReorg);
  state.events.on("finalized", onFinalized);
  const expiry = setInterval(() => {
    for (const expired of queues.expire(Date.now() - lifetime)) drop(expired, { kind: "expired" });
  }, EXPIRY_INTERVAL_MILLISECONDS);
  expiry.unref();
  await loadJournal();

  return {
    events,
    changes,
    get size() {
      return queues.size;
    },
    async submit(raw) {
      const outcome = await submit(raw);
      counters.submissions.inc({ outcome: outcome.kind === "rejected" ? outcome.reason.kind : outcome.kind });
      return outcome;
    },
    get: (hash) => queues.get(hash)?.transaction,
    pendingNonce: (sender) => queues.pendingNonce(sender),
    content: () => queues.content(),
    hasExecutable: () => queues.hasExecutable(environment.baseFee),
    hasExecutableAtAnyFee: () => queues.executableSize > 0,
    select: (baseFee) => queues.select(baseFee),
    skipped(hash, reason) {
      const pooled = queues.get(hash);
      if (pooled === undefined) return;
      switch (reason.kind) {
        case "nonce-too-high":
          // The account is not what the pool believes it to be.
          dirty.add(pooled.transaction.sender);
          startRefreshing();
          return;
        case "block-gas-exceeded":
        case "fee-below-base-fee":
          return;
        case "nonce-too-low":
        case "insufficient-funds":
        case "gas-below-intrinsic":
        case "sender-has-code":
        case "invalid":
          queues.remove(hash);
          drop(pooled, { kind: "skipped", reason });
          dirty.add(pooled.transaction.sender);
          startRefreshing();
      }
    },
    async settled() {
      while (refreshing !== undefined || readmissions.size > 0) await Promise.all([refreshing, ...readmissions]);
    },
    async close() {
      closed = true;
      clearInterval(expiry);
      state.events.off("block", onBlock);
      state.events.off("reorg", onReorg);
      state.events.off("finalized", onFinalized);
      await Promise.allSettled([refreshing, cleaning, ...readmissions, ...submissions.values()]);
      await journal.flushed();
    },
  };
}

type Decoded = SignedTransaction | InvalidTransactionError;

/** Decodes what is asked for within one turn of the event loop together, so that the threads get full shares. */
function createDecoder({
  chainId,
  recovery,
}: Pick<MempoolOptions, "chainId" | "recovery">): (raw: Uint8Array) => Promise<Decoded> {
  interface Waiting {
    readonly raw: Uint8Array;
    readonly resolve: (decoded: Decoded) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];

  async function recoverAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const raws = batch.map(({ raw }) => raw);
      const results =
        recovery === undefined ? raws.map((raw) => decodeOrError(raw, chainId)) : await recovery.recover(raws);
      batch.forEach(({ resolve, reject }, index) => {
        const decoded = results[index];
        if (decoded === undefined)
          reject(new Error(`expected ${batch.length} recovered senders, got ${results.length}`));
        else resolve(decoded);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (raw) =>
    new Promise((resolve, reject) => {
      waiting.push({ raw, resolve, reject });
      if (waiting.length > 1) return;
      setImmediate(() => {
        const batch = waiting;
        waiting = [];
        void recoverAll(batch);
      });
    });
}

function decodeOrError(raw: Uint8Array, chainId: number): Decoded {
  try {
    return decodeTransaction(raw, chainId);
  } catch (error) {
    if (error instanceof InvalidTransactionError) return error;
    throw error;
  }
}
