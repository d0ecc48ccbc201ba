import type { InboxReading } from "./reading.ts";
import type { ReaderState } from "./reader-state.ts";
import type { InboxReaderStatus } from "./types.ts";

/** Seconds for which a look that ended with everything read counts, or so many poll intervals if that is longer. */
const LOOK_LIFETIME = 60;
const LOOK_LIFETIME_INTERVALS = 3;

export function readStatus({ inbox, state, pollInterval, now }: InboxReading): InboxReaderStatus {
  const { l1Head, l1Timestamp, finalized, caughtUp } = state;
  const problem = problemOf(state, now(), pollInterval);
  return { l1Head, l1Timestamp, synced: inbox.getSyncedBlock(), finalized, caughtUp, problem };
}

/**
 * Why what was read may not be all that L1 has.
 * @param now milliseconds
 * @param pollInterval seconds
 */
export function problemOf(
  { hidden, caughtUpAt }: Pick<ReaderState, "hidden" | "caughtUpAt">,
  now: number,
  pollInterval: number,
): string | undefined {
  if (hidden !== undefined) return hidden.message;
  if (caughtUpAt === undefined) return "L1 has not been read to its head yet";
  const seconds = (now - caughtUpAt) / 1000;
  if (seconds <= Math.max(LOOK_LIFETIME, LOOK_LIFETIME_INTERVALS * pollInterval)) return undefined;
  return `L1 has not been read to its head for ${Math.floor(seconds)} s`;
}
