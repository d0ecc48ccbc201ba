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
  const units = await entriesOf(right.trace, unit);
  const isLastUnit = unit === 2 ** heights.claim - 1;
  const afterUnit = isLastUnit ? haltHash(state) : wrongState(seed, `unit ${unit}`);
  const entries = isLastUnit ? [...units, afterUnit] : [...units, afterUnit, haltHash(state)];
  return claimOver(right, before, { entries, steps: new Map([[unit, step]]), state, seed }, heights);
}

/** A unit, and the first step of it after which the state is wrong. */
export interface Place {
  readonly unit: number;
  readonly step: number;
}

/**
 * The claim of a liar who is wrong in some units only, each from a step on, and right again after it; in the end a `Halt`, which may
 * be another than the right one.
 * @param length units of the right claim, the one that halts among them
 */
export async function falseInPlaces(
  right: OwnClaim,
  before: Hash,
  options: Pick<Falsehood, "state" | "seed"> & { readonly places: readonly Place[]; readonly length: number },
  heights: Heights,
): Promise<OwnClaim> {
  const { places, length, state, seed } = options;
  const entries = [...(await entriesOf(right.trace, length - 1)), haltHash(state)];
  for (const { unit } of places) if (unit < length - 1) entries[unit] = wrongState(seed, `unit ${unit}`);
  const steps = new Map(places.map(({ unit, step }) => [unit, step]));
  return claimOver(right, before, { entries, steps, state, seed }, heights);
}

/** The right claim, with a wrong trace of one unit that ends as the right one does: a frenemy of whoever is right. */
export function frenemyClaim(right: OwnClaim, before: Hash, { unit, step }: Place, seed: string): OwnClaim {
  let opened: Promise<TraceTree> | undefined;
  const open = async (): Promise<TraceTree> => {
    const steps = await entriesOfUnit(right.openUnit(unit), step);
    const [first, after] = [
      unit === 0 ? before : await right.trace.stateHash(unit - 1),
      await right.trace.stateHash(unit),
    ];
    return treeOf(first, [...steps, wrongState(seed, `frenemy ${unit} ${step}`), after]);
  };
  return {
    ...right,
    openUnit: (index) => (index === unit ? askedUnit(() => (opened ??= open())) : right.openUnit(index)),
  };
}

const wrongState = (seed: string, what: string): Hash => keccak256(new TextEncoder().encode(`${seed}: ${what}`));

function entriesOf(trace: OwnClaim["trace"], count: number): Promise<Hash[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => trace.stateHash(index)));
}

async function entriesOfUnit(unit: OwnUnit, count: number): Promise<Hash[]> {
  const steps: Hash[] = [];
  for (let index = 0; index < count; index++) steps.push(await unit.root(index, 0));
  return steps;
}

/**
 * A claim over these states after units. Within a unit it goes through a wrong state from a step on, if `steps` says so; before the first
 * such unit as the right one does, and in all others in one step.
 */
function claimOver(
  right: OwnClaim,
  before: Hash,
  {
    entries,
    steps,
    state,
    seed,
  }: Pick<Falsehood, "state" | "seed"> & {
    readonly entries: readonly Hash[];
    readonly steps: ReadonlyMap<number, number>;
  },
  heights: Heights,
): OwnClaim {
  const trace = treeOf(before, entries);
  const after = (index: number): Hash => (index < 0 ? before : trace.stateHash(index));
  // The last unit halts in a state of the liar's choice.
  const firstWrong = Math.min(entries.length - 1, ...steps.keys());
  const opened = new Map<number, Promise<TraceTree>>();
  const open = async (unit: number): Promise<TraceTree> => {
    const step = steps.get(unit);
    if (step === undefined) return treeOf(after(unit - 1), [after(unit)]);
    const isLastStep = step === 2 ** heights.unit - 1;
    const rightSteps = await entriesOfUnit(right.openUnit(unit), step);
    return treeOf(after(unit - 1), [
      ...rightSteps,
      ...(isLastStep ? [] : [wrongState(seed, `step ${step}`)]),
      after(unit),
    ]);
  };
  return {
    stateHash: stateHash(state),
    traceRoot: trace.root(0, heights.claim),
    trace: asked(trace),
    openUnit(index) {
      if (index < firstWrong) return right.openUnit(index);
      return askedUnit(() => {
        const known = opened.get(index) ?? open(index);
        opened.set(index, known);
        return known;
      });
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
