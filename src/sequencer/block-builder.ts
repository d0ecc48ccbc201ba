import { setImmediate as nextTurn } from "node:timers/promises";
import type { SignedTransaction, SkipReason } from "../ethereum/index.ts";
import type { BlockExecution } from "../execution/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import type { Chain, ChainWriter } from "../node/index.ts";
import type { Hash, Logger } from "../primitives/index.ts";
import { atLeastListingCharge, paysForBlock } from "../rollup/index.ts";
import type { Block, InboxMessage } from "../rollup/index.ts";
import { emptyBlockSpace, encodedTransactionSize, fitOf, isFull } from "./block-space.ts";
import type { BlockSpace } from "./block-space.ts";
import { blockTimestamp, plannedTimestamp } from "./block-timestamp.ts";
import { areUrgent, readDueMessages } from "./due-messages.ts";
import type { Mempool } from "./mempool.ts";

/** What blocks are built with, and what is remembered from one to the next. */
export interface BlockBuilding {
  readonly chain: Chain;
  readonly mempool: Mempool;
  /** L1 blocks that must follow a message's before it is consumed. */
  readonly messageConfirmations: number;
  /** Timestamp in seconds of the latest L1 block known. */
  readonly l1Timestamp: () => number | undefined;
  /** Whether blocks may be built now. */
  readonly mayBuild: () => boolean;
  /** Bytes of a block's encoding in a batch. */
  readonly maximumBlockBytes: number;
  /** Milliseconds after which a block takes no more transactions. */
  readonly maximumBuildTime: number;
  /** Blocks past the safe head at which no more are built. */
  readonly maximumUnsafeBlocks: number;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly counters: MetricsOf<"sequencer">;
  /**
   * Transactions on which the engine itself failed. They stay in the pool and its journal, as the failure may be the
   * machine's, but must not stop the chain.
   */
  readonly quarantined: Set<Hash>;
  /** What the timestamp of the next block, whatever it is built for, was asked to be, in seconds; undefined for the present time. */
  plannedTimestamp: number | undefined;
}

/** What a block is asked to be. */
export interface BlockRequest {
  /** Whether it is built even if there is nothing to put into it; default false. */
  readonly empty?: boolean;
  /** Seconds; the present time, or what was planned, by default. Derivation's bounds hold for it too. */
  readonly timestamp?: number | undefined;
  /** Whether it takes messages of the Inbox only and leaves the pool alone; default false. */
  readonly messagesOnly?: boolean;
}

/** Milliseconds of building after which other work of the process gets a turn. */
const TURN = 10;

/** Builds and appends a block, or gives back undefined if there is no reason or no leave for one. */
export function buildBlock(
  building: BlockBuilding,
  { empty = false, messagesOnly = false, timestamp: asked }: BlockRequest,
): Promise<Block | undefined> {
  const { chain, mempool, counters, logger } = building;
  return chain.exclusive(async (writer) => {
    // 1. May a block be built?
    if (!building.mayBuild()) return undefined;
    const parent = chain.latest();
    const l1Timestamp = building.l1Timestamp();
    if (l1Timestamp === undefined) return undefined;
    if (parent.header.number - chain.store.getHeads().safe >= building.maximumUnsafeBlocks) return undefined;
    const wallClock = Math.floor(building.now() / 1_000);
    const times = { parent: parent.header.timestamp, wallClock, l1Timestamp };
    const planned = asked ?? building.plannedTimestamp;
    const timestamp = planned === undefined ? blockTimestamp(times) : plannedTimestamp(planned, times);
    // Derivation would end its batch's payload at a block that the gas bucket cannot pay for.
    if (!paysForBlock(parent.header, timestamp)) return undefined;

    // 2. Is there something to put into it?
    const messages = readDueMessages(chain.inbox, parent, building.messageConfirmations);
    const { forceInclusionDelay } = chain.config.parameters;
    const hasTransactions = !messagesOnly && mempool.hasExecutable(timestamp);
    const isPlanned = planned !== undefined;
    if (!empty && !hasTransactions && !areUrgent(messages, { l1Timestamp, forceInclusionDelay, isPlanned })) {
      return undefined;
    }

    // 3. Execute messages and transactions, and append.
    const stopTimer = counters.buildSeconds.startTimer();
    const block = await fillBlock(building, writer, { timestamp, messages, empty, messagesOnly });
    if (block === undefined) return undefined;
    building.plannedTimestamp = undefined;

    // 4. Tell of it.
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

/** Builds and appends a block with nothing in it for each timestamp in seconds, stored together; fewer if the gas bucket ends. */
export function buildEmptyBlocks(building: BlockBuilding, timestamps: readonly number[]): Promise<readonly Block[]> {
  const { chain, counters } = building;
  return chain.exclusive(async (writer) => {
    const blocks: Block[] = [];
    let parent = chain.latest();
    const l1Timestamp = building.l1Timestamp();
    if (l1Timestamp === undefined || !building.mayBuild()) return blocks;
    for (const planned of timestamps) {
      const timestamp = plannedTimestamp(planned, { parent: parent.header.timestamp, l1Timestamp });
      if (!paysForBlock(parent.header, timestamp)) break;
      const { block } = await writer.executeOn(parent, { timestamp, messages: [], transactions: [] });
      blocks.push(block);
      parent = block;
    }
    if (blocks.length > 0) await writer.appendAll(blocks);
    counters.blocks.inc(blocks.length);
    return blocks;
  });
}

async function fillBlock(
  building: BlockBuilding,
  writer: ChainWriter,
  content: {
    readonly timestamp: number;
    readonly messages: readonly InboxMessage[];
    readonly empty: boolean;
    readonly messagesOnly: boolean;
  },
): Promise<Block | undefined> {
  const { timestamp, messages, empty, messagesOnly } = content;
  for (;;) {
    const execution = await writer.openBlock({ timestamp });
    for (const message of messages) await execution.executeMessage(message);
    try {
      const { count } = messagesOnly ? { count: 0 } : await executeTransactions(building, execution);
      if (count === 0 && messages.length === 0 && !empty) return undefined;
      building.counters.transactions.inc(count);
    } catch (error) {
      if (!(error instanceof EngineFailure)) throw error;
      // What the failure left of the block's state is unknown: it is built again without the transaction.
      building.logger.error(
        { err: error, hash: error.transaction },
        "execution of a transaction failed; it is set aside",
      );
      continue;
    }
    const block = await execution.seal();
    await writer.append(block);
    return block;
  }
}

/** Fills a block from the pool, best tips first, until it is full, the pool is empty or the time is over. */
async function executeTransactions(building: BlockBuilding, execution: BlockExecution): Promise<BlockSpace> {
  const { mempool, quarantined } = building;
  const { baseFeePerGas } = execution.environment;
  const selection = mempool.select(baseFeePerGas);
  const space = emptyBlockSpace(building.maximumBlockBytes);
  const deadline = performance.now() + building.maximumBuildTime;
  let lastTurn = performance.now();
  for (let transaction = selection.next(); transaction !== undefined; transaction = selection.next()) {
    const time = performance.now();
    if (time >= deadline || isFull(space, execution.gasLeft)) break;
    if (time - lastTurn >= TURN) {
      await nextTurn();
      lastTurn = performance.now();
    }
    const size = encodedTransactionSize(transaction);
    const fit = fitOf(space, size, gasNeeded(transaction) <= execution.gasLeft);
    if (fit === "too-large") {
      const message = `expected a transaction that fits into a block of ${space.maximumBytes} bytes, got ${transaction.raw.length} bytes`;
      skip(building, transaction, { kind: "invalid", message });
      selection.skipSender();
    } else if (quarantined.has(transaction.hash)) {
      selection.skipSender();
    } else if (fit === "misfit") {
      space.misfits += 1;
      selection.skipSender();
    } else {
      const outcome = await executeTransaction(building, execution, transaction);
      if (outcome.kind === "included") {
        space.bytes += size;
        space.count += 1;
      } else {
        skip(building, transaction, outcome.reason);
        selection.skipSender();
      }
    }
  }
  return space;
}

/** Gas the bucket must hold for a transaction, so that derivation neither skips it nor ends the payload at it. */
function gasNeeded({ gasLimit, raw }: SignedTransaction): bigint {
  return atLeastListingCharge(gasLimit, raw.length);
}

async function executeTransaction(
  { quarantined }: BlockBuilding,
  execution: BlockExecution,
  transaction: SignedTransaction,
): ReturnType<BlockExecution["executeTransaction"]> {
  try {
    return await execution.executeTransaction(transaction);
  } catch (error) {
    quarantined.add(transaction.hash);
    throw new EngineFailure(transaction.hash, error);
  }
}

function skip({ counters, mempool }: BlockBuilding, { hash }: SignedTransaction, reason: SkipReason): void {
  counters.skipped.inc({ reason: reason.kind });
  mempool.skipped(hash, reason);
}

class EngineFailure extends Error {
  readonly transaction: Hash;

  constructor(transaction: Hash, cause: unknown) {
    super(`the engine failed on transaction ${transaction}`, { cause });
    this.transaction = transaction;
  }
}
