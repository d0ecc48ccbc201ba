import type { TraceTree } from "../../src/machine/index.ts";
import { hashPair } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";

/** States of a trace that are the same one after the other, up to the next run; the last run goes on for ever. */
export interface Run {
  /** Index of the first of them; 0 for the first run, and rising. */
  readonly from: number;
  readonly state: Hash;
}

export type RunTree = Pick<TraceTree, "before" | "stateHash" | "root" | "halves" | "prefix" | "openPrefix" | "proof">;

/** The tree over a trace of a few runs, however long they are: what is wrong anywhere in 2^32 units can be claimed with it. */
export function treeOfRuns(before: Hash, runs: readonly Run[]): RunTree {
  const uniform = new Map<Hash, Hash[]>();
  const mixed = new Map<string, Hash>();

  const runAt = (index: number): Run => {
    const run = runs.findLast(({ from }) => from <= index);
    if (run === undefined) throw new RangeError(`no run at ${index}`);
    return run;
  };
  /** Root of 2^height times the same state. */
  const rootOfSame = (state: Hash, height: number): Hash => {
    const roots = uniform.get(state) ?? [state];
    uniform.set(state, roots);
    for (let level = roots.length; level <= height; level++) {
      const below = roots[level - 1] ?? state;
      roots.push(hashPair(below, below));
    }
    return roots[height] ?? state;
  };
  const root = (start: number, height: number): Hash => {
    const first = runAt(start);
    if (first === runAt(start + 2 ** height - 1)) return rootOfSame(first.state, height);
    const key = `${start}/${height}`;
    const known = mixed.get(key);
    if (known !== undefined) return known;
    const found = hashPair(root(start, height - 1), root(start + 2 ** (height - 1), height - 1));
    mixed.set(key, found);
    return found;
  };
  const zeroBits = (index: number): number => {
    let count = 0;
    while (index % 2 ** (count + 1) === 0) count++;
    return count;
  };
  const prefix = (start: number): Hash => {
    if (start === 0) return before;
    const height = zeroBits(start);
    const earlier = start - 2 ** height;
    return hashPair(prefix(earlier), root(earlier, height));
  };

  return {
    before,
    root,
    prefix,
    stateHash: (index) => runAt(index).state,
    halves: (start, height) => ({
      left: root(start, height - 1),
      right: root(start + 2 ** (height - 1), height - 1),
    }),
    openPrefix: (start) => {
      const height = zeroBits(start);
      const siblings = Array.from({ length: height }, (_, level) => root(start - 2 ** (level + 1), level));
      return { state: runAt(start - 1).state, prefix: prefix(start - 2 ** height), siblings };
    },
    proof: (index, height) =>
      Array.from({ length: height }, (_, level) => {
        const position = Math.floor(index / 2 ** level);
        return root((position % 2 === 0 ? position + 1 : position - 1) * 2 ** level, level);
      }),
  };
}
