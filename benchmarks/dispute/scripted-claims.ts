import type { OwnClaim } from "../../src/challenger/index.ts";
import type { ProvenStep } from "../../src/machine/index.ts";
import { keccak256 } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { haltHash, loadHash } from "../../src/traces/index.ts";
import { NO_WITNESS } from "../../test/challenger/scripted-traces.ts";
import type { Heights } from "../../test/disputes/false-claims.ts";
import { treeOfRuns } from "./run-traces.ts";
import type { Run, RunTree } from "./run-traces.ts";

/** A claim about the first batch of a history that nobody runs: it halts at once, in all its units and all their steps. */
export interface ScriptedClaim {
  readonly own: OwnClaim;
  readonly after: ChainState;
  readonly trace: RunTree;
  unit(index: number): RunTree;
}

/** Where a claim leaves the right one, and what tells it from others that do so there. */
export interface Lie {
  readonly unit: number;
  readonly step: number;
  readonly name: string;
}

export function scriptedClaim(before: ChainState, heights: Heights, lie?: Lie): ScriptedClaim {
  const right: ChainState = { ...before, blockHash: hashOf("right"), batchCount: before.batchCount + 1 };
  const after = lie === undefined ? right : { ...right, blockHash: hashOf(lie.name) };
  const last = 2 ** heights.claim - 1;
  const halted = haltHash(right);
  const units: Run[] = [
    { from: 0, state: halted },
    ...(lie === undefined ? [] : runsFrom(lie.unit, last, hashOf(`${lie.name} unit`), haltHash(after))),
  ];
  const trace = treeOfRuns(loadHash(before), units);
  const opened = new Map<number, RunTree>();

  const unit = (index: number): RunTree => {
    const known = opened.get(index);
    if (known !== undefined) return known;
    const start = index === 0 ? trace.before : trace.stateHash(index - 1);
    const end = trace.stateHash(index);
    const isFirstWrong = index === lie?.unit;
    const steps: Run[] = isFirstWrong
      ? [{ from: 0, state: halted }, ...runsFrom(lie.step, 2 ** heights.unit - 1, hashOf(`${lie.name} step`), end)]
      : [{ from: 0, state: end }];
    const tree = treeOfRuns(start, steps);
    opened.set(index, tree);
    return tree;
  };

  return {
    after,
    trace,
    unit,
    own: {
      stateHash: stateHash(after),
      traceRoot: trace.root(0, heights.claim),
      trace: {
        halves: (start, height) => Promise.resolve(trace.halves(start, height)),
        openPrefix: (start) => Promise.resolve(trace.openPrefix(start)),
        stateHash: (index) => Promise.resolve(trace.stateHash(index)),
      },
      openUnit: (index) => {
        const tree = unit(index);
        return {
          root: (start, height) => Promise.resolve(tree.root(start, height)),
          halves: (start, height) => Promise.resolve(tree.halves(start, height)),
          openPrefix: (start) => Promise.resolve(tree.openPrefix(start)),
          proof: (entry, height) => Promise.resolve(tree.proof(entry, height)),
          prove: (step) => Promise.resolve(stepOf(tree, step)),
        };
      },
    },
  };
}

/** Wrong states from an index on, of which the last is another. */
function runsFrom(from: number, last: number, state: Hash, lastState: Hash): Run[] {
  return from === last
    ? [{ from, state: lastState }]
    : [
        { from, state },
        { from: last, state: lastState },
      ];
}

function stepOf(tree: RunTree, step: number): ProvenStep {
  return {
    kind: step === 0 ? "start" : "step",
    before: step === 0 ? tree.before : tree.stateHash(step - 1),
    witness: NO_WITNESS,
    after: tree.stateHash(step),
  };
}

/** What the scripted prover has to know, so that every step of the right claim can be proven. */
export function scriptOf({ trace }: ScriptedClaim) {
  const halted = trace.stateHash(0);
  return [
    { isStart: true, before: trace.before, machine: "0x", afterwards: halted },
    { isStart: true, before: halted, machine: "0x", afterwards: halted },
    { isStart: false, before: halted, machine: "0x", afterwards: halted },
  ];
}

const hashOf = (text: string): Hash => keccak256(new TextEncoder().encode(text));
