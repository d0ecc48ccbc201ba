import type { OwnClaim } from "../../src/challenger/index.ts";
import { Phase, createChainMachine, createProver, createStateTries } from "../../src/machine/index.ts";
import type { Machine, ProvenStep, Prover } from "../../src/machine/index.ts";
import { OPCODES } from "../../src/machine/opcodes.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { loadHash } from "../../src/traces/index.ts";
import type { History } from "../machine/chain/history.ts";
import { HEIGHTS, asked, askedUnit, treeOf } from "./false-claims.ts";

/** A step of a claim: what kind it is, and the state after it. */
export interface ClaimStep {
  /** Unit and phase; in `Execute` the opcode too. */
  readonly kind: string;
  readonly after: Hash;
}

/** The right claim about a range of batches of a history. */
export interface HistoryClaim {
  readonly before: ChainState;
  readonly after: ChainState;
  /** By unit. */
  readonly steps: readonly (readonly ClaimStep[])[];
  readonly claim: OwnClaim;
}

const NAMES = Object.keys(Phase);

/** Runs all steps. The claim ends in the unit that halts. */
export function claimOfHistory(
  history: History,
  fromBatch: number,
  toBatch: number,
  claimTraceHeight = HEIGHTS.claim,
): HistoryClaim {
  const units: ClaimStep[][] = [];
  let [before, after] = [history.before, history.before];
  runUnits(history, toBatch, (prover, batchCount) => {
    const { machine } = prover;
    const { chain, phase: boundary } = machine;
    if (chain?.kind === "between-batches") {
      if (batchCount === fromBatch) before = chain.state;
      after = chain.state;
    }
    if (batchCount < fromBatch) return;
    const unitKind = batchCount === toBatch ? "Halt" : NAMES[boundary];
    const steps: ClaimStep[] = [];
    while (!prover.isDone()) {
      const kind = `${unitKind}: ${steps.length === 0 ? "start" : kindOfStep(machine)}`;
      prover.step();
      steps.push({ kind, after: prover.stateHash() });
    }
    units.push(steps);
  });
  const lastOf = (unit: number): Hash => units[unit]!.at(-1)!.after;
  const trace = treeOf(
    loadHash(before),
    units.map((_, unit) => lastOf(unit)),
  );

  /** Runs the history again up to the step. */
  const prove = (unit: number, step: number): ProvenStep => {
    let [passed, proven]: [number, ProvenStep | undefined] = [0, undefined];
    const toStep = (prover: Prover, batchCount: number): void => {
      if (batchCount < fromBatch || passed++ !== unit) return;
      for (let index = 0; index < step; index++) prover.step();
      proven = prover.prove();
    };
    runUnits(history, toBatch, toStep, { provesElements: true });
    if (proven === undefined) throw new Error(`expected unit ${unit} to be one of ${passed}`);
    return proven;
  };
  return {
    before,
    after,
    steps: units,
    claim: {
      stateHash: stateHash(after),
      traceRoot: trace.root(0, claimTraceHeight),
      trace: asked(trace),
      openUnit: (unit) => {
        const steps = units[unit]!.map((step) => step.after);
        const opened = treeOf(unit === 0 ? loadHash(before) : lastOf(unit - 1), steps);
        return {
          ...askedUnit(() => Promise.resolve(opened)),
          prove: (step) => Promise.resolve(prove(unit, step)),
        };
      },
    },
  };
}

/** All units up to the one that halts; what `onUnit` does not step is stepped. */
function runUnits(
  history: History,
  target: number,
  onUnit: (prover: Prover, batchCount: number) => void,
  options = { provesElements: false },
): void {
  const source = history.source(options);
  const machine = createChainMachine({ chain: history.before, source, target, isProving: true });
  const tries = createStateTries(history.state);
  let stateRoot = ZERO_HASH;
  while (machine.phase !== Phase.Halt) {
    const { chain } = machine;
    if (chain === undefined) throw new Error("expected a machine of a chain");
    const prover = createProver({ machine, tries, stateRoot });
    onUnit(prover, chain.kind === "in-batch" ? chain.batchCount : chain.state.batchCount);
    while (!prover.isDone()) prover.step();
    stateRoot = prover.stateRoot();
  }
}

function kindOfStep({ phase, frame }: Machine): string {
  if (phase !== Phase.Execute || frame === undefined) return NAMES[phase] as string;
  const opcode = frame.code.bytes[frame.pc] ?? 0;
  return `Execute ${OPCODES[opcode]?.name ?? "INVALID"}`;
}
