import { createExclusiveRunner, createStepLoop, secondsOf } from "../../concurrency/index.ts";
import type { Instruments } from "../../primitives/index.ts";
import { isConnectionClosed } from "../l1-connection-closed.ts";
import { createTroubleReporter } from "../trouble-reporter.ts";
import { adviceOn, reasonOf } from "./errors.ts";
import { lookInterval } from "./look-interval.ts";
import { look } from "./look.ts";
import { openReading } from "./reading.ts";
import type { InboxReading } from "./reading.ts";
import { readStatus } from "./status.ts";
import type { InboxReader, InboxReaderOptions } from "./types.ts";

export function createInboxReader(options: InboxReaderOptions, instruments: Instruments): InboxReader {
  const reading = openReading(options, instruments);
  const { inbox, state, events, logger, counters, now } = reading;
  const exclusively = createExclusiveRunner();
  const trouble = createTroubleReporter(now);
  collectMetrics(reading);

  const syncOnce = () => exclusively(() => look(reading));
  const loop = createStepLoop({
    step: async () => {
      await syncOnce();
      trouble.over(() => logger.info({ synced: inbox.getSyncedBlock() }, "L1 is read to its head again"));
      return false;
    },
    onError(error) {
      if (state.stopping.signal.aborted) return;
      counters.errors.inc({ error: error instanceof Error ? error.name : "unknown" });
      trouble.report(reasonOf(error), (again) => {
        logger.warn({ err: error, ...again }, `reading L1 failed; it is tried again${adviceOn(error)}`);
      });
    },
    interval: {
      seconds: () => lookInterval(secondsOf(reading.pollInterval), state.failedLooks),
      onQuickened: (listener) =>
        typeof reading.pollInterval === "number" ? () => undefined : reading.pollInterval.onQuickened(listener),
    },
    endsLoop: isConnectionClosed,
  });

  return {
    syncOnce,
    status: () => readStatus(reading),
    events,
    start() {
      if (state.stopping.signal.aborted) state.stopping = new AbortController();
      loop.start();
    },
    async stop() {
      state.stopping.abort();
      await loop.stop();
    },
  };
}

function collectMetrics(reading: InboxReading): void {
  const { inbox, state, counters } = reading;
  counters.block.collectWith((gauge) => {
    for (const [name, number] of [
      ["head", state.l1Head?.number],
      ["synced", inbox.getSyncedBlock()?.number],
      ["finalized", state.finalized],
    ] as const) {
      if (number !== undefined) gauge.set({ block: name }, number);
    }
  });
  counters.headAge.collectWith((gauge) => {
    const { headAge } = readStatus(reading);
    if (headAge !== undefined) gauge.set(headAge);
  });
  counters.readAge.collectWith((gauge) => {
    const { readAge } = readStatus(reading);
    if (readAge !== undefined) gauge.set(readAge);
  });
  counters.headTimestamp.collectWith((gauge) => {
    if (state.l1Timestamp !== undefined) gauge.set(state.l1Timestamp);
  });
  counters.entries.collectWith((gauge) => {
    gauge.set({ list: "messages" }, inbox.messageCount());
    gauge.set({ list: "batches" }, inbox.batchCount());
  });
}
