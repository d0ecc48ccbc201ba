import { pino } from "pino";
import { PinoPretty } from "pino-pretty";
import type { Logger } from "../primitives/index.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export const LOG_FORMATS = ["auto", "pretty", "json"] as const;

export interface LoggingOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  /** `auto` is pretty on a terminal and JSON otherwise. */
  readonly format: (typeof LOG_FORMATS)[number];
}

/** A logger to standard error; written synchronously, so that nothing is lost when the process ends. */
export function createLogger({ level, format }: LoggingOptions): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const standardError = 2;
  if (format === "json" || (format === "auto" && !process.stderr.isTTY)) {
    return pino(
      { ...options, formatters: { level: (label) => ({ level: label }) } },
      pino.destination({ dest: standardError, sync: true }),
    );
  }
  return pino(
    options,
    PinoPretty({
      destination: standardError,
      sync: true,
      colorize: process.stderr.isTTY,
      translateTime: "SYS:HH:MM:ss.l",
      singleLine: true,
    }),
  );
}
