import { MAXIMUM_TIMESTAMP_LEAD } from "../rollup/index.ts";

/**
 * Timestamp in seconds for a block sequenced now, such that derivation will not clamp it (specification §3 rule 3) when its
 * batch is posted at `l1Timestamp` or up to a day later: the wall clock, but never behind L1, nor further ahead of it than the
 * window allows, nor before the parent.
 */
export function blockTimestamp(times: {
  readonly parent: number;
  readonly wallClock: number;
  /** Of the latest L1 block known. */
  readonly l1Timestamp: number;
}): number {
  const { parent, wallClock, l1Timestamp } = times;
  return Math.max(parent, Math.min(Math.max(wallClock, l1Timestamp), l1Timestamp + MAXIMUM_TIMESTAMP_LEAD));
}
