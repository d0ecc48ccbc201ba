import { OnestepError } from "./errors.ts";

export interface WaitOptions {
  /** Milliseconds after which waiting ends with a `timeout`; default: never. */
  readonly timeout?: number | undefined;
  /** Milliseconds between looks; default 1,000. */
  readonly pollingInterval?: number | undefined;
  /** Ends waiting with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_POLLING_INTERVAL = 1_000;

/** Looks again and again until there is something to see. */
export async function poll<T>(
  waitedFor: string,
  { timeout, pollingInterval = DEFAULT_POLLING_INTERVAL, signal }: WaitOptions,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const start = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (timeout !== undefined && Date.now() - start + pollingInterval > timeout) {
      throw new OnestepError({ kind: "timeout", waitedFor, milliseconds: timeout });
    }
    await pause(pollingInterval, signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
