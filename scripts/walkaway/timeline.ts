/** A part of the walkaway, as it went. */
export interface DoneStep {
  readonly title: string;
  /** Of the wall clock. */
  readonly seconds: number;
  readonly lines: readonly string[];
}

/** Numbered steps that say what they do while they do it. */
export interface Timeline {
  run<T>(title: string, action: (say: (line: string) => void) => Promise<T>): Promise<T>;
  readonly steps: readonly DoneStep[];
  /** Since the first step began. */
  seconds(): number;
}

/** @param count steps there will be */
export function createTimeline(count: number, print: (line: string) => void): Timeline {
  const begun = performance.now();
  const steps: DoneStep[] = [];
  const since = (start: number): number => (performance.now() - start) / 1000;
  return {
    steps,
    seconds: () => since(begun),
    async run(title, action) {
      const number = steps.length + 1;
      const start = performance.now();
      const lines: string[] = [];
      print(`\n[${number}/${count}] ${title}`);
      try {
        const result = await action((line) => {
          lines.push(line);
          print(`  ${since(begun).toFixed(1).padStart(6)} s  ${line}`);
        });
        steps.push({ title, seconds: since(start), lines });
        return result;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`step ${number}, ${title}, failed after ${since(start).toFixed(1)} s: ${reason}`, {
          cause: error,
        });
      }
    },
  };
}
