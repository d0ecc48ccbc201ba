import { isBoundary, stepName } from "../../../../src/machine/index.ts";
import type { ProvenStep, Prover } from "../../../../src/machine/index.ts";
import { createDeepProver } from "./deep-overlay.ts";

/** A step to be measured. */
export interface SelectedStep extends ProvenStep {
  /** The instruction, else the phase; "start" for the first step. */
  readonly name: string;
  /** Whether it is against the deepest overlay rather than the one that the transaction made. */
  readonly isDeep: boolean;
  /** Position in the trace. */
  readonly index: number;
}

export interface Selection {
  /** How many of the first steps of each name are taken, and with each of them the same against the deepest overlay. */
  readonly first: number;
  /** After that every one in so many; 0 for none. */
  readonly every: number;
  /** Names that are looked at; all unless given. */
  readonly names?: readonly string[];
}

/** Runs a unit to its end. Some of its steps, to be measured. */
export function* selectSteps(prover: Prover, { first, every, names }: Selection): Generator<SelectedStep> {
  const { machine } = prover;
  const deepProver = createDeepProver(prover);
  const counts = new Map<string, number>();
  let last: { name: string; index: number } | undefined;
  for (let index = 0; ; index++) {
    const isEnd = prover.isDone();
    if (isEnd && last === undefined) return;
    const { phase } = machine;
    const name = stepName(machine);
    const count = counts.get(name) ?? 0;
    const isFirst = count < first;
    const isWanted = (names?.includes(name) ?? true) && (isFirst || (every > 0 && count % every === 0));
    counts.set(name, count + 1);
    let proven: ProvenStep | undefined;
    if (last !== undefined) {
      const { deep, next } = deepProver.deepen();
      // At the end of a unit the overlay is gone.
      if (deep !== undefined && !isBoundary(phase)) yield { ...deep, ...last, isDeep: true };
      proven = next;
    } else if (isWanted) proven = deepProver.prove();
    else prover.step();
    if (isEnd) return;
    last = isWanted ? { name, index } : undefined;
    if (isWanted && proven !== undefined) yield { ...proven, name, index, isDeep: false };
  }
}
