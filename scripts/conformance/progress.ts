/** Says on standard error how far long work has come, at most every few seconds. */
export interface Progress {
  /** `done` and `total` in the same unit; `line` is what to say beside the share and the time left. */
  report(done: number, total: number, line: string): void;
}

const INTERVAL_MILLISECONDS = 5_000;

/** `already`: how much of the total was done before, by an earlier run. */
export function createProgress(already = 0): Progress {
  const begun = Date.now();
  let last = begun;
  return {
    report: (done, total, line) => {
      const now = Date.now();
      if (now - last < INTERVAL_MILLISECONDS) return;
      last = now;
      const left = done > already ? ((now - begun) * Math.max(0, total - done)) / (done - already) : undefined;
      const share = total === 0 ? 100 : Math.min(100, (100 * done) / total);
      console.error(`${share.toFixed(1)} % · ${line}${left === undefined ? "" : ` · about ${duration(left)} left`}`);
    },
  };
}

/** `1 h 02 min`, `3 min 10 s` or `12 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${seconds} s`;
}
