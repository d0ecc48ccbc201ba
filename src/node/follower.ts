import { createExclusiveRunner } from "../concurrency/index.ts";
import { deriveBlocks } from "../derivation/index.ts";
import type { DerivationCursor } from "../derivation/index.ts";
import { InvalidTransactionError } from "../ethereum/index.ts";
import type { SenderRecovery, SignedTransaction } from "../ethereum/index.ts";
import { createTroubleReporter, errorText } from "../l1/index.ts";
import type { InboxReader } from "../l1/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import { equalBytes } from "../primitives/index.ts";
import type { Instruments } from "../primitives/index.ts";
import type { Block, BlockInput } from "../rollup/index.ts";
import type { BlockSummary } from "../storage/index.ts";
import type { Chain, ChainWriter, SyncStatus } from "./types.ts";

export interface FollowerOptions {
  readonly chain: Chain;
  readonly reader: Pick<InboxReader, "status" | "syncOnce" | "events">;
  /** Recovers the senders of derived transactions on other threads. */
  readonly recovery: Pick<SenderRecovery, "recover">;
  /** Seconds before another attempt after an error; default 1. */
  readonly retryDelay?: number;
  /** Seconds between progress messages of a long sync; default 10. */
  readonly progressInterval?: number;
}

/** Makes the L2 chain what the Inbox says: derives its batches in order, and decides on `safe` and `finalized`. */
export interface Follower {
  /** Reads L1 to its head and derives all there is. @throws what `InboxReader.syncOnce` throws, after deriving what is there */
  syncOnce(): Promise<SyncStatus>;
  status(): SyncStatus;
  /** Follows the reader, which is to be started by itself. Errors are logged and retried. */
  start(): void;
  /** Resolves when the block being executed, if any, is done. */
  stop(): Promise<void>;
}

/** Transactions recovered at a time; what is invalid of them is dropped before the next. */
const RECOVERY_SLICE = 2048;
/** Derived blocks, and bytes of their transactions, whose senders are recovered ahead of execution. */
const LOOKAHEAD_BLOCKS = 16;
const LOOKAHEAD_BYTES = 1024 * 1024;

/** Executed blocks stored together, and milliseconds the first of them waits at most. */
const WRITE_BLOCKS = 64;
const WRITE_DELAY = 200;

type BatchOutcome =
  | { readonly kind: "derived" }
  /** L1, or another writer of the chain, changed what the derivation stood on: it is to begin again. */
  | { readonly kind: "superseded" }
  | { readonly kind: "stopped" };

export function createFollower(options: FollowerOptions, { logger, metrics }: Instruments): Follower {
  const { chain, reader, recovery, retryDelay = 1, progressInterval = 10 } = options;
  const { store, inbox } = chain;
  const rules = { blockGasLimit: chain.config.genesis.gasLimit };
  const exclusively = createExclusiveRunner();
  let stopped = false;
  const isStopped = (): boolean => stopped;
  /** `rewindCount` as of the last check that unsafe blocks consumed only messages that are in the Inbox. */
  let checkedRewinds: number | undefined;

  const counters = registerMetrics(metrics, "follower");
  counters.batchesRemaining.collectWith((gauge) => gauge.set(inbox.batchCount() - store.derivedBatchCount()));

  const status = (): SyncStatus => {
    const { l1Head, synced, problem } = reader.status();
    return {
      l1Head,
      l1Synced: synced,
      l1Problem: problem,
      batchCount: inbox.batchCount(),
      derivedBatchCount: store.derivedBatchCount(),
      messageCount: inbox.messageCount(),
      ...store.getHeads(),
    };
  };

  /** Whether a block is what an input gives: then it need not be executed, since blocks are a function of their input. */
  function matches(block: BlockSummary, input: BlockInput): boolean {
    if (block.header.timestamp !== input.timestamp) return false;
    const messageHashes = store.getMessageHashes(block.hash);
    if (messageHashes?.length !== input.messages.length) return false;
    if (!input.messages.every(({ hash }, index) => hash === messageHashes[index])) return false;
    const signed = (store.getTransactions(block.hash) ?? []).flatMap((transaction) =>
      transaction.kind === "signed" ? [transaction.raw] : [],
    );
    return (
      signed.length === input.transactions.length &&
      input.transactions.every((raw, index) => equalBytes(raw, signed[index] as Uint8Array))
    );
  }

  async function recoverValid(raws: readonly Uint8Array[]): Promise<readonly SignedTransaction[]> {
    const valid: SignedTransaction[] = [];
    for (let start = 0; start < raws.length && !isStopped(); start += RECOVERY_SLICE) {
      for (const result of await recovery.recover(raws.slice(start, start + RECOVERY_SLICE))) {
        if (!(result instanceof InvalidTransactionError)) valid.push(result);
      }
    }
    return valid;
  }

  /** Unsafe blocks that consumed what L1 took back can never become safe. */
  async function pruneUnsafe(): Promise<void> {
    const rewinds = inbox.rewindCount();
    if (rewinds === checkedRewinds) return;
    const { caughtUp } = reader.status();
    const isComplete = await chain.exclusive(async (writer) => {
      const { safe, latest } = store.getHeads();
      for (let number = safe + 1; number <= latest; number++) {
        const block = store.getSummary(number);
        if (block === undefined || block.nextMessage === block.firstMessage) continue;
        const hashes = store.getMessageHashes(block.hash) ?? [];
        for (const [position, hash] of hashes.entries()) {
          const message = inbox.getMessage(block.firstMessage + position);
          if (message?.hash === hash) continue;
          // The message may be among what is still to be read.
          if (message === undefined && !caughtUp) return false;
          logger.warn(
            { block: number, message: block.firstMessage + position },
            "L1 took back a message of unsafe blocks",
          );
          await writer.rewindTo(number - 1);
          return true;
        }
      }
      return true;
    });
    if (isComplete) checkedRewinds = rewinds;
  }

  /** Where the chain stands after the batches derived so far. */
  function cursorAt(index: number): { readonly cursor: DerivationCursor; readonly parent: BlockSummary } {
    const previous = index === 0 ? undefined : store.getDerivedBatch(index - 1);
    const parent = store.getSummary(previous?.lastBlock ?? 0);
    if (parent === undefined) throw new Error(`corrupt database: block ${previous?.lastBlock ?? 0} is missing`);
    return {
      cursor: { nextBatch: index, nextMessage: previous?.nextMessage ?? 0, parentTimestamp: parent.header.timestamp },
      parent,
    };
  }

  async function deriveBatch(index: number): Promise<BatchOutcome> {
    const rewinds = inbox.rewindCount();
    const batch = inbox.getBatch(index);
    const isSuperseded = () => inbox.rewindCount() !== rewinds || store.derivedBatchCount() !== index;
    if (batch === undefined || isSuperseded()) return { kind: "superseded" };
    let { cursor, parent } = cursorAt(index);
    const derivation = deriveBlocks(
      cursor,
      batch,
      (messageIndex) => {
        const message = inbox.getMessage(messageIndex);
        if (message === undefined) throw new MissingMessageError(messageIndex);
        return message;
      },
      rules,
    );
    const ahead: { readonly input: BlockInput; readonly valid: Promise<readonly SignedTransaction[]> | undefined }[] =
      [];
    let aheadBytes = 0;
    let isDone = false;
    const sizeOf = (input: BlockInput) => input.transactions.reduce((size, raw) => size + raw.length, 0);
    const lookAhead = (): boolean => {
      while (!isDone && ahead.length < LOOKAHEAD_BLOCKS && (ahead.length === 0 || aheadBytes < LOOKAHEAD_BYTES)) {
        let next: IteratorResult<BlockInput, DerivationCursor>;
        try {
          next = derivation.next();
        } catch (error) {
          if (error instanceof MissingMessageError && isSuperseded()) return false;
          throw error;
        }
        // What was read just now is of one state of the Inbox only if that is still its state.
        if (isSuperseded()) return false;
        if (next.done === true) {
          cursor = next.value;
          isDone = true;
        } else {
          const input = next.value;
          const local = store.getSummary(parent.header.number + ahead.length + 1);
          const valid = local !== undefined && matches(local, input) ? undefined : recoverValid(input.transactions);
          // It fails again where it is waited for.
          valid?.catch(() => undefined);
          ahead.push({ input, valid });
          aheadBytes += sizeOf(input);
        }
      }
      return true;
    };

    /** Blocks executed and not stored yet; the parent of the first is stored. */
    const unsaved: Block[] = [];
    let unsavedSince = 0;
    const save = (): Promise<boolean> =>
      chain.exclusive(async (writer) => {
        const first = unsaved[0];
        if (first === undefined) return true;
        if (isSuperseded() || first.header.parentHash !== chain.latest().hash) return false;
        await writer.appendAll(unsaved.splice(0));
        return true;
      });

    for (;;) {
      if (isStopped()) {
        await save();
        return { kind: "stopped" };
      }
      if (!lookAhead()) return { kind: "superseded" };
      const next = ahead.shift();
      if (next === undefined) break;
      aheadBytes -= sizeOf(next.input);
      const transactions = await next.valid;
      if (isStopped()) continue;
      const settled = await chain.exclusive(async (writer) =>
        isSuperseded()
          ? undefined
          : settleBlock(writer, { parent, isStored: unsaved.length === 0 }, next.input, transactions),
      );
      if (settled === undefined) {
        if (isStopped()) continue;
        return { kind: "superseded" };
      }
      parent = settled.block;
      if (settled.kind === "executed") {
        if (unsaved.push(settled.block) === 1) unsavedSince = performance.now();
        const isDue = unsaved.length >= WRITE_BLOCKS || performance.now() - unsavedSince >= WRITE_DELAY;
        if (isDue && !(await save())) return { kind: "superseded" };
      }
    }
    if (!(await save())) return { kind: "superseded" };
    const { hash: lastBlockHash, header } = parent;
    const derived = {
      batch: index,
      lastBlock: header.number,
      lastBlockHash,
      nextMessage: cursor.nextMessage,
      outboxRoot: header.outboxRoot,
    };
    return chain.exclusive(async (writer): Promise<BatchOutcome> => {
      if (isSuperseded() || store.getBlockHash(header.number) !== lastBlockHash) return { kind: "superseded" };
      try {
        await writer.putDerivedBatch(derived, rewinds);
      } catch (error) {
        if (isSuperseded()) return { kind: "superseded" };
        throw error;
      }
      counters.batches.inc();
      logger.debug({ ...derived }, "batch derived");
      return { kind: "derived" };
    });
  }

  /**
   * The child of `parent` that the input gives: one that is in the chain, or executed and still to be stored, with no
   * other in its place. Undefined if `parent` is no longer in the chain, or the follower was stopped.
   */
  async function settleBlock(
    writer: ChainWriter,
    { parent, isStored }: { readonly parent: BlockSummary; readonly isStored: boolean },
    input: BlockInput,
    transactions: readonly SignedTransaction[] | undefined,
  ): Promise<
    | { readonly kind: "present"; readonly block: BlockSummary }
    | { readonly kind: "executed"; readonly block: Block }
    | undefined
  > {
    const number = parent.header.number + 1;
    if (isStored && store.getBlockHash(parent.header.number) !== parent.hash) return undefined;
    const local = store.getSummary(number);
    // Another writer went on from where the blocks not yet stored began.
    if (!isStored && local !== undefined) return undefined;
    if (local !== undefined && matches(local, input)) {
      counters.blocks.inc({ outcome: "verified" });
      return { kind: "present", block: local };
    }
    const valid = transactions ?? (await recoverValid(input.transactions));
    if (isStopped()) return undefined;
    const block = await writer.executeOn(parent, { ...input, transactions: valid });
    // The batch may have had more than went into the block.
    if (local?.hash === block.hash) {
      counters.blocks.inc({ outcome: "verified" });
      return { kind: "present", block: local };
    }
    if (local === undefined) {
      counters.blocks.inc({ outcome: "executed" });
      return { kind: "executed", block };
    }
    logger.warn(
      { block: number, unsafe: local.hash, derived: block.hash },
      "L1 has other blocks than those that were unsafe",
    );
    await writer.rewindTo(parent.header.number);
    // At once, so that nobody builds on the parent before.
    await writer.append(block);
    counters.blocks.inc({ outcome: "replaced" });
    return { kind: "present", block };
  }

  async function deriveAll(): Promise<void> {
    let reportedAt = performance.now();
    let reported = { batches: store.derivedBatchCount(), blocks: store.getHeads().safe };
    for (;;) {
      if (isStopped()) return;
      await pruneUnsafe();
      const index = store.derivedBatchCount();
      if (index >= inbox.batchCount()) break;
      await deriveBatch(index);
      const seconds = (performance.now() - reportedAt) / 1000;
      if (seconds < progressInterval) continue;
      const batches = store.derivedBatchCount();
      const blocks = store.getHeads().safe;
      const rate = (count: number) => Math.round((count / seconds) * 10) / 10;
      logger.info(
        {
          batches,
          blocks,
          batchesRemaining: inbox.batchCount() - batches,
          batchesPerSecond: rate(batches - reported.batches),
          blocksPerSecond: rate(blocks - reported.blocks),
        },
        "deriving the chain",
      );
      reportedAt = performance.now();
      reported = { batches, blocks };
    }
    await advanceFinalized();
  }

  async function advanceFinalized(): Promise<void> {
    const rewinds = inbox.rewindCount();
    const { finalized } = reader.status();
    if (finalized === undefined) return;
    // L1 block numbers of batches never decrease.
    let low = 0;
    let high = store.derivedBatchCount();
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((inbox.getBatchOrigin(middle)?.block.number ?? Infinity) <= finalized) low = middle + 1;
      else high = middle;
    }
    const batch = store.getDerivedBatch(low - 1);
    if (batch === undefined || batch.lastBlock <= store.getHeads().finalized) return;
    await chain.exclusive(async (writer) => {
      if (inbox.rewindCount() !== rewinds || store.getBlockHash(batch.lastBlock) !== batch.lastBlockHash) return;
      await writer.setFinalized(batch.lastBlock);
    });
  }

  let running: Promise<void> = Promise.resolve();
  let isScheduled = false;
  const trouble = createTroubleReporter();
  let retry: NodeJS.Timeout | undefined;

  /** Runs `deriveAll` soon, once for any number of requests that come before it begins. */
  const schedule = (): void => {
    if (isStopped() || isScheduled) return;
    isScheduled = true;
    clearTimeout(retry);
    running = exclusively(async () => {
      isScheduled = false;
      try {
        await deriveAll();
        trouble.over();
      } catch (error) {
        if (isStopped()) return;
        counters.errors.inc();
        trouble.report(errorText(error), (again) => {
          logger.error({ err: error, ...again }, "following L1 failed; it is tried again");
        });
        retry = setTimeout(schedule, retryDelay * 1000);
      }
    });
  };

  return {
    status,
    async syncOnce() {
      try {
        await reader.syncOnce();
      } finally {
        await exclusively(deriveAll);
      }
      return status();
    },
    start() {
      stopped = false;
      reader.events.on("advanced", schedule);
      reader.events.on("reorg", schedule);
      reader.events.on("polled", schedule);
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(retry);
      reader.events.off("advanced", schedule);
      reader.events.off("reorg", schedule);
      reader.events.off("polled", schedule);
      await running;
    },
  };
}

/** A message the Inbox must have is not in the store: it was dropped while the batch was derived. */
class MissingMessageError extends Error {
  constructor(index: number) {
    super(`corrupt database: message ${index} of the Inbox is missing`);
    this.name = "MissingMessageError";
  }
}
