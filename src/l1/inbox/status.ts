import { secondsOf } from "../../concurrency/index.ts";
import type { InboxReading } from "./reading.ts";
import type { ReaderState } from "./reader-state.ts";
import type { InboxReaderStatus } from "./types.ts";

/** Seconds for which a look that ended with everything read counts, or so many poll intervals if that is longer. */
const LOOK_LIFETIME = 60;
const LOOK_LIFETIME_INTERVALS = 3;

export function readStatus({ inbox, state, pollInterval, longestSilence, now }: InboxReading): InboxReaderStatus {
  const { l1Head, l1Timestamp, finalized, caughtUp, headSeenAt, caughtUpAt } = state;
  const problem = problemOf(state, now(), { pollInterval, longestSilence });
  return {
    ...{ l1Head, l1Timestamp, synced: inbox.getSyncedBlock(), finalized, caughtUp, problem },
    ...{ headAge: secondsSince(headSeenAt, now()), readAge: secondsSince(caughtUpAt, now()) },
  };
}

/**
 * Why what was read may not be all that L1 has.
 * @param now milliseconds
 * @param settings seconds
 */
export function problemOf(
  { hidden, caughtUpAt, headSeenAt, l1Head }: Pick<ReaderState, "hidden" | "caughtUpAt" | "headSeenAt" | "l1Head">,
  now: number,
  { pollInterval, longestSilence }: Pick<InboxReading, "pollInterval" | "longestSilence">,
): string | undefined {
  if (hidden !== undefined) return hidden.message;
  if (caughtUpAt === undefined) return "L1 has not been read to its head yet";
  const seconds = (now - caughtUpAt) / 1000;
  if (seconds > Math.max(LOOK_LIFETIME, LOOK_LIFETIME_INTERVALS * secondsOf(pollInterval))) {
    return `L1 has not been read to its head for ${Math.floor(seconds)} s`;
  }
  const silence = headSeenAt === undefined ? 0 : (now - headSeenAt) / 1000;
  if (longestSilence === undefined || silence <= longestSilence) return undefined;
  return `L1 has had no new block for ${Math.floor(silence)} s: its endpoint stays at block ${l1Head?.number ?? "none"}`;
}

function secondsSince(time: number | undefined, now: number): number | undefined {
  return time === undefined ? undefined : Math.floor((now - time) / 1000);
}
