import type { OwnClaim, OwnUnit } from "../../src/challenger/index.ts";
import { OPCODES } from "../../src/machine/opcodes.ts";
import { Phase, createChainMachine, createProver, createStateTries } from "../../src/machine/index.ts";
import type { Machine, ProvenStep } from "../../src/machine/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { ChainState } from "../../src/rollup/index.ts";
import { CLAIM_TRACE_HEIGHT, loadHash } from "../../src/traces/index.ts";
import type { History } from "../machine/chain/history.ts";
import { asked, askedUnit, treeOf } from "./false-claims.ts";

/** A step of a claim, and what kind it is. */
export interface ClaimStep {
  readonly unit: number;
  readonly step: number;
  /** Unit and phase; in `Execute` the opcode too. */
  readonly kind: string;
  readonly proven: ProvenStep;
}

/** The right claim about a range of batches of a history, with all of its steps. */
export interface HistoryClaim {
  readonly before: ChainState;
  readonly after: ChainState;
  readonly steps: readonly (readonly ClaimStep[])[];
  readonly claim: OwnClaim;
}

const NAMES = Object.keys(Phase);

/** Runs all steps. The claim ends in the unit that halts. */
export function claimOfHistory(history: History, fromBatch: number, toBatch: number): HistoryClaim {
  const source = history.source({ provesElements: true });
  const machine = createChainMachine({ chain: history.before, source, target: toBatch, isProving: true });
  const tries = createStateTries(history.state);
  let stateRoot = ZERO_HASH;
  const units: ClaimStep[][] = [];
  let [before, after] = [history.before, history.before];
  while (machine.phase !== Phase.Halt) {
    const { chain, phase: boundary } = machine;
    if (chain === undefined) throw new Error("expected a machine of a chain");
    const { batchCount } = chain.kind === "in-batch" ? chain : chain.state;
    if (chain.kind === "between-batches") {
      if (batchCount === fromBatch) before = chain.state;
      after = chain.state;
    }
    const unitKind = batchCount === toBatch ? "Halt" : NAMES[boundary];
    const prover = createProver({ machine, tries, stateRoot });
    const steps: ClaimStep[] = [];
    while (!prover.isDone()) {
      const kind = `${unitKind}: ${steps.length === 0 ? "start" : kindOfStep(machine)}`;
      if (batchCount < fromBatch) prover.step();
      else steps.push({ unit: units.length, step: steps.length, kind, proven: prover.prove() });
    }
    if (batchCount >= fromBatch) units.push(steps);
    stateRoot = prover.stateRoot();
  }
  const trace = treeOf(
    loadHash(before),
    units.map((steps) => steps.at(-1)!.proven.after),
  );
  return {
    before,
    after,
    steps: units,
    claim: {
      stateHash: stateHash(after),
      traceRoot: trace.root(0, CLAIM_TRACE_HEIGHT),
      trace: asked(trace),
      openUnit: (unit) => unitOf(units[unit] ?? []),
    },
  };
}

function kindOfStep({ phase, frame }: Machine): string {
  if (phase !== Phase.Execute || frame === undefined) return NAMES[phase] as string;
  const opcode = frame.code.bytes[frame.pc] ?? 0;
  return `Execute ${OPCODES[opcode]?.name ?? "INVALID"}`;
}

function unitOf(steps: readonly ClaimStep[]): OwnUnit {
  const trace = treeOf(
    steps[0]!.proven.before,
    steps.map(({ proven }) => proven.after),
  );
  return {
    ...askedUnit(() => Promise.resolve(trace)),
    prove: (index) => Promise.resolve((steps[index] as ClaimStep).proven),
  };
}
