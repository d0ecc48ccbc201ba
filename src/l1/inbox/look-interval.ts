/** Most seconds and poll intervals between looks, which come more seldom while they fail. */
const LONGEST_RETRY_INTERVAL = 30;
const LONGEST_RETRY_FACTOR = 16;

/** Seconds until the next look, after so many in a row that failed without having read anything. */
export function lookInterval(pollInterval: number, failedLooks: number): number {
  return Math.min(
    pollInterval * Math.min(2 ** failedLooks, LONGEST_RETRY_FACTOR),
    Math.max(pollInterval, LONGEST_RETRY_INTERVAL),
  );
}
