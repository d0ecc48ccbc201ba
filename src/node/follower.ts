import { createExclusiveRunner } from "../concurrency/index.ts";
import type { SenderRecovery } from "../ethereum/index.ts";
import { createTroubleReporter, errorText } from "../l1/index.ts";
import type { InboxReader } from "../l1/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { deriveBatches } from "./batch-derivation.ts";
import { progressReport } from "./derivation-progress.ts";
import type { DerivationProgress } from "./derivation-progress.ts";
import { advanceFinalized } from "./finality.ts";
import type { Following } from "./following.ts";
import { createPayloadContents } from "./payload-contents.ts";
import type { Chain, SyncStatus } from "./types.ts";
import { pruneUnsafeBlocks } from "./unsafe-blocks.ts";

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

/** What the follower remembers between its turns. */
interface FollowerState {
  isStopped: boolean;
  /** `rewindCount` as of the last check that unsafe blocks consumed only messages that are in the Inbox. */
  checkedRewinds: number | undefined;
  /** The turn that runs, or the last one. */
  running: Promise<void>;
  /** Whether another turn was asked for and has not begun. */
  isScheduled: boolean;
  /** The turn after one that failed. */
  retry: NodeJS.Timeout | undefined;
}

export function createFollower(options: FollowerOptions, { logger, metrics }: Instruments): Follower {
  const { chain, reader, recovery, retryDelay = 1, progressInterval = 10 } = options;
  const { store, inbox } = chain;
  const exclusively = createExclusiveRunner();
  const trouble = createTroubleReporter();
  const counters = registerMetrics(metrics, "follower");
  counters.batchesRemaining.collectWith((gauge) => gauge.set(inbox.batchCount() - store.derivedBatchCount()));
  const state: FollowerState = {
    isStopped: false,
    checkedRewinds: undefined,
    running: Promise.resolve(),
    isScheduled: false,
    retry: undefined,
  };
  const following: Following = {
    chain,
    openContent: createPayloadContents(inbox),
    recovery,
    isStopped: () => state.isStopped,
    logger,
    counters,
  };

  /** One turn: derives all batches there are. */
  async function deriveAll(): Promise<void> {
    let reported = readProgress(chain);
    while (!state.isStopped) {
      // 1. Remove unsafe blocks that stand on what L1 took back.
      await pruneUnsafe();

      // 2. Derive the next batches, if there are any.
      if (store.derivedBatchCount() >= inbox.batchCount()) {
        // 3. What is derived may be final.
        const { finalized } = reader.status();
        if (finalized !== undefined) await advanceFinalized(following, finalized);
        return;
      }
      await deriveBatches(following);

      const current = readProgress(chain);
      const report = progressReport(reported, current, { interval: progressInterval, batchCount: inbox.batchCount() });
      if (report === undefined) continue;
      logger.info(report, "deriving the chain");
      reported = current;
    }
  }

  async function pruneUnsafe(): Promise<void> {
    const rewinds = inbox.rewindCount();
    if (rewinds === state.checkedRewinds) return;
    if (await pruneUnsafeBlocks(following, reader.status().caughtUp)) state.checkedRewinds = rewinds;
  }

  /** Runs a turn soon, once for any number of requests that come before it begins. */
  function schedule(): void {
    if (state.isStopped || state.isScheduled) return;
    state.isScheduled = true;
    clearTimeout(state.retry);
    state.running = exclusively(async () => {
      state.isScheduled = false;
      try {
        await deriveAll();
        trouble.over();
      } catch (error) {
        if (state.isStopped) return;
        counters.errors.inc();
        trouble.report(errorText(error), (again) => {
          logger.error({ err: error, ...again }, "following L1 failed; it is tried again");
        });
        state.retry = setTimeout(schedule, retryDelay * 1000);
      }
    });
  }

  const status = (): SyncStatus => readStatus(chain, reader);

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
      state.isStopped = false;
      for (const event of READER_EVENTS) reader.events.on(event, schedule);
      schedule();
    },
    async stop() {
      state.isStopped = true;
      clearTimeout(state.retry);
      for (const event of READER_EVENTS) reader.events.off(event, schedule);
      await state.running;
    },
  };
}

/** After each of them there may be something to derive. */
const READER_EVENTS = ["advanced", "reorg", "polled"] as const;

function readProgress({ store }: Chain): DerivationProgress {
  return { batches: store.derivedBatchCount(), blocks: store.getHeads().safe, time: performance.now() };
}

function readStatus({ store, inbox }: Chain, reader: Pick<InboxReader, "status">): SyncStatus {
  const { l1Head, synced, problem, headAge, readAge } = reader.status();
  const derivedBatchCount = store.derivedBatchCount();
  return {
    l1Head,
    l1Synced: synced,
    l1Problem: problem,
    l1HeadAge: headAge,
    l1ReadAge: readAge,
    batchCount: inbox.batchCount(),
    derivedBatchCount,
    underivedSince: inbox.getBatchRecord(derivedBatchCount)?.number,
    messageCount: inbox.messageCount(),
    ...store.getHeads(),
  };
}
