import { openPreState } from "../../../scripts/conformance/state-tests.ts";
import type { StepChecker } from "../../../scripts/conformance/step-checker.ts";
import {
  InvalidTransactionError,
  createMemoryStateDatabase,
  decodeTransaction,
  openStateView,
} from "../../../src/ethereum/index.ts";
import type { Log, StateDatabase, StateView } from "../../../src/ethereum/index.ts";
import { BlockState, messageOfSigned, createMachineExecutor, stateOf } from "../../../src/execution/index.ts";
import type { ExecutionObserver, ProcessingResult, TransactionExecutor } from "../../../src/execution/index.ts";
import {
  Phase,
  createMachine,
  isBoundary,
  outcomeName,
  prepareMachine,
  rawSlice,
  runTransaction,
  start,
  step,
  stepName,
  createProver,
  createStateTries,
  encodeStepCall,
} from "../../../src/machine/index.ts";
import type { Environment, Machine, ProvenStep } from "../../../src/machine/index.ts";
import { EMPTY_APPEND_ONLY_MERKLE_TREE, appendLeaf, bytesToHex, keccak256 } from "../../../src/primitives/index.ts";
import type { AppendOnlyMerkleTree, Hash, Hex } from "../../../src/primitives/index.ts";
import { createEthereumjsExecutor } from "../../../src/reference/ethereumjs-executor.ts";
import { describeFirstDifferentStep } from "../../../src/reference/step-comparison.ts";
import { receiptHash } from "../../../src/rollup/index.ts";
import type { BlockEnvironment } from "../../../src/rollup/index.ts";
import { createRandomness } from "../../contracts/machine/soundness/randomness.ts";
import { CHAIN_ID } from "../../execution/harness.ts";
import { environmentOf, preStateOf, rawOf } from "./fuzz-case.ts";
import type { FuzzCase } from "./fuzz-case.ts";

export interface RunOptions {
  /** Takes steps in Solidity; without it the contracts are left out. */
  readonly checker?: StepChecker;
  /** How many steps of a transaction the contracts take: all, or so many at random and each that does something new. */
  readonly steps?: "all" | number;
  /** Pairs of step and outcome that the contracts have seen enough of. */
  readonly known?: ReadonlySet<string>;
}

export interface CaseReport {
  readonly steps: number;
  /** Of them, on the contracts. */
  readonly checked: number;
  readonly included: number;
  readonly skipped: number;
  /** `step → outcome` of all steps. */
  readonly pairs: readonly string[];
  /** The first, if there is one; then nothing behind it was run. */
  readonly difference: string | undefined;
}

/** What of a transaction's end must be the same for all. */
interface Outcome {
  readonly isIncluded: boolean;
  readonly end?: "success" | "revert" | "halt";
  readonly gasUsed?: string;
  /** Of anything but a creation that succeeds. */
  readonly output?: Hex;
  readonly logs?: string;
  readonly stateRoot: Hash;
  /** Of the block so far. */
  readonly blockGas: string;
  readonly transactionsRoot?: Hash;
  readonly receiptsRoot?: Hash;
}

/** An implementation with a state of its own, which goes through the transactions of a case one by one. */
interface Lane {
  readonly name: string;
  run(raw: Uint8Array): Promise<Outcome>;
}

/** Steps of one call of the checker. */
const BATCH_STEPS = 128;
const BATCH_BYTES = 4_000_000;
/** Unless the contracts take all steps, so many of a transaction are looked at with their proof, later ones only now and then. */
const PROVEN_STEPS = 10_000;
const PROVEN_ONE_IN = 100;

let executors: Promise<{ readonly reference: TransactionExecutor; readonly machine: TransactionExecutor }> | undefined;

async function loadExecutors() {
  await prepareMachine();
  return { reference: await createEthereumjsExecutor(CHAIN_ID), machine: await createMachineExecutor() };
}

/**
 * Runs a case on ethereumjs, on the machine at once (as the engine does, and from raw bytes) and in steps, and takes steps
 * in Solidity. After every transaction they must agree on its outcome, gas, output, logs, and on the state root.
 */
export async function runCase(fuzzCase: FuzzCase, options: RunOptions = {}): Promise<CaseReport> {
  const { reference, machine } = await (executors ??= loadExecutors());
  const environment = environmentOf(fuzzCase);
  const database = createMemoryStateDatabase();
  const root = openPreState(preStateOf(fuzzCase), database).root();
  const view = () => openStateView(database, root);
  const { block } = fuzzCase;
  const before: Before = { database, view, environment, gasUsed: BigInt(block.gasUsed), count: block.transactionCount };

  const pairs = new Set<string>();
  const counts = { steps: 0, checked: 0, included: 0, skipped: 0 };
  const problems: string[] = [];
  const sampler = createRandomness(root);
  const onStep = async (pair: string, proven: ProvenStep | undefined): Promise<void> => {
    counts.steps++;
    pairs.add(pair);
    if (proven !== undefined) await steps?.offer({ pair, proven }, sampler.below);
  };
  const { checker, steps: wanted = "all" } = options;
  const isProven = (index: number) =>
    checker !== undefined && (wanted === "all" || index < PROVEN_STEPS || sampler.below(PROVEN_ONE_IN) === 0);
  const steps = checker && collectSteps(checker, options, problems, counts);
  const lanes: readonly Lane[] = [
    rawLane(before),
    executorLane("ethereumjs", reference, before),
    executorLane("machine as an engine", machine, before),
    provingLane(before, isProven, onStep),
  ];

  let difference: string | undefined;
  for (const [index, transaction] of fuzzCase.transactions.entries()) {
    const raw = rawOf(transaction);
    const outcomes: Outcome[] = [];
    for (const lane of lanes) {
      try {
        outcomes.push(await lane.run(raw));
      } catch (error) {
        difference = `transaction ${index}: ${lane.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
        break;
      }
    }
    if (difference !== undefined) break;
    counts[outcomes.every(({ isIncluded }) => isIncluded) ? "included" : "skipped"]++;
    await steps?.finish();
    const lines = compare(
      outcomes,
      lanes.map(({ name }) => name),
    );
    lines.push(...problems);
    if (lines.length > 0) {
      if (outcomes.every(({ isIncluded }) => isIncluded) && problems.length === 0)
        lines.push(await firstDifferentStep(fuzzCase, index));
      difference = [`transaction ${index}:`, ...lines].join("\n  ");
      break;
    }
  }
  return { ...counts, pairs: [...pairs], difference };
}

interface Before {
  readonly database: StateDatabase;
  readonly view: () => StateView;
  readonly environment: Environment;
  readonly gasUsed: bigint;
  readonly count: number;
}

/** The machine at once, from raw bytes, one for all transactions. */
function rawLane({ database, view, environment, gasUsed, count }: Before): Lane {
  const underneath = view();
  const state = new BlockState(() => underneath);
  const machine = createMachine({ environment, ...stateOf(state), isProving: false });
  machine.block.gasUsed = gasUsed;
  machine.block.transactionCount = count;
  return {
    name: "machine",
    run: async (raw) => {
      machine.phase = Phase.Transaction;
      machine.block.raw = rawSlice(raw);
      start(machine);
      runTransaction(machine);
      state.endTransaction();
      const { root, entries } = view().advance(state.changes());
      await database.putMany(entries);
      return { ...outcomeOfMachine(machine), stateRoot: root };
    },
  };
}

/** The pairs `step → outcome` of a case; nothing is compared. */
export async function pairsOfCase(fuzzCase: FuzzCase): Promise<ReadonlySet<string>> {
  await prepareMachine();
  const underneath = openPreState(preStateOf(fuzzCase));
  const state = new BlockState(() => underneath);
  const machine = createMachine({ environment: environmentOf(fuzzCase), ...stateOf(state), isProving: true });
  machine.block.gasUsed = BigInt(fuzzCase.block.gasUsed);
  const pairs = new Set<string>();
  for (const transaction of fuzzCase.transactions) {
    machine.phase = Phase.Transaction;
    machine.block.raw = rawSlice(rawOf(transaction));
    for (let isStart = true; isStart || !isBoundary(machine.phase); isStart = false) {
      const name = stepName(machine);
      if (isStart) start(machine);
      else step(machine);
      pairs.add(`${name} → ${outcomeName(machine)}`);
    }
    state.endTransaction();
  }
  return pairs;
}

function outcomeOfMachine({ included, exit, block }: Machine): Omit<Outcome, "stateRoot"> {
  const blockGas = String(block.gasUsed);
  if (included === undefined) return { isIncluded: false, blockGas };
  const { transaction, logs } = included;
  return {
    isIncluded: true,
    end: transaction.status === 1 ? "success" : exit?.status === 2 ? "revert" : "halt",
    gasUsed: String(transaction.gasUsed),
    ...(transaction.isCreation && transaction.status === 1
      ? {}
      : { output: bytesToHex(exit?.output.bytes ?? new Uint8Array()) }),
    logs: describeLogs(logs),
    blockGas,
  };
}

function describeLogs(logs: readonly Log[]): string {
  return JSON.stringify(logs.map(({ address, topics, data }) => [address, topics, bytesToHex(data)]));
}

/** The machine in steps, a new one for every transaction, on the state that the one before has left. */
function provingLane(
  before: Before,
  isProven: (index: number) => boolean,
  onStep: (pair: string, proven: ProvenStep | undefined) => Promise<void>,
): Lane {
  const { database, environment } = before;
  let stateRoot = before.view().root();
  let last = { ...createMachine({ environment, state: before.view(), isProving: true }).block };
  last.gasUsed = before.gasUsed;
  for (; last.transactionCount < before.count; last.transactionCount++) {
    last.transactions = appendLeaf(last.transactions, earlierHash(1, last.transactionCount));
    last.receipts = appendLeaf(last.receipts, earlierHash(2, last.transactionCount));
  }
  return {
    name: "machine in steps",
    run: async (raw) => {
      const machine = createMachine({ environment, state: openStateView(database, stateRoot), isProving: true });
      Object.assign(machine.block, last, { raw: rawSlice(raw) });
      const prover = createProver({ machine, tries: createStateTries(database), stateRoot });
      for (let index = 0; !prover.isDone(); index++) {
        const name = stepName(machine);
        const proven = isProven(index) ? prover.prove() : undefined;
        if (proven === undefined) prover.step();
        await onStep(`${name} → ${outcomeName(machine)}`, proven);
      }
      const { block } = machine;
      last = { ...block };
      stateRoot = prover.stateRoot();
      return {
        ...outcomeOfMachine(machine),
        stateRoot,
        transactionsRoot: block.transactions.root,
        receiptsRoot: block.receipts.root,
      };
    },
  };
}

/** Stands for a transaction of the block before those of the case. */
function earlierHash(kind: number, index: number): Hash {
  return keccak256(Uint8Array.of(kind, index));
}

/** An executor as an execution engine uses it. */
function executorLane(name: string, executor: TransactionExecutor, before: Before): Lane {
  const underneath = before.view();
  executor.reset(() => underneath);
  const environment = blockEnvironmentOf(before.environment);
  let { gasUsed } = before;
  let transactions: AppendOnlyMerkleTree = EMPTY_APPEND_ONLY_MERKLE_TREE;
  let receipts: AppendOnlyMerkleTree = EMPTY_APPEND_ONLY_MERKLE_TREE;
  for (let index = 0; index < before.count; index++) {
    transactions = appendLeaf(transactions, earlierHash(1, index));
    receipts = appendLeaf(receipts, earlierHash(2, index));
  }
  return {
    name,
    run: async (raw) => {
      const result = await process(executor, raw, environment, gasUsed);
      const { root } = before.view().advance(executor.state.changes());
      if (result.kind === "skipped") return { isIncluded: false, blockGas: String(gasUsed), stateRoot: root };
      const { error, isRevert, output, contractAddress } = result;
      gasUsed += result.gasUsed;
      const transactionHash = keccak256(raw);
      const logs = error === undefined ? result.logs : [];
      const receipt = {
        transactionHash,
        status: error === undefined ? 1 : 0,
        cumulativeGasUsed: gasUsed,
        logs,
      } as const;
      transactions = appendLeaf(transactions, transactionHash);
      receipts = appendLeaf(receipts, receiptHash(receipt));
      return {
        isIncluded: true,
        end: error === undefined ? "success" : isRevert ? "revert" : "halt",
        gasUsed: String(result.gasUsed),
        ...(contractAddress !== undefined && error === undefined ? {} : { output: bytesToHex(output) }),
        logs: describeLogs(logs),
        blockGas: String(gasUsed),
        transactionsRoot: transactions.root,
        receiptsRoot: receipts.root,
        stateRoot: root,
      };
    },
  };
}

async function process(
  executor: TransactionExecutor,
  raw: Uint8Array,
  environment: BlockEnvironment,
  gasUsed: bigint,
  observer?: ExecutionObserver,
): Promise<ProcessingResult> {
  let transaction;
  try {
    transaction = decodeTransaction(raw, CHAIN_ID);
  } catch (error) {
    if (!(error instanceof InvalidTransactionError)) throw error;
    return { kind: "skipped", reason: { kind: "invalid", message: error.message } };
  }
  const availableGas = environment.gasLimit - gasUsed;
  const context = { environment, chainId: CHAIN_ID, availableGas, isSimulation: false, observer } as const;
  return executor.process(messageOfSigned(transaction, environment), context);
}

function blockEnvironmentOf({ baseFee, chainId: _, blobBaseFee: __, ...environment }: Environment): BlockEnvironment {
  const { number, timestamp } = environment;
  return { ...environment, number: Number(number), timestamp: Number(timestamp), baseFeePerGas: baseFee };
}

/** A line for every field on which not all agree that say something of it. */
function compare(outcomes: readonly Outcome[], names: readonly string[]): string[] {
  const fields = new Set(outcomes.flatMap((outcome) => Object.keys(outcome) as (keyof Outcome)[]));
  return [...fields].flatMap((field) => {
    const said = outcomes.flatMap((outcome, index) => {
      const value = outcome[field];
      return value === undefined ? [] : [{ name: names[index], value: String(value) }];
    });
    if (new Set(said.map(({ value }) => value)).size <= 1) return [];
    return [`${field}: ${said.map(({ name, value }) => `${name} ${shorten(value)}`).join(", ")}`];
  });
}

function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}

/** Runs the transactions before once more, and the one with this index step by step on both engines. */
async function firstDifferentStep(fuzzCase: FuzzCase, index: number): Promise<string> {
  const { reference, machine } = await (executors ??= loadExecutors());
  const environment = blockEnvironmentOf(environmentOf(fuzzCase));
  const runOn = (executor: TransactionExecutor) => async (observer: ExecutionObserver) => {
    const underneath = openPreState(preStateOf(fuzzCase));
    executor.reset(() => underneath);
    let gasUsed = BigInt(fuzzCase.block.gasUsed);
    for (const transaction of fuzzCase.transactions.slice(0, index)) {
      const result = await process(executor, rawOf(transaction), environment, gasUsed);
      if (result.kind === "executed") gasUsed += result.gasUsed;
    }
    const transaction = fuzzCase.transactions[index];
    if (transaction !== undefined) await process(executor, rawOf(transaction), environment, gasUsed, observer);
  };
  try {
    return await describeFirstDifferentStep(["machine", "ethereumjs"], [runOn(machine), runOn(reference)]);
  } catch (error) {
    return `the steps could not be compared: ${String(error)}`;
  }
}

interface Step {
  readonly pair: string;
  readonly proven: ProvenStep;
}

/** Gives steps to the contracts, in batches; what they do not agree with goes to `problems`. */
function collectSteps(
  checker: StepChecker,
  { steps = "all", known }: RunOptions,
  problems: string[],
  counts: { steps: number; checked: number },
) {
  let batch: (Step & { readonly calldata: Uint8Array })[] = [];
  let bytes = 0;
  let sample: Step[] = [];
  let seen = 0;
  const fresh = new Set<string>();

  const check = async (): Promise<void> => {
    const verdicts = await checker.check(batch.map(({ calldata }) => calldata));
    for (const [position, { pair, proven }] of batch.entries()) {
      const verdict = verdicts[position];
      if (verdict?.kind === "taken" && verdict.after === proven.after) continue;
      const actual = verdict?.kind === "taken" ? verdict.after : `a revert: ${verdict?.reason}`;
      problems.push(`contracts: ${pair}: state hash: expected ${proven.after}, actual ${actual}`);
    }
    counts.checked += batch.length;
    batch = [];
    bytes = 0;
  };

  const add = async (step: Step): Promise<void> => {
    const { kind, before, witness } = step.proven;
    const calldata = encodeStepCall(kind, before, witness);
    batch.push({ ...step, calldata });
    bytes += calldata.length;
    if (batch.length >= BATCH_STEPS || bytes >= BATCH_BYTES) await check();
  };

  return {
    offer: async (step: Step, below: (bound: number) => number): Promise<void> => {
      const { pair } = step;
      if (steps === "all" || !(known?.has(pair) === true || fresh.has(pair))) {
        fresh.add(pair);
        await add(step);
        return;
      }
      const place = seen++ < steps ? sample.length : below(seen);
      if (place < steps) sample[place] = step;
    },
    /** At the end of a transaction. */
    finish: async (): Promise<void> => {
      for (const step of sample) await add(step);
      sample = [];
      seen = 0;
      if (batch.length > 0) await check();
    },
  };
}
