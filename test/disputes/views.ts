import { hexToBytes } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { treeOfTrace } from "../../src/machine/index.ts";
import type { TraceTree } from "../../src/machine/index.ts";
import { digestFromBytes } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { haltHash } from "../../src/traces/index.ts";
import { hashWords } from "./positions.ts";

/** What somebody takes for the course of a claim, or wants others to: the states after its units, and in each after its steps. */
export interface View {
  readonly state: ChainState;
  readonly stateHash: Hash;
  readonly claim: TraceTree;
  unit(index: number): TraceTree;
}

export interface Heights {
  readonly claim: number;
  readonly unit: number;
}

/** Where a liar leaves the right course. */
export interface Lie {
  /** The first wrong state. */
  readonly unit: number;
  readonly step: number;
  /** The wrong states are told from other liars' by it. */
  readonly salt: number;
  /** The claim ends in the right state all the same, if not with the lie. */
  readonly endsRight?: boolean;
  /** The states after all units are the right ones: only steps of the one unit are wrong, but for its last. */
  readonly isFrenemy?: boolean;
}

/** A state after `batchCount` batches that is told from others by a number. */
export function stateOf(batchCount: number, salt: number): ChainState {
  return { blockHash: hashWords(salt), outboxRoot: hashWords(0), batchCount, messageCount: 0 };
}

export function treeOver(before: Hash, entries: readonly Hash[]): TraceTree {
  const digests = entries.map((entry) => digestFromBytes(hexToBytes(entry)));
  return treeOfTrace(before, {
    length: digests.length,
    read: (first, count, target) => {
      for (let index = 0; index < count; index++) target.set(digests[first + index]!, index * 8);
    },
  });
}

/** The course that the scripted prover has for right, after the boundary state `before`. */
export function honestView(before: Hash, heights: Heights, state: ChainState = stateOf(1, 1)): View {
  const units = 2 ** heights.claim;
  const steps = 2 ** heights.unit;
  const entry = (unit: number): Hash => (unit === units - 1 ? haltHash(state) : hashWords(100, unit));
  return viewOf(
    before,
    state,
    units,
    entry,
    (unit, step) => (step === steps - 1 ? entry(unit) : hashWords(101, unit, step)),
    steps,
  );
}

/** A course that is the right one up to a step. */
export function lyingView(honest: View, heights: Heights, lie: Lie): View {
  const units = 2 ** heights.claim;
  const steps = 2 ** heights.unit;
  const isLast = (unit: number): boolean => unit === units - 1;
  const state =
    lie.endsRight === true || lie.isFrenemy === true ? honest.state : stateOf(honest.state.batchCount, 1000 + lie.salt);
  const entry = (unit: number): Hash => {
    if (unit < lie.unit || lie.isFrenemy === true) return honest.claim.stateHash(unit);
    return isLast(unit) ? haltHash(state) : hashWords(200, lie.salt, unit);
  };
  const stepEntry = (unit: number, step: number): Hash => {
    if (step === steps - 1) return entry(unit);
    const isWrong = unit > lie.unit || (unit === lie.unit && step >= lie.step);
    return isWrong ? hashWords(201, lie.salt, unit, step) : honest.unit(unit).stateHash(step);
  };
  return viewOf(honest.claim.before, state, units, entry, stepEntry, steps);
}

function viewOf(
  before: Hash,
  state: ChainState,
  units: number,
  entry: (unit: number) => Hash,
  stepEntry: (unit: number, step: number) => Hash,
  steps: number,
): View {
  const claim = treeOver(
    before,
    Array.from({ length: units }, (_, unit) => entry(unit)),
  );
  const traces = new Map<number, TraceTree>();
  return {
    state,
    stateHash: stateHash(state),
    claim,
    unit: (index) => {
      const known = traces.get(index);
      if (known !== undefined) return known;
      const tree = treeOver(
        index === 0 ? before : entry(index - 1),
        Array.from({ length: steps }, (_, step) => stepEntry(index, step)),
      );
      traces.set(index, tree);
      return tree;
    },
  };
}

/** What the scripted prover must know: every step of a view. */
export function scriptOf(view: View, heights: Heights) {
  const script: { isStart: boolean; before: Hash; machine: string; afterwards: Hash }[] = [];
  for (let unit = 0; unit < 2 ** heights.claim; unit++) {
    const tree = view.unit(unit);
    for (let step = 0; step < 2 ** heights.unit; step++) {
      const before = step === 0 ? tree.before : tree.stateHash(step - 1);
      script.push({ isStart: step === 0, before, machine: "0x", afterwards: tree.stateHash(step) });
    }
  }
  return script;
}

/** A trace, with another state as the last of its 2^height. */
export function withLastEntry(tree: TraceTree, height: number, state: Hash): TraceTree {
  const last = 2 ** height - 1;
  const root = (start: number, spanHeight: number): Hash => {
    if (start + 2 ** spanHeight - 1 !== last) return tree.root(start, spanHeight);
    if (spanHeight === 0) return state;
    return hashWords(root(start, spanHeight - 1), root(start + 2 ** (spanHeight - 1), spanHeight - 1));
  };
  return {
    ...tree,
    root,
    stateHash: (index) => (index === last ? state : tree.stateHash(index)),
    halves: (start, spanHeight) => ({
      left: root(start, spanHeight - 1),
      right: root(start + 2 ** (spanHeight - 1), spanHeight - 1),
    }),
  };
}
