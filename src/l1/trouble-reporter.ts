/** Keeps a loop that fails again and again for one reason from filling the log with it. */
export interface TroubleReporter {
  /** Calls `write` if the reason is another than before, and at growing intervals while it is the same. */
  report(reason: string, write: (again: { readonly timesBefore?: number }) => void): void;
  /** Calls `write` if something was reported since the last call: it has passed. */
  over(write?: () => void): void;
}

/** Milliseconds before the same is said again; doubles. */
const FIRST_SILENCE = 60_000;
const LONGEST_SILENCE = 3_600_000;

export function createTroubleReporter(now: () => number = Date.now): TroubleReporter {
  let current: { readonly reason: string; silence: number; until: number; count: number } | undefined;
  return {
    report(reason, write) {
      if (current?.reason !== reason) {
        current = { reason, silence: FIRST_SILENCE, until: now() + FIRST_SILENCE, count: 1 };
        write({});
        return;
      }
      if (now() >= current.until) {
        write({ timesBefore: current.count });
        current.silence = Math.min(2 * current.silence, LONGEST_SILENCE);
        current.until = now() + current.silence;
      }
      current.count++;
    },
    over(write) {
      const wasThere = current !== undefined;
      current = undefined;
      if (wasThere) write?.();
    },
  };
}
