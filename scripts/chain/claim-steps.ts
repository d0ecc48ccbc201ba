import { Phase, canonicalStateHash, encodeStepCall } from "../../src/machine/index.ts";
import type { ProvenStep, Witness } from "../../src/machine/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import type { ClaimTrace } from "../../src/traces/index.ts";
import type { Randomness } from "../../test/contracts/machine/soundness/randomness.ts";
import type { StepChecker, StepVerdict } from "../conformance/step-checker.ts";
import type { ClaimWithParent } from "./claims-on-l1.ts";
import { PHASE_NAMES, addTo } from "./figures.ts";
import type { Figures } from "./figures.ts";
import type { SampledStep } from "./sample-steps.ts";

/** Whether the trace of each claim leads from the state of its parent to the one that L1 holds. */
export async function checkClaimEnds(
  claims: readonly ClaimWithParent[],
  traces: readonly ClaimTrace[],
): Promise<string[]> {
  const differences: string[] = [];
  for (const [index, { parentStateHash, stateHash }] of claims.entries()) {
    const trace = traces[index];
    if (trace === undefined) throw new Error(`expected a trace of claim ${index}`);
    const [begin, end] = [trace.before, await trace.stateHash(trace.length - 1)];
    const onL1 = {
      begin: canonicalStateHash(Phase.LoadBatch, parentStateHash),
      end: canonicalStateHash(Phase.Halt, stateHash),
    };
    if (begin !== onL1.begin) differences.push(`claim ${index} begins with ${begin}, on L1 with ${onL1.begin}`);
    if (end !== onL1.end) differences.push(`claim ${index} ends in ${end}, on L1 in ${onL1.end}`);
  }
  return differences;
}

export interface ClaimStepCheckOptions {
  readonly checker: StepChecker;
  /** The one that the claims are about. */
  readonly inbox: Address;
  /** Another one, of the same chain id, without a batch and a message. */
  readonly emptyInbox: Address;
  readonly randomness: Randomness;
  readonly figures: Figures;
}

/** Some steps of a unit of a claim. */
export interface ClaimSteps {
  readonly claim: ClaimTrace;
  readonly unit: number;
  readonly steps: readonly SampledStep[];
}

/**
 * Has the provider of traces prove steps, and takes them on-chain. Of the units that read L1, the prover must not come to the same
 * state with another Inbox, with a target before or behind, or with a changed byte in what a step opens of L1 and of the chain. Gives
 * the differences.
 */
export function createClaimStepCheck({
  checker,
  inbox,
  emptyInbox,
  randomness,
  figures,
}: ClaimStepCheckOptions): (steps: ClaimSteps) => Promise<string[]> {
  /** Changed inputs, by what is changed. */
  function* controlsOf(
    unit: Phase,
    { kind, before, witness }: ProvenStep,
    { target, isHalt }: { readonly target: number; readonly isHalt: boolean },
  ): Generator<readonly [change: string, call: Uint8Array]> {
    if (unit !== Phase.LoadBatch && unit !== Phase.Message) return;
    if (kind === "start" && unit === Phase.LoadBatch) {
      // One at which it halts, or one at which it does not.
      yield ["another target", encodeStepCall(kind, before, witness, { inbox, target: isHalt ? target + 1 : 0 })];
    }
    if (isHalt) return;
    // Whatever step comes after, what it goes on with is in the state.
    if (kind === "start") yield ["another Inbox", encodeStepCall(kind, before, witness, { inbox: emptyInbox, target })];
    for (const [index, preimage] of witness.preimages.entries()) {
      if (preimage.length === 0) continue;
      const preimages = witness.preimages.with(index, withOtherByte(preimage, randomness));
      const changed: Witness = { ...witness, preimages };
      yield [`another byte in opening ${index}`, encodeStepCall(kind, before, changed, { inbox, target })];
    }
  }

  return async ({ claim, unit, steps }) => {
    const differences: string[] = [];
    const trace = await claim.openUnit(unit);
    const target = claim.range.toBatch;
    const isHalt = unit >= claim.length - 1;
    const first = await trace.prove(0);
    const unitKind = phaseOf(first.witness);
    for (const { index, phase, after } of steps) {
      const proven = index === 0 ? first : await trace.prove(index);
      const actual = phaseOf(proven.witness);
      const where = `step ${index} (${PHASE_NAMES[actual]}) of unit ${unit} of the claim up to batch ${target}`;
      const expected = await trace.stateHash(index);
      if (phase !== undefined && phase !== actual) differences.push(`${where}: expected ${PHASE_NAMES[phase]}`);
      if (after !== undefined && after !== expected)
        differences.push(`${where}: the machine comes to ${after}, the trace to ${expected}`);
      if (proven.after !== expected)
        differences.push(`${where}: the witness is of ${proven.after}, the trace has ${expected}`);
      if (proven.before !== (index === 0 ? trace.before : await trace.stateHash(index - 1))) {
        differences.push(`${where}: the witness is of another state before it`);
      }

      const controls = [...controlsOf(unitKind, proven, { target, isHalt })];
      const call = encodeStepCall(proven.kind, proven.before, proven.witness, { inbox, target });
      const [verdict, ...ofControls] = await checker.check([call, ...controls.map(([, changed]) => changed)]);
      const name = isHalt ? `Halt, from ${PHASE_NAMES[actual]}` : PHASE_NAMES[actual];
      addTo(figures, "steps on-chain");
      addTo(figures, `steps on-chain: ${name}${proven.kind === "start" ? " (start)" : ""}`);
      if (!isTaken(verdict, expected))
        differences.push(`${where}: expected ${expected}, got ${JSON.stringify(verdict)}`);
      controls.forEach(([change], control) => {
        addTo(figures, `steps with ${change.replace(/ \d+$/, "")}`);
        const answer = ofControls[control];
        if (!isOther(answer, expected)) differences.push(`${where} with ${change}: got ${JSON.stringify(answer)}`);
      });
    }
    return differences;
  };
}

const WORD = 32;

/** That of the state which a step starts from: the first word of what it opens of the machine. */
function phaseOf({ machine }: Witness): Phase {
  return machine[WORD - 1] as Phase;
}

function withOtherByte(bytes: Uint8Array, randomness: Randomness): Uint8Array {
  const at = randomness.below(bytes.length);
  return bytes.with(at, (bytes[at] as number) ^ (1 + randomness.below(255)));
}

function isTaken(verdict: StepVerdict | undefined, after: string): boolean {
  return verdict?.kind === "taken" && verdict.after === after;
}

/** Whether the prover came to another state, or reverted; an L1 that does not answer has said nothing. */
function isOther(verdict: StepVerdict | undefined, after: string): boolean {
  if (verdict === undefined) return false;
  return verdict.kind === "taken" ? verdict.after !== after : /revert/i.test(verdict.reason);
}
