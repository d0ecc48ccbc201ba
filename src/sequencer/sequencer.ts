import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { encodedBlockSize } from "../batch/index.ts";
import { consumeMessages } from "../derivation/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { BlockExecution } from "../execution/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Chain, ChainWriter } from "../node/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import type { Block, InboxMessage } from "../rollup/index.ts";
import { blockTimestamp } from "./block-timestamp.ts";
import type { Mempool } from "./mempool.ts";

export type SequencerMode =
  /**
   * A block as soon as there is a transaction or deposit for it; what arrives while a block is built goes into the next.
   * While pooled transactions wait for a lower base fee, an empty block every `heartbeat` seconds lets it fall.
   */
  | { readonly kind: "on-demand"; readonly heartbeat: number }
  /** A block every `seconds`; with `empty`, also when there is nothing to put into it. */
  | { readonly kind: "interval"; readonly seconds: number; readonly empty: boolean };

export interface SequencerOptions {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly mode: SequencerMode;
  /** L1 blocks that must follow a message's before it is consumed: an L1 reorg that moves it would change the L2 chain. */
  readonly messageConfirmations: number;
  /** Timestamp in seconds of the latest L1 block known; undefined while none is, and no block is built then. */
  readonly l1Timestamp: () => number | undefined;
  /** Resolves when the chain has caught up with L1; no block is built before. */
  readonly waitUntilSynced?: (signal: AbortSignal) => Promise<void>;
  /**
   * Bytes of a block's encoding in a batch. A block is never split over batches, so it must fit into one as it stands: 6
   * blobs hold 761,856 bytes; a batcher that posts calldata needs less.
   */
  readonly maximumBlockBytes?: number;
  /** Milliseconds after which a block takes no more transactions. */
  readonly maximumBuildTime?: number;
  /** Blocks past the safe head at which sequencing waits for batches to be posted. Unlimited by default. */
  readonly maximumUnsafeBlocks?: number;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

/**
 * The part that orders transactions. Exactly one may run per rollup: two would sign different blocks of the same number,
 * and followers would lose the ones whose batch is posted second.
 */
export interface Sequencer {
  /**
   * Builds and appends one block of what is available now. Undefined if there is nothing to put into it (and `empty` is
   * not asked for), or L1 is not known, or too many blocks wait to be posted.
   */
  buildBlock(options?: { readonly empty?: boolean }): Promise<Block | undefined>;
  /** Builds blocks by the mode until stopped. */
  start(): void;
  /** Resolves when the block being built, if any, is done. */
  stop(): Promise<void>;
}

export const DEFAULT_MAXIMUM_BLOCK_BYTES = 512 * 1024;
const DEFAULT_MAXIMUM_BUILD_TIME = 500;
/** Messages in one block; deposits without gas are not bounded by the block gas limit. */
const MAXIMUM_MESSAGES = 2_000;
/** Gas that the cheapest transaction needs. */
const MINIMUM_TRANSACTION_GAS = 21_000n;
/** Transactions passed over because they do not fit before a block counts as full. */
const MAXIMUM_MISFITS = 32;
/** The Inbox tells of no changes; this is how often it is looked at, in milliseconds. */
const MESSAGE_POLL_INTERVAL = 200;
/** Pause after a failure, in milliseconds. */
const FAILURE_PAUSE = 1_000;
/** Milliseconds of building after which other work of the process gets a turn. */
const TURN = 10;
const L1_SLOT_SECONDS = 12;

/** Throws a RangeError if the options cannot work. */
export function createSequencer(options: SequencerOptions, { logger, metrics }: Instruments): Sequencer {
  const { chain, mempool, mode, messageConfirmations } = options;
  const maximumBlockBytes = options.maximumBlockBytes ?? DEFAULT_MAXIMUM_BLOCK_BYTES;
  const maximumBuildTime = options.maximumBuildTime ?? DEFAULT_MAXIMUM_BUILD_TIME;
  const maximumUnsafeBlocks = options.maximumUnsafeBlocks ?? Infinity;
  const now = options.now ?? Date.now;
  const { forceInclusionDelay } = chain.config.parameters;
  if (messageConfirmations * L1_SLOT_SECONDS >= forceInclusionDelay && messageConfirmations > 0) {
    throw new RangeError(
      `expected message confirmations to take less than the force-inclusion delay of ${forceInclusionDelay} s, got ${messageConfirmations} L1 blocks`,
    );
  }
  const emptyBlockBytes = encodedBlockSize({ timestamp: 0, messages: 0, transactions: [] });

  const counters = registerMetrics(metrics, "sequencer");
  counters.unsafeBlocks.collectWith((gauge) => {
    const { latest, safe } = chain.store.getHeads();
    gauge.set(latest - safe);
  });

  /**
   * Transactions on which the engine itself failed. They stay in the pool and its journal, as the failure may be the
   * machine's, but must not stop the chain.
   */
  const quarantined = new Set<Hash>();
  let abort: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();
  let triggered = false;
  let waiting: AbortController | undefined;

  function confirmedMessageCount(): number {
    const synced = chain.inbox.getSyncedBlock();
    let count = chain.inbox.messageCount();
    if (synced === undefined) return 0;
    const { nextMessage } = chain.latest();
    while (count > nextMessage) {
      const origin = chain.inbox.getMessageOrigin(count - 1);
      if (origin !== undefined && origin.block.number + messageConfirmations <= synced.number) break;
      count -= 1;
    }
    return count;
  }

  function messageOf(index: number): InboxMessage {
    const message = chain.inbox.getMessage(index);
    if (message === undefined) throw new Error(`expected the Inbox store to hold message ${index}`);
    return message;
  }

  function nextMessages(parent: Block): readonly InboxMessage[] {
    const end = Math.min(confirmedMessageCount(), parent.nextMessage + MAXIMUM_MESSAGES);
    return consumeMessages(parent.nextMessage, end, messageOf, { blockGasLimit: parent.header.gasCapacity });
  }

  /**
   * Whether a message is worth a block by itself. A context is not, or an idle chain would keep posting: its batch brings
   * the next context. It goes with the next transaction, or alone well before its inclusion can be forced; that also shows
   * L1 that the operator is there.
   */
  function isUrgent(message: InboxMessage, l1Timestamp: number): boolean {
    return message.kind === "deposit" || l1Timestamp - message.enqueuedAt >= forceInclusionDelay / 2;
  }

  /** Fills a block from the pool. Gives back how many transactions it took. */
  async function executeTransactions(execution: BlockExecution): Promise<number> {
    const { gasLimit, baseFeePerGas } = execution.environment;
    const selection = mempool.select(baseFeePerGas);
    const deadline = performance.now() + maximumBuildTime;
    let lastTurn = performance.now();
    let bytes = emptyBlockBytes;
    let count = 0;
    let misfits = 0;
    for (let transaction = selection.next(); transaction !== undefined; transaction = selection.next()) {
      const time = performance.now();
      if (time >= deadline || misfits >= MAXIMUM_MISFITS) break;
      if (gasLimit - execution.gasUsed < MINIMUM_TRANSACTION_GAS) break;
      if (time - lastTurn >= TURN) {
        await nextTurn();
        lastTurn = performance.now();
      }
      const size = encodedTransactionSize(transaction);
      if (emptyBlockBytes + size > maximumBlockBytes) {
        const message = `expected a transaction that fits into a block of ${maximumBlockBytes} bytes, got ${transaction.raw.length} bytes`;
        mempool.skipped(transaction.hash, { kind: "invalid", message });
        counters.skipped.inc({ reason: "invalid" });
        selection.skipSender();
      } else if (quarantined.has(transaction.hash)) {
        selection.skipSender();
      } else if (bytes + size > maximumBlockBytes || transaction.gasLimit > gasLimit - execution.gasUsed) {
        misfits += 1;
        selection.skipSender();
      } else {
        const outcome = await executeTransaction(execution, transaction);
        if (outcome.kind === "included") {
          bytes += size;
          count += 1;
        } else {
          counters.skipped.inc({ reason: outcome.reason.kind });
          mempool.skipped(transaction.hash, outcome.reason);
          selection.skipSender();
        }
      }
    }
    return count;
  }

  async function executeTransaction(execution: BlockExecution, transaction: SignedTransaction) {
    try {
      return await execution.executeTransaction(transaction);
    } catch (error) {
      quarantined.add(transaction.hash);
      throw new EngineFailure(transaction.hash, error);
    }
  }

  async function fillBlock(
    writer: ChainWriter,
    timestamp: number,
    messages: readonly InboxMessage[],
    empty: boolean,
  ): Promise<Block | undefined> {
    for (;;) {
      const execution = await writer.openBlock({ timestamp });
      for (const message of messages) await execution.executeMessage(message);
      try {
        const count = await executeTransactions(execution);
        if (count === 0 && messages.length === 0 && !empty) return undefined;
        counters.transactions.inc(count);
      } catch (error) {
        if (!(error instanceof EngineFailure)) throw error;
        // What the failure left of the block's state is unknown: it is built again without the transaction.
        logger.error({ err: error, hash: error.transaction }, "execution of a transaction failed; it is set aside");
        continue;
      }
      const block = await execution.seal();
      await writer.append(block);
      return block;
    }
  }

  async function buildBlock({ empty = false }: { readonly empty?: boolean } = {}): Promise<Block | undefined> {
    return chain.exclusive(async (writer) => {
      const parent = chain.latest();
      const l1Timestamp = options.l1Timestamp();
      if (l1Timestamp === undefined) return undefined;
      if (parent.header.number - chain.store.getHeads().safe >= maximumUnsafeBlocks) return undefined;
      const messages = nextMessages(parent);
      if (!empty && !mempool.hasExecutable() && !messages.some((message) => isUrgent(message, l1Timestamp)))
        return undefined;
      const stopTimer = counters.buildSeconds.startTimer();
      const wallClock = Math.floor(now() / 1_000);
      const timestamp = blockTimestamp({ parent: parent.header.timestamp, wallClock, l1Timestamp });
      const block = await fillBlock(writer, timestamp, messages, empty);
      if (block === undefined) return undefined;
      stopTimer();
      counters.blocks.inc();
      counters.messages.inc(messages.length);
      const { number, gasUsed } = block.header;
      logger.debug(
        { number, hash: block.hash, transactions: block.transactions.length, messages: messages.length, gasUsed },
        "block built",
      );
      return block;
    });
  }

  function trigger(): void {
    triggered = true;
    waiting?.abort();
  }

  /** Resolves after a time, or when the signal is aborted. */
  async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  /** Resolves at the next trigger (or the last, if it came after `triggered` was reset), or like `pause`. */
  async function waitForTrigger(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (triggered) return;
    waiting = new AbortController();
    await pause(milliseconds, AbortSignal.any([signal, waiting.signal]));
    waiting = undefined;
  }

  async function attempt(empty: boolean): Promise<Block | "nothing" | "failed"> {
    try {
      return (await buildBlock({ empty })) ?? "nothing";
    } catch (error) {
      counters.failures.inc();
      logger.error({ err: error }, "could not build a block");
      return "failed";
    }
  }

  async function runOnDemand(heartbeat: number, signal: AbortSignal): Promise<void> {
    let lastBlock = now();
    while (!signal.aborted) {
      triggered = false;
      const feesTooLow = !mempool.hasExecutable() && mempool.hasExecutableAtAnyFee();
      const outcome = await attempt(feesTooLow && now() - lastBlock >= heartbeat * 1_000);
      if (outcome === "failed") await pause(FAILURE_PAUSE, signal);
      else if (outcome === "nothing") await waitForTrigger(MESSAGE_POLL_INTERVAL, signal);
      else lastBlock = now();
    }
  }

  async function runAtInterval(seconds: number, empty: boolean, signal: AbortSignal): Promise<void> {
    let next = now();
    while (!signal.aborted) {
      await attempt(empty);
      // Missed blocks are not made up for.
      next = Math.max(next + seconds * 1_000, now());
      await pause(next - now(), signal);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    try {
      await options.waitUntilSynced?.(signal);
    } catch (error) {
      if (!signal.aborted)
        logger.error({ err: error }, "could not wait for the chain to catch up with L1; not sequencing");
      return;
    }
    if (signal.aborted) return;
    logger.info({ mode }, "sequencing");
    mempool.events.on("transaction", trigger);
    mempool.changes.on("settled", trigger);
    try {
      if (mode.kind === "on-demand") await runOnDemand(mode.heartbeat, signal);
      else await runAtInterval(mode.seconds, mode.empty, signal);
    } finally {
      mempool.events.off("transaction", trigger);
      mempool.changes.off("settled", trigger);
    }
  }

  return {
    buildBlock,
    start() {
      if (abort !== undefined) return;
      abort = new AbortController();
      running = run(abort.signal);
    },
    async stop() {
      abort?.abort();
      abort = undefined;
      await running;
    },
  };
}

class EngineFailure extends Error {
  readonly transaction: Hash;

  constructor(transaction: Hash, cause: unknown) {
    super(`the engine failed on transaction ${transaction}`, { cause });
    this.transaction = transaction;
  }
}

/** Bytes a transaction adds to its block's encoding (specification §3 rule 2). */
function encodedTransactionSize(transaction: SignedTransaction): number {
  const empty = encodedBlockSize({ timestamp: 0, messages: 0, transactions: [] });
  return encodedBlockSize({ timestamp: 0, messages: 0, transactions: [transaction.raw] }) - empty;
}
