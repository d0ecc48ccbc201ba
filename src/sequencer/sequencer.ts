import { createLastingFailure } from "../concurrency/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Chain } from "../node/index.ts";
import type { Instruments } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { buildBlock, buildEmptyBlocks } from "./block-builder.ts";
import type { BlockBuilding, BlockRequest } from "./block-builder.ts";
import { scheduleBlocks } from "./block-scheduler.ts";
import type { Attempt, SequencerMode } from "./block-scheduler.ts";
import type { Mempool } from "./mempool.ts";

export interface SequencerOptions {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly mode: SequencerMode;
  /** L1 blocks that must follow a message's before it is consumed: an L1 reorg that moves it would change the L2 chain. */
  readonly messageConfirmations: number;
  /** Timestamp in seconds of the latest L1 block known; undefined while none is, and no block is built then. */
  readonly l1Timestamp: () => number | undefined;
  /** Whether blocks may be built now; always by default. Whoever is not the operator may while the operator is silent. */
  readonly mayBuild?: () => boolean;
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
  buildBlock(request?: BlockRequest): Promise<Block | undefined>;
  /**
   * Appends an empty block for each timestamp in seconds, as far as derivation's bounds allow it: they are stored together,
   * which is much faster than one by one. Gives those that could be built.
   */
  buildEmptyBlocks(timestamps: readonly number[]): Promise<readonly Block[]>;
  /** What keeps it from building blocks, in words, if it has for a minute. */
  problems(): readonly string[];
  /** Builds blocks by the mode until stopped. */
  start(): void;
  /** How blocks are built from the next start on. */
  mode: SequencerMode;
  /** Seconds that the next block is to have as its timestamp, whatever it is built for; undefined for the present time. */
  plannedTimestamp: number | undefined;
  /** Resolves when the block being built, if any, is done. */
  stop(): Promise<void>;
}

export const DEFAULT_MAXIMUM_BLOCK_BYTES = 512 * 1024;
const DEFAULT_MAXIMUM_BUILD_TIME = 500;
const L1_SLOT_SECONDS = 12;

/** Throws a RangeError if the options cannot work. */
export function createSequencer(options: SequencerOptions, { logger, metrics }: Instruments): Sequencer {
  const { chain, mempool, messageConfirmations } = options;
  checkConfirmations(messageConfirmations, chain.config.parameters.forceInclusionDelay);
  const now = options.now ?? Date.now;
  const counters = registerMetrics(metrics, "sequencer");
  counters.unsafeBlocks.collectWith((gauge) => {
    const { latest, safe } = chain.store.getHeads();
    gauge.set(latest - safe);
  });
  const building: BlockBuilding = {
    chain,
    mempool,
    messageConfirmations,
    l1Timestamp: options.l1Timestamp,
    mayBuild: options.mayBuild ?? (() => true),
    maximumBlockBytes: options.maximumBlockBytes ?? DEFAULT_MAXIMUM_BLOCK_BYTES,
    maximumBuildTime: options.maximumBuildTime ?? DEFAULT_MAXIMUM_BUILD_TIME,
    maximumUnsafeBlocks: options.maximumUnsafeBlocks ?? Infinity,
    now,
    logger,
    counters,
    quarantined: new Set(),
    plannedTimestamp: undefined,
  };
  const failure = createLastingFailure("no block could be built", now);
  let { mode } = options;
  let abort: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();

  async function attempt(empty: boolean): Promise<Attempt> {
    try {
      const block = await buildBlock(building, { empty });
      failure.succeeded();
      return block ?? "nothing";
    } catch (error) {
      failure.failed(error instanceof Error ? error.message : String(error));
      counters.failures.inc();
      logger.error({ err: error }, "could not build a block");
      return "failed";
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
    await scheduleBlocks({ mempool, attempt, now }, mode, signal);
  }

  return {
    problems: () => failure.problems(),
    get mode() {
      return mode;
    },
    set mode(wanted) {
      mode = wanted;
    },
    get plannedTimestamp() {
      return building.plannedTimestamp;
    },
    set plannedTimestamp(timestamp) {
      building.plannedTimestamp = timestamp;
    },
    buildBlock: (request = {}) => buildBlock(building, request),
    buildEmptyBlocks: (timestamps) => buildEmptyBlocks(building, timestamps),
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

function checkConfirmations(confirmations: number, forceInclusionDelay: number): void {
  if (confirmations * L1_SLOT_SECONDS >= forceInclusionDelay && confirmations > 0) {
    throw new RangeError(
      `expected message confirmations to take less than the force-inclusion delay of ${forceInclusionDelay} s, got ${confirmations} L1 blocks`,
    );
  }
}
