import type { EventEmitter } from "node:events";
import { registerMetrics } from "../../metrics/index.ts";
import type { MetricsOf } from "../../metrics/index.ts";
import { createEvents } from "../../primitives/index.ts";
import type { Instruments, Logger } from "../../primitives/index.ts";
import { createPayloadFetcher } from "../batch-payload.ts";
import type { PayloadFetcher } from "../batch-payload.ts";
import { createBlockLogsReader } from "../block-logs.ts";
import { ENTRY_TOPICS } from "../inbox-log.ts";
import { createLogRangeReader } from "../log-range.ts";
import type { LogRangeReader } from "../log-range.ts";
import { createTroubleReporter } from "../trouble-reporter.ts";
import type { TroubleReporter } from "../trouble-reporter.ts";
import { createInboxCountsReader } from "./inbox-counts.ts";
import type { InboxCountsReader } from "./inbox-counts.ts";
import { initialState } from "./reader-state.ts";
import type { ReaderState } from "./reader-state.ts";
import type { InboxReaderEvents, InboxReaderOptions } from "./types.ts";

type Settings = Required<Pick<InboxReaderOptions, "confirmations" | "pollInterval" | "lagTolerance" | "now">>;

/** What every step of reading the Inbox works with. */
export interface InboxReading
  extends Settings, Pick<InboxReaderOptions, "config" | "client" | "inbox" | "finality" | "longestSilence"> {
  readonly state: ReaderState;
  readonly ranges: LogRangeReader;
  readonly readBlockLogs: ReturnType<typeof createBlockLogsReader>;
  readonly readCounts: InboxCountsReader;
  readonly payloadFetcher: PayloadFetcher;
  readonly finalityTrouble: TroubleReporter;
  readonly events: EventEmitter<InboxReaderEvents>;
  readonly logger: Logger;
  readonly counters: MetricsOf<"inboxReader">;
}

export function openReading(options: InboxReaderOptions, { logger, metrics }: Instruments): InboxReading {
  const { config, client, inbox, blobs, finality, confirmations = 0, pollInterval = 2, lagTolerance = 60 } = options;
  const now = options.now ?? Date.now;
  const address = config.contracts.inbox;
  return {
    ...{ config, client, inbox, finality, confirmations, pollInterval, lagTolerance, now },
    longestSilence: options.longestSilence,
    state: initialState(),
    ranges: createLogRangeReader({ client, address, topics: ENTRY_TOPICS, maximumRange: options.logRange ?? 5_000 }),
    readBlockLogs: createBlockLogsReader(client, address, ENTRY_TOPICS),
    readCounts: createInboxCountsReader(client, address),
    payloadFetcher: createPayloadFetcher({ client, blobs }),
    finalityTrouble: createTroubleReporter(now),
    events: createEvents<InboxReaderEvents>("inbox reader", { logger }),
    logger,
    counters: registerMetrics(metrics, "inboxReader"),
  };
}
