import { RLP } from "@ethereumjs/rlp";
import { createMemoryStateDatabase } from "../../src/ethereum/index.ts";
import type { StateView } from "../../src/ethereum/index.ts";
import {
  createMachine,
  isBoundary,
  outcomeName,
  rawSlice,
  start,
  step,
  stepName,
  createProver,
  createStateTries,
  encodeStepCall,
} from "../../src/machine/index.ts";
import type { Machine, ProvenStep, Prover } from "../../src/machine/index.ts";
import { hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { runOnMachine } from "./machine-runner.ts";
import { exceedsPrecompileCaps } from "./precompile-caps.ts";
import { inapplicability, machineEnvironmentOf, openPreState } from "./state-tests.ts";
import type { StateTest, StateTestPost } from "./state-tests.ts";
import type { StepChecker, StepVerdict } from "./step-checker.ts";

/**
 * Which steps of an entry go through the contracts: none, so many spread over it (first, last and one of every kind
 * among them), or those from index `from` to before `to`.
 */
export type StepSelection =
  | { readonly kind: "none" }
  | { readonly kind: "sample"; readonly count: number }
  | { readonly kind: "range"; readonly from: number; readonly to: number };

interface Counts {
  /** Steps of the trace as far as it was run. */
  readonly steps: number;
  /** Steps that went through the contracts. */
  readonly checked: number;
  /** What was checked on-chain: `step → what came of it`. */
  readonly pairs: readonly string[];
}

export type EntryOutcome = Counts &
  (
    | { readonly kind: "passed" }
    /**
     * What the test expects does not apply to this chain: a transaction that it rejects, of which it was checked that it is
     * skipped, or a call of a precompile beyond its caps, of which the steps were checked but not what they end in.
     */
    | { readonly kind: "skipped"; readonly why: string }
    | { readonly kind: "failed"; readonly why: string }
  );

/** Steps of one call of the checker. */
const BATCH_STEPS = 128;
/** Bytes of calldata of one call of the checker. */
const BATCH_BYTES = 4_000_000;

/** Number of steps of an entry's trace, `start` included, the boundary state that pads it not. */
export function countSteps(test: StateTest, post: StateTestPost): number {
  const machine = machineOf(test, post, openPreState(test));
  start(machine);
  let steps = 1;
  for (; !isBoundary(machine.phase); steps++) step(machine);
  return steps;
}

/** Runs one post entry: in fast mode, and if steps are selected also in proving mode with those steps on-chain. */
export async function runEntry(
  test: StateTest,
  post: StateTestPost,
  selection: StepSelection,
  checker: StepChecker | undefined,
): Promise<EntryOutcome> {
  const nothing: Counts = { steps: 0, checked: 0, pairs: [] };
  const fast = runOnMachine(test, post, { isProving: false });
  let skipped = inapplicability(post);
  let isEndKnown = true;
  if (fast.kind === "failed") {
    if (!exceedsPrecompileCaps(machineOf(test, post, openPreState(test))))
      return { ...nothing, kind: "failed", why: `fast mode: ${fast.why}` };
    skipped = "call of a precompile beyond the caps of this chain";
    isEndKnown = false;
  }
  const done = (counts: Counts): EntryOutcome =>
    skipped === undefined ? { ...counts, kind: "passed" } : { ...counts, kind: "skipped", why: skipped };
  if (selection.kind === "none") return done(nothing);
  if (checker === undefined) throw new Error("steps are to be checked, but there is nothing that checks them");

  const isSelected = selectionOf(test, post, selection);
  const prover = proverOf(test, post);
  const stateRootBefore = prover.stateRoot();
  const pairs = new Set<string>();
  let batch: { index: number; name: string; proven: ProvenStep; calldata: Uint8Array }[] = [];
  let batchBytes = 0;
  let steps = 0;
  let checked = 0;
  let failure: string | undefined;

  const checkBatch = async (): Promise<void> => {
    const verdicts = await checker.check(batch.map(({ calldata }) => calldata));
    for (const [position, { index, name, proven }] of batch.entries()) {
      const verdict = verdicts[position] as StepVerdict;
      if (verdict.kind === "taken" && verdict.after === proven.after) continue;
      const actual = verdict.kind === "taken" ? verdict.after : `a revert: ${verdict.reason}`;
      failure ??= `step ${index} (${name}): state hash: expected ${proven.after}, actual ${actual}`;
    }
    checked += batch.length;
    batch = [];
    batchBytes = 0;
  };

  const end = selection.kind === "range" ? selection.to : Infinity;
  for (; !prover.isDone() && steps < end && failure === undefined; steps++) {
    if (!isSelected(steps)) {
      prover.step();
      continue;
    }
    const name = stepName(prover.machine);
    const proven = prover.prove();
    pairs.add(`${name} → ${outcomeName(prover.machine)}`);
    const calldata = encodeStepCall(proven.kind, proven.before, proven.witness);
    batch.push({ index: steps, name, proven, calldata });
    batchBytes += calldata.length;
    if (batch.length >= BATCH_STEPS || batchBytes >= BATCH_BYTES) await checkBatch();
  }
  if (failure === undefined && prover.isDone()) {
    if (isEndKnown) failure = judgeEnd(prover, post, stateRootBefore);
    // The boundary state that ends the trace steps to itself.
    if (failure === undefined) {
      const proven = prover.prove();
      const calldata = encodeStepCall(proven.kind, proven.before, proven.witness);
      batch.push({ index: steps, name: stepName(prover.machine), proven, calldata });
    }
  }
  if (failure === undefined) await checkBatch();
  const counts = { steps, checked, pairs: [...pairs] };
  return failure === undefined ? done(counts) : { ...counts, kind: "failed", why: failure };
}

function machineOf(test: StateTest, post: StateTestPost, view: StateView): Machine {
  const machine = createMachine({ environment: machineEnvironmentOf(test), state: view, isProving: true });
  machine.block.raw = rawSlice(hexToBytes(post.txbytes));
  return machine;
}

function proverOf(test: StateTest, post: StateTestPost): Prover {
  const database = createMemoryStateDatabase();
  const view = openPreState(test, database);
  const machine = machineOf(test, post, view);
  return createProver({ machine, tries: createStateTries(database), stateRoot: view.root() });
}

/** Whether the end of a trace commits to what an entry expects. */
function judgeEnd(prover: Prover, post: StateTestPost, stateRootBefore: Hash): string | undefined {
  const { machine } = prover;
  const isSkipped = post.expectException !== undefined || inapplicability(post) !== undefined;
  const differs = (field: string, expected: unknown, actual: unknown): string | undefined =>
    expected === actual ? undefined : `end of the trace: ${field}: expected ${String(expected)}, got ${String(actual)}`;
  return (
    differs("outcome", isSkipped ? 2 : 1, machine.block.outcome) ??
    differs("state root", isSkipped ? stateRootBefore : post.hash, prover.stateRoot()) ??
    (isSkipped ? undefined : differs("logs hash", post.logs, logsRlpHash(machine)))
  );
}

function logsRlpHash({ included }: Machine): Hash {
  const logs = included?.logs ?? [];
  return keccak256(
    RLP.encode(logs.map(({ address, topics, data }) => [hexToBytes(address), topics.map(hexToBytes), data])),
  );
}

function selectionOf(test: StateTest, post: StateTestPost, selection: StepSelection): (index: number) => boolean {
  if (selection.kind === "range") return (index) => index >= selection.from && index < selection.to;
  if (selection.kind === "none") return () => false;
  // A first run finds the kinds of steps there are.
  const chosen = new Set<number>([0]);
  const seen = new Set<string>();
  const prover = proverOf(test, post);
  let steps = 0;
  for (; !prover.isDone(); steps++) {
    const name = stepName(prover.machine);
    prover.step();
    const pair = `${name} → ${outcomeName(prover.machine)}`;
    if (!seen.has(pair)) {
      seen.add(pair);
      chosen.add(steps);
    }
  }
  chosen.add(steps - 1);
  const missing = Math.min(selection.count, steps) - chosen.size;
  for (let position = 0; position < missing; position++) chosen.add(Math.floor(((position + 0.5) * steps) / missing));
  return (index) => chosen.has(index);
}
