/** Knows since when something that is tried again and again has failed, so that what passes by itself is not made a problem of. */
export interface LastingFailure {
  failed(reason: string): void;
  succeeded(): void;
  /** Why it fails, if it has for longer than is tolerated. */
  problems(): readonly string[];
}

/** Seconds for which it may fail before that is a problem. */
const TOLERANCE = 60;

/**
 * @param what what fails, as the begin of a sentence: "no batch could be posted"
 * @param now milliseconds of the wall clock
 */
export function createLastingFailure(what: string, now: () => number = Date.now): LastingFailure {
  let current: { reason: string; readonly since: number } | undefined;
  return {
    failed(reason) {
      current = { since: current?.since ?? now(), reason };
    },
    succeeded() {
      current = undefined;
    },
    problems() {
      if (current === undefined) return [];
      const seconds = Math.floor((now() - current.since) / 1000);
      return seconds < TOLERANCE ? [] : [`${what} for ${seconds} s: ${current.reason}`];
    },
  };
}
