/** Lets requests out at the speed an endpoint takes them, which shows only in what it refuses. */
export interface RequestPacer {
  /** Runs a request when its turn comes; `isLimit` tells whether its error says that there were too many of them. */
  run<T>(request: () => Promise<T>, isLimit: (error: unknown) => boolean): Promise<T>;
}

export interface RequestPacerOptions {
  /** Milliseconds the endpoint asked to wait, if it did. */
  readonly retryAfter: (error: unknown) => number | undefined;
  /** Waits so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
}

/** Requests under way at a time. */
const CONCURRENCY = 16;
/** Milliseconds between the starts of two requests: after the first refusal, and at most. */
const FIRST_SPACING = 20;
const LONGEST_SPACING = 1_000;
/** Milliseconds of silence after a refusal; doubles with each in a row. */
const FIRST_HOLD = 250;
const LONGEST_HOLD = 10_000;
const LONGEST_RETRY_AFTER = 60_000;
/** By how much a refusal slows down, and how slowly success makes faster again. */
const SLOWDOWN = 1.5;
const SPEEDUP = 0.99;

export function createRequestPacer(options: RequestPacerOptions): RequestPacer {
  const { retryAfter, pause, now = Date.now } = options;
  const waiting: (() => void)[] = [];
  let running = 0;
  let spacing = 0;
  let nextStart = 0;
  let refusedAt = 0;
  let refusals = 0;

  async function takeTurn(): Promise<void> {
    if (running >= CONCURRENCY) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
  }

  function giveTurn(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  async function waitForStart(): Promise<number> {
    for (let wait = nextStart - now(); wait > 0; wait = nextStart - now()) await pause(wait);
    const start = now();
    nextStart = start + spacing;
    return start;
  }

  function slowDown(error: unknown, start: number): void {
    // Those that were under way together are refused together; that is one refusal.
    if (start <= refusedAt) return;
    refusedAt = now();
    spacing = Math.min(Math.max(spacing * SLOWDOWN, FIRST_SPACING), LONGEST_SPACING);
    const asked = Math.min(retryAfter(error) ?? 0, LONGEST_RETRY_AFTER);
    nextStart = refusedAt + Math.max(asked, Math.min(FIRST_HOLD * 2 ** refusals++, LONGEST_HOLD));
  }

  return {
    async run(request, isLimit) {
      await takeTurn();
      try {
        const start = await waitForStart();
        try {
          const result = await request();
          refusals = 0;
          spacing = spacing < 1 ? 0 : spacing * SPEEDUP;
          return result;
        } catch (error) {
          if (isLimit(error)) slowDown(error, start);
          throw error;
        }
      } finally {
        giveTurn();
      }
    },
  };
}
