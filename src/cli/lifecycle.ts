import type { Logger } from "../primitives/index.ts";
import { commitFailure } from "../storage/index.ts";
import { explainError } from "./error-message.ts";

/** What a command runs until it is told to stop. */
export interface Service {
  /** Resolves with the reason if the service can no longer run. */
  readonly failure: Promise<Error>;
  close(): Promise<void>;
}

export interface LifecycleOptions {
  /** Milliseconds after which an orderly stop is given up. */
  readonly stopTimeout: number;
  /** What the command was given, which errors name. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * npm and terminals pass the same interrupt on twice; only a signal this many milliseconds after the first is a second
 * one.
 */
const SAME_SIGNAL = 300;

/**
 * Starts a service and runs it until a signal or its failure; then stops it and ends the process: exit code 0 after a
 * signal, 1 after a failure or a stop that takes too long, 130 after a second signal, which does not wait. `start` is given
 * what is aborted by a signal, so that a start that waits for something ends too.
 */
export async function runService(
  start: (signal: AbortSignal) => Promise<Service>,
  options: LifecycleOptions,
  { logger }: { readonly logger: Logger },
): Promise<never> {
  let stoppedAt: number | undefined;
  const starting = new AbortController();
  const stopped = new Promise<undefined>((resolve) => {
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (stoppedAt === undefined) {
          stoppedAt = Date.now();
          logger.info({ signal }, "stopping; once more to force");
          setTimeout(() => {
            logger.error({ milliseconds: options.stopTimeout }, "stopping took too long");
            process.exit(1);
          }, options.stopTimeout).unref();
          starting.abort(new Error(`stopped by ${signal}`));
          resolve(undefined);
        } else if (Date.now() - stoppedAt > SAME_SIGNAL) {
          logger.warn({ signal }, "stopped by force");
          process.exit(130);
        }
      });
    }
  });
  const report = (failure: Error): void => {
    const text = explainError(failure, options.settings);
    if (text === undefined) logger.fatal({ err: failure }, failure.message);
    else logger.fatal(text);
  };
  // A part that cannot go on where nobody waits for it, as when the disk is full.
  let isEnding = false;
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      if (isEnding) return;
      isEnding = true;
      void commitFailure(error).then((reason) => {
        report(reason instanceof Error ? reason : new Error(String(reason)));
        process.exit(1);
      });
    });
  }
  let failure: Error | undefined;
  try {
    const service = await start(starting.signal);
    failure = await Promise.race([stopped, service.failure]);
    if (failure !== undefined) report(failure);
    await service.close();
  } catch (error) {
    // What a start that was told to stop ends with is no failure.
    if (error === starting.signal.reason) process.exit(0);
    failure = error instanceof Error ? error : new Error(String(error));
    report(failure);
  }
  process.exit(failure === undefined ? 0 : 1);
}
