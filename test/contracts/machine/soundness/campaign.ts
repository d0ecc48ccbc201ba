import type { StepChecker, StepVerdict } from "../../../../scripts/conformance/step-checker.ts";
import { encodeStepCall } from "../../../../src/machine/index.ts";
import type { ChainInput } from "../../../../src/machine/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import { calldataMutations } from "./calldata-mutations.ts";
import type { HonestStep } from "./honest-steps.ts";
import type { Randomness } from "./randomness.ts";
import { mutationsOf } from "./witness-mutations.ts";
import type { Mutant, Pool } from "./witness-mutations.ts";

/** A call, and the one state hash it may return; undefined if it must revert. */
interface Attempt {
  readonly what: string;
  readonly description: string;
  readonly calldata: Uint8Array;
  readonly right: Hash | undefined;
}

/** How calls of one sort ended. */
export interface Tally {
  refused: number;
  /** Those that gave the one right state. */
  right: number;
}

export interface Report {
  /** By what was done. */
  readonly tallies: Map<string, Tally>;
  /** Calls that returned anything else than what is right. */
  readonly holes: string[];
}

export function createReport(): Report {
  return { tallies: new Map(), holes: [] };
}

/** What is right, for every state that is known: the state after a step from it, or after the start of a unit. */
export type Truth = (call: Pick<Mutant, "kind" | "before" | "input">) => Hash | undefined;

const keyOf = ({ inbox, target }: ChainInput, hash: Hash): string => `${inbox} ${target} ${hash}`;

export function truthOf(steps: readonly HonestStep[]): Truth {
  const after = { start: new Map<string, Hash>(), step: new Map<string, Hash>() };
  for (const { kind, before, after: next, input, endsUnit } of steps) {
    after[kind].set(keyOf(input, before), next);
    // Units start and end in boundary states, which are their own next states. Within one, a start is a step.
    if (kind === "start") after.step.set(keyOf(input, before), before);
    else if (before !== next) after.start.set(keyOf(input, before), next);
    if (endsUnit) after.step.set(keyOf(input, next), next);
  }
  return ({ kind, before, input }) => after[kind].get(keyOf(input, before));
}

/** `count` changes of each step's witness, drawn from all there are, or from those of a part of it. */
export function* witnessAttempts(
  steps: readonly HonestStep[],
  pool: Pool,
  truth: Truth,
  randomness: Randomness,
  count: number,
  part = "",
): Generator<Attempt> {
  for (const step of steps) {
    const mutations = mutationsOf(step, pool, randomness).filter(({ where }) => where.startsWith(part));
    for (let draw = 0; draw < count && mutations.length > 0; draw++) {
      const [mutation] = mutations.splice(randomness.below(mutations.length), 1);
      if (mutation === undefined) break;
      const mutant = mutation.make();
      yield {
        what: mutation.what,
        description: `${step.name}: ${mutation.where}: ${mutation.what}`,
        calldata: encodeStepCall(mutant.kind, mutant.before, mutant.witness, mutant.input),
        // Of the step's own chain, whatever chain is named.
        right: truth({ ...mutant, input: step.input }),
      };
    }
  }
}

/** `count` changes of the encoding of each honest call. */
export function* calldataAttempts(
  steps: readonly HonestStep[],
  randomness: Randomness,
  count: number,
): Generator<Attempt> {
  for (const step of steps) {
    const mutations = calldataMutations(encodeStepCall(step.kind, step.before, step.witness, step.input), randomness);
    for (let draw = 0; draw < count && mutations.length > 0; draw++) {
      const [mutation] = mutations.splice(randomness.below(mutations.length), 1);
      if (mutation === undefined) break;
      const { what, make } = mutation;
      yield { what, description: `${step.name}: calldata: ${what}`, calldata: make(), right: step.after };
    }
  }
}

const GROUP_CALLS = 480;

/** Makes the calls and adds what comes of them to the report. */
export async function attempt(checker: StepChecker, attempts: Iterable<Attempt>, report: Report): Promise<void> {
  let group: Attempt[] = [];
  const flush = async () => {
    const results = await checker.check(group.map(({ calldata }) => calldata));
    group.forEach((one, index) => judge(one, results[index] as StepVerdict, report));
    group = [];
  };
  for (const one of attempts) {
    group.push(one);
    if (group.length === GROUP_CALLS) await flush();
  }
  await flush();
}

function judge({ what, description, right }: Omit<Attempt, "calldata">, verdict: StepVerdict, report: Report): void {
  const tally = report.tallies.get(what) ?? { refused: 0, right: 0 };
  report.tallies.set(what, tally);
  if (verdict.kind === "refused") tally.refused++;
  else if (verdict.after === right) tally.right++;
  else report.holes.push(`${description}: expected ${right ?? "a revert"}, got ${verdict.after}`);
}

/** Least ratio of two limits tried one after the other. */
const FINE = 1.004;
/** Gas of a transaction as such and of calldata bytes that are not 0 (EIP-2028); calldata has a floor of 10 a zero byte (EIP-7623). */
const BASE_GAS = 21_000;

/**
 * The same honest call with less and less gas: down a geometric grid, then, as the interesting limits lie just below what
 * suffices, a fine one below that.
 */
export async function starve(
  checker: StepChecker,
  step: HonestStep,
  report: Report,
  { ratio, fineSteps }: { readonly ratio: number; readonly fineSteps: number },
): Promise<void> {
  const calldata = encodeStepCall(step.kind, step.before, step.witness, step.input);
  const isEnough = async (gas: number): Promise<boolean> => {
    const [verdict] = (await checker.check([calldata], gas)) as [StepVerdict];
    judge({ what: "less gas", description: `${step.name}: ${gas} gas`, right: step.after }, verdict, report);
    return verdict.kind === "taken";
  };
  let enough = 2 ** 24;
  for (let gas = enough; gas > BASE_GAS; gas = Math.floor(gas / ratio)) {
    if (await isEnough(gas)) enough = gas;
  }
  for (let gas = enough, step = 0; step < fineSteps; step++, gas = Math.floor(gas / FINE)) await isEnough(gas);
}
