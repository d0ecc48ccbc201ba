import type { OwnClaim, OwnUnit } from "../../src/challenger/index.ts";
import { treeOfTrace } from "../../src/machine/index.ts";
import type { TraceTree } from "../../src/machine/index.ts";
import { digestFromBytes, hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { haltHash } from "../../src/traces/index.ts";

/** How a claim is wrong. */
export interface Falsehood {
  /** Index of the first unit after which the state is wrong. */
  readonly unit: number;
  /** Index of the first step of that unit after which the state is wrong. */
  readonly step: number;
  /** What it claims in the end; with the right state only the trace is wrong. */
  readonly state: ChainState;
  /** Liars with different seeds have different wrong states on the way. */
  readonly seed: string;
}

export interface Heights {
  readonly claim: number;
  readonly unit: number;
}

/** Those of production. */
export const HEIGHTS: Heights = { claim: 32, unit: 25 };

/**
 * The claim of a liar who follows the right trace up to a step of a unit, and has wrong states from there on up to the end, which
 * is a `Halt`, as a claim needs it.
 * @param before the state before the trace
 */
export async function falseClaim(
  right: OwnClaim,
  before: Hash,
  { unit, step, state, seed }: Falsehood,
  heights: Heights,
): Promise<OwnClaim> {
  const wrong = (what: string): Hash => keccak256(new TextEncoder().encode(`${seed}: ${what}`));
  const units = await Promise.all(Array.from({ length: unit }, (_, index) => right.trace.stateHash(index)));
  const isLastUnit = unit === 2 ** heights.claim - 1;
  const afterUnit = isLastUnit ? haltHash(state) : wrong(`unit ${unit}`);
  const trace = treeOf(before, isLastUnit ? [...units, afterUnit] : [...units, afterUnit, haltHash(state)]);

  const isLastStep = step === 2 ** heights.unit - 1;
  const rightUnit = right.openUnit(unit);
  let opened: Promise<TraceTree> | undefined;
  const open = async (): Promise<TraceTree> => {
    const steps: Hash[] = [];
    for (let index = 0; index < step; index++) steps.push(await rightUnit.root(index, 0));
    return treeOf(units.at(-1) ?? before, [...steps, ...(isLastStep ? [] : [wrong(`step ${step}`)]), afterUnit]);
  };
  return {
    stateHash: stateHash(state),
    traceRoot: trace.root(0, heights.claim),
    trace: asked(trace),
    openUnit(index) {
      if (index < unit) return right.openUnit(index);
      if (index === unit) return askedUnit(() => (opened ??= open()));
      return askedUnit(() => Promise.resolve(treeOf(trace.stateHash(index - 1), [trace.stateHash(index)])));
    },
  };
}

/** A trace in memory, whose last entry repeats for ever. */
export function treeOf(before: Hash, entries: readonly Hash[]): TraceTree {
  return treeOfTrace(before, {
    length: entries.length,
    read: (first, count, target) => {
      for (let index = 0; index < count; index++) {
        target.set(digestFromBytes(hexToBytes(entries[first + index] as Hash)), index * 8);
      }
    },
  });
}

export function asked(trace: TraceTree): OwnClaim["trace"] {
  return {
    halves: (start, height) => Promise.resolve(trace.halves(start, height)),
    openPrefix: (start) => Promise.resolve(trace.openPrefix(start)),
    stateHash: (index) => Promise.resolve(trace.stateHash(index)),
  };
}

export function askedUnit(open: () => Promise<TraceTree>): OwnUnit {
  return {
    root: async (start, height) => (await open()).root(start, height),
    halves: async (start, height) => (await open()).halves(start, height),
    openPrefix: async (start) => (await open()).openPrefix(start),
    proof: async (index, height) => (await open()).proof(index, height),
    prove: () => Promise.reject(new Error("a liar has no proof")),
  };
}

/** Of the last entry of a claim's trace: what its trace root is made of for L1. */
export async function siblingsOfLast({ trace }: OwnClaim, claimTraceHeight: number): Promise<Hash[]> {
  const siblings: Hash[] = [];
  for (let [start, height] = [0, claimTraceHeight]; height > 0; height--) {
    siblings.unshift((await trace.halves(start, height)).left);
    start += 2 ** (height - 1);
  }
  return siblings;
}
