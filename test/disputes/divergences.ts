import { createHistory } from "../machine/chain/history.ts";
import type { History, HistoryOptions } from "../machine/chain/history.ts";
import { claimOfHistory } from "./history-claims.ts";
import type { HistoryClaim } from "./history-claims.ts";

/** A step that a liar may be wrong from. */
export interface Divergence {
  /** Unit and phase of the step; in `Execute` the opcode too. */
  readonly kind: string;
  readonly history: History;
  readonly right: HistoryClaim;
  readonly unit: number;
  readonly step: number;
}

/** A step of every kind there is in some histories: the first of its kind. */
export async function divergencesOf(
  histories: Readonly<Record<string, HistoryOptions>>,
  claimTraceHeight?: number,
): Promise<Divergence[]> {
  const found = new Map<string, Divergence>();
  for (const options of Object.values(histories)) {
    const history = await createHistory(options);
    const { length } = history.batches;
    for (const [from, to] of length === 1
      ? [[0, 1]]
      : [
          [0, 1],
          [1, length],
        ]) {
      const right = claimOfHistory(history, from as number, to as number, claimTraceHeight);
      for (const [unit, steps] of right.steps.entries()) {
        for (const [step, { kind }] of steps.entries()) {
          if (!found.has(kind)) found.set(kind, { kind, history, right, unit, step });
        }
      }
    }
  }
  return [...found.values()];
}
