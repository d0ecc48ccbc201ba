/** Seconds a block's timestamp may lie before its batch's L1 timestamp (specification §3 rule 3). */
export const MAXIMUM_TIMESTAMP_LAG = 86_400;

/** Seconds a block's timestamp may lie after its batch's L1 timestamp (specification §3 rule 3). */
export const MAXIMUM_TIMESTAMP_LEAD = 900;

/** The timestamp of a block for which a payload says `timestamp` (specification §3 rule 3); all in seconds. */
export function clampTimestamp(timestamp: number, parent: number, batch: number): number {
  const earliest = batch - MAXIMUM_TIMESTAMP_LAG;
  const latest = batch + MAXIMUM_TIMESTAMP_LEAD;
  return Math.max(parent, Math.min(Math.max(timestamp, earliest), latest));
}
