/** Seconds between the steps of a loop: always the same, or at a pace. */
export type Interval = number | Pace;

/** How often a loop looks at what may have changed. */
export interface Pace {
  /** Seconds to the next step. */
  seconds(): number;
  /** Has a listener called whenever the next step should come at once. Gives what ends that. */
  onQuickened(listener: () => void): () => void;
}

/** A pace that is told when something happens. */
export interface ChangingPace extends Pace {
  /** Something happened that more follows from: the next step comes at once, and the pace is quick for a while. */
  quicken(): void;
  /** There is something to see: the next step comes at once. */
  wake(): void;
}

export interface PaceOptions {
  /** Seconds between steps while something happens, and while nothing does. */
  readonly quick: number;
  readonly slow: number;
  /** Seconds for which something counts as happening. */
  readonly patience: number;
}

/** Quick for a while after it was quickened, and from the start; otherwise slow. */
export function createPace({ quick, slow, patience }: PaceOptions, now: () => number = Date.now): ChangingPace {
  const listeners = new Set<() => void>();
  let quickenedAt = now();
  const wake = (): void => {
    for (const listener of [...listeners]) listener();
  };
  return {
    seconds: () => (now() - quickenedAt < patience * 1000 ? quick : slow),
    onQuickened(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    quicken() {
      quickenedAt = now();
      wake();
    },
    wake,
  };
}

/** Seconds to the next step of a loop. */
export function secondsOf(interval: Interval): number {
  return typeof interval === "number" ? interval : interval.seconds();
}
