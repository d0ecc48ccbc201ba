import { MAXIMUM_TIMESTAMP_LAG, MAXIMUM_TIMESTAMP_LEAD } from "../rollup/index.ts";

/** Seconds between a block's timestamp and the time by which its batch must be posted, at least: batches take a while. */
const POSTING_MARGIN = 3_600;

/** The earliest timestamp for a block sequenced now, so that there is time to post its batch. */
export function earliestTimestamp({ parent, l1Timestamp }: BlockTimes): number {
  return Math.max(parent, l1Timestamp - MAXIMUM_TIMESTAMP_LAG + POSTING_MARGIN);
}

/** The latest timestamp that derivation takes for a block sequenced now. */
export function latestTimestamp({ parent, l1Timestamp }: BlockTimes): number {
  return Math.max(parent, l1Timestamp + MAXIMUM_TIMESTAMP_LEAD);
}

/** What bounds the timestamp of the next block; seconds. */
export interface BlockTimes {
  readonly parent: number;
  /** Of the latest L1 block known. */
  readonly l1Timestamp: number;
}

/**
 * Timestamp in seconds for a block sequenced now, such that derivation will not clamp it (specification §3 rule 3) when its
 * batch is posted at `l1Timestamp` or up to a day later: the wall clock, but never behind L1, nor further ahead of it than the
 * window allows, nor before the parent.
 */
export function blockTimestamp(times: BlockTimes & { readonly wallClock: number }): number {
  const { parent, wallClock, l1Timestamp } = times;
  return Math.max(parent, Math.min(Math.max(wallClock, l1Timestamp), latestTimestamp(times)));
}

/** The timestamp that somebody asked for, as far as derivation will not clamp it. */
export function plannedTimestamp(planned: number, times: BlockTimes): number {
  return Math.max(earliestTimestamp(times), Math.min(planned, latestTimestamp(times)));
}
