import { pino } from "pino";
import { Registry } from "prom-client";
import type { Instruments } from "../src/primitives/index.ts";

/** A line as pino writes it. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Instruments whose log a test reads: what is of level `info` and above. */
export function capturedLog(): {
  readonly instruments: Instruments;
  readonly all: readonly LogLine[];
  /** Resolves with the lines when there are so many of them. */
  lines(count: number): Promise<readonly LogLine[]>;
} {
  const all: LogLine[] = [];
  const waiting = new Set<() => void>();
  const write = (text: string): void => {
    all.push(JSON.parse(text) as LogLine);
    for (const look of waiting) look();
  };
  return {
    instruments: { logger: pino({ level: "info" }, { write }), metrics: new Registry() },
    all,
    lines: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (all.length < count) return;
          waiting.delete(look);
          resolve(all);
        };
        waiting.add(look);
        look();
      }),
  };
}
