import { pause } from "../concurrency/index.ts";
import type { Logger } from "../primitives/index.ts";
import { errorText } from "./error-text.ts";

export interface UntilAnsweredOptions {
  /** What is waited for, for the log. */
  readonly what: string;
  /** Whether an error is L1's answer, so that asking again is of no use. */
  readonly isFinal: (error: unknown) => boolean;
  /** Ends the waiting; its reason is thrown. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Milliseconds before a question is repeated; doubles. */
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

/** Asks L1 again and again until it answers, and says in the log what is waited for. @throws final errors; the signal's reason */
export async function untilAnswered<T>(ask: () => Promise<T>, options: UntilAnsweredOptions): Promise<T> {
  const { what, isFinal, signal, logger } = options;
  for (let delay = FIRST_DELAY; ; delay = Math.min(2 * delay, LONGEST_DELAY)) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (isFinal(error)) throw error;
      logger.warn({ error: errorText(error), againInSeconds: delay / 1000 }, `waiting for ${what}`);
      await pause(delay, signal);
    }
  }
}
