import { createTroubleReporter } from "../l1/index.ts";
import type { BlobArchive, L1Client, TransactionManager, TroubleReporter } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import type { Instruments, Logger } from "../primitives/index.ts";
import type { Draft } from "./draft.ts";
import { openInFlightBatches } from "./in-flight-batches.ts";
import type { InFlightBatches } from "./in-flight-batches.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import { resolveSettings } from "./settings.ts";
import type { BatcherSettings } from "./settings.ts";
import type { BatcherOptions } from "./types.ts";

/** What a batcher knows beside what is on disk; gone with the process. */
export interface BatcherState {
  draft: Draft | undefined;
  /** Whether the next step that can is to post whatever there is. */
  requested: boolean;
  /** Batches that reverted since the last that did not. */
  failures: number;
  /** Milliseconds of the wall clock before which nothing is posted after a failure. */
  retryAt: number;
  /** Milliseconds; since when the L1 node refuses a blob batch. */
  blobsRefusedSince: number | undefined;
  /** Whether `auto` has given up blobs, until the process is restarted. */
  blobsRefused: boolean;
  /** Whether L1 told no price of blobs the last time it was asked, so that `auto` cannot take them. */
  blobsUnpriced: boolean;
}

/** What the parts of a batcher work on. */
export interface BatcherContext {
  readonly chain: Chain;
  readonly client: L1Client;
  readonly transactions: TransactionManager;
  readonly blobArchive: BlobArchive | undefined;
  readonly settings: BatcherSettings;
  readonly batches: InFlightBatches;
  readonly state: BatcherState;
  readonly priceTrouble: TroubleReporter;
  readonly metrics: MetricsOf<"batcher">;
  readonly log: Logger;
  /** Wall clock in milliseconds. */
  readonly now: () => number;
}

/** Opens the records, without touching the network. @throws BatcherError `invalid-options` */
export function openContext(options: BatcherOptions, { logger, metrics }: Instruments): BatcherContext {
  const { chain, client, transactions, blobArchive } = options;
  const now = options.now ?? Date.now;
  return {
    chain,
    client,
    transactions,
    blobArchive,
    settings: resolveSettings(options, chain.config.parameters),
    batches: openInFlightBatches(options.records),
    state: {
      draft: undefined,
      requested: false,
      failures: 0,
      retryAt: 0,
      blobsRefusedSince: undefined,
      blobsRefused: false,
      blobsUnpriced: false,
    },
    priceTrouble: createTroubleReporter(now),
    metrics: registerMetrics(metrics, "batcher"),
    log: logger.child({ component: "batcher" }),
    now,
  };
}
