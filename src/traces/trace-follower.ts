import { createStepLoop } from "../concurrency/index.ts";
import { createTroubleReporter, errorText } from "../l1/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Instruments } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { NodeDatabase } from "../storage/index.ts";
import { createTraceThread } from "./trace-thread-handle.ts";
import type { TracedBatches } from "./trace-protocol.ts";

export interface TraceFollowerOptions {
  readonly database: Pick<NodeDatabase, "chain" | "inbox" | "traces">;
  /** Of the database. */
  readonly folder: string;
  readonly config: RollupConfig;
  /** Seconds between looks whether a batch was derived; default 0.2. */
  readonly pollingInterval?: number;
  /** Seconds before another attempt after a failure; default 10. */
  readonly retryDelay?: number;
}

/**
 * Follows the derived batches on a thread of its own, behind the head: runs each through the machine, and stores the boundary states
 * after its units. It goes on where it stopped, or was killed: a batch is stored as a whole.
 */
export interface TraceFollower {
  /** Number of batches traced. */
  tracedBatchCount(): number;
  start(): void;
  /** Gives up the batch under way. */
  stop(): Promise<void>;
}

export function createTraceFollower(
  { database, folder, config, pollingInterval = 0.2, retryDelay = 10 }: TraceFollowerOptions,
  { logger, metrics }: Instruments,
): TraceFollower {
  const { chain, inbox, traces } = database;
  const log = logger.child({ component: "traces" });
  const counters = registerMetrics(metrics, "traces");
  counters.batchesRemaining.collectWith((gauge) => gauge.set(chain.derivedBatchCount() - traces.batchCount()));
  const trouble = createTroubleReporter();
  let thread = createTraceThread({ kind: "following", folder, config }, { logger: log });
  let isStopped = false;
  let hasFailed = false;

  /** Traces some batches, if there are any; whether there may be more. */
  async function step(): Promise<boolean> {
    const first = traces.batchCount();
    if (first >= chain.derivedBatchCount()) return false;
    const traced = (await thread.ask({ kind: "trace-batches", first })) as TracedBatches;
    switch (traced.kind) {
      case "superseded":
        return true;
      case "different":
        counters.differences.inc();
        hasFailed = true;
        trouble.report(traced.report, (again) =>
          log.error(
            { report: traced.report, ...again },
            "the machine comes to another chain than this node has derived: claim nothing, and report it",
          ),
        );
        return false;
      case "traced":
        if (!(await store(traced))) return true;
        hasFailed = false;
        trouble.over(() => log.info("batches are traced again"));
        return true;
    }
  }

  /** False if the batches are not derived any more. */
  async function store({
    batches,
    rewindCount,
  }: Extract<TracedBatches, { readonly kind: "traced" }>): Promise<boolean> {
    const isSame = (): boolean =>
      inbox.rewindCount() === rewindCount &&
      traces.batchCount() === batches[0]?.batch &&
      traces.batchCount() + batches.length <= chain.derivedBatchCount();
    if (!isSame()) return false;
    try {
      await traces.appendBatches(batches, rewindCount);
    } catch (error) {
      if (!isSame()) return false;
      throw error;
    }
    counters.units.inc(batches.reduce((units, { hashes }) => units + hashes.length / HASH_SIZE, 0));
    return true;
  }

  const loop = createStepLoop({
    step,
    interval: () => (hasFailed ? retryDelay : pollingInterval),
    onError(error) {
      if (isStopped) return;
      hasFailed = true;
      counters.errors.inc();
      trouble.report(errorText(error), (again) =>
        log.error({ err: error, ...again }, "tracing batches failed; it is tried again"),
      );
    },
  });

  return {
    tracedBatchCount: () => traces.batchCount(),
    start() {
      if (isStopped) thread = createTraceThread({ kind: "following", folder, config }, { logger: log });
      isStopped = false;
      loop.start();
    },
    async stop() {
      isStopped = true;
      // The step under way waits for the thread's answer, which is then a rejection.
      await Promise.all([thread.close(), loop.stop()]);
    },
  };
}

const HASH_SIZE = 32;
