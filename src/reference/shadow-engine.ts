import { EMPTY_ACCOUNT, describeSkip, isEmptyAccount } from "../ethereum/index.ts";
import type { AccountRecord, StateView } from "../ethereum/index.ts";
import { BlockState, createEngine } from "../execution/index.ts";
import type {
  EngineOptions,
  ExecutionEngine,
  ExecutionObserver,
  ProcessingContext,
  ProcessingResult,
  TransactionExecutor,
  TransactionMessage,
} from "../execution/index.ts";
import { bytesToBigint, bytesToHex } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import { describeFirstDifferentStep } from "./step-comparison.ts";

/** Two engines disagree. The message is the whole report: block, transaction, what differs, and the first differing step. */
export class EngineDifferenceError extends Error {
  override readonly name = "EngineDifferenceError";
}

/** One of the two that a shadow engine compares. */
export interface ShadowedEngine {
  readonly name: ExecutionEngine["name"];
  readonly createExecutor: () => Promise<TransactionExecutor>;
}

export interface ShadowEngineOptions extends EngineOptions {
  /** Whose results count. */
  readonly primary: ShadowedEngine;
  readonly secondary: ShadowedEngine;
  /** Told of the first difference; what asked for the execution is rejected with the same error. */
  readonly onDifference: (error: EngineDifferenceError) => void;
}

/**
 * An engine that runs every transaction on two others, those of blocks, deposits, simulated calls and replays alike, and
 * compares after each what came of it: whether and why it was skipped, status, gas, output, logs, and every account and
 * slot it has changed. From these alone the shared part of all engines computes blocks, so equal transactions make equal
 * headers. After a difference it executes nothing any more.
 */
export function createShadowEngine(options: ShadowEngineOptions, instruments: Instruments): ExecutionEngine {
  const { primary, secondary, onDifference, ...engine } = options;
  let difference: EngineDifferenceError | undefined;
  const createExecutor = async (): Promise<TransactionExecutor> => {
    const executors = [await primary.createExecutor(), await secondary.createExecutor()] as const;
    return createShadowExecutor(
      executors,
      [primary.name, secondary.name],
      (message, found) => {
        if (difference === undefined) {
          difference = new EngineDifferenceError(message);
          instruments.logger.error(found, message);
          onDifference(difference);
        }
        return difference;
      },
      () => difference,
    );
  };
  return createEngine({ ...engine, name: primary.name, createExecutor }, instruments);
}

type Pair<T> = readonly [primary: T, secondary: T];

function createShadowExecutor(
  executors: Pair<TransactionExecutor>,
  names: Pair<string>,
  fail: (message: string, found: object) => EngineDifferenceError,
  failed: () => EngineDifferenceError | undefined,
): TransactionExecutor {
  let view = (): StateView => {
    throw new Error("the executor has no state yet");
  };
  const state = new BlockState(() => view());
  const [primary, secondary] = executors;

  // Both start from the block's state, and leave it as it is.
  const runApart = async (
    executor: TransactionExecutor,
    message: TransactionMessage,
    context: ProcessingContext,
  ): Promise<ProcessingResult> => {
    const before = viewOf(state);
    executor.reset(() => before);
    return executor.process(message, context);
  };

  const process = async (message: TransactionMessage, context: ProcessingContext): Promise<ProcessingResult> => {
    const earlier = failed();
    if (earlier !== undefined) throw earlier;
    const unobserved = { ...context, observer: undefined };
    const other = await runApart(secondary, message, unobserved);
    const result = await runApart(primary, message, context);
    const differences = [
      ...compareResults(result, other, context.isSimulation),
      ...compareStates(state, primary.state, secondary.state),
    ];
    if (differences.length > 0) {
      const { number } = context.environment;
      const head =
        `${names[0]} and ${names[1]} differ in ${context.isSimulation ? "a call at" : "a transaction of"} block ${number}: ` +
        `from ${message.sender}, nonce ${message.nonce ?? "current"}, to ${message.to ?? "a new contract"}, ` +
        `value ${message.value}, gas ${message.gasLimit}, data ${shorten(bytesToHex(message.data))}`;
      const lines = differences
        .slice(0, MAX_LINES)
        .map(({ what, values }) => `  ${what}: ${names[0]} ${values[0]}, ${names[1]} ${values[1]}`);
      const watched =
        (executor: TransactionExecutor) =>
        (observer: ExecutionObserver): Promise<unknown> =>
          runApart(executor, message, { ...context, observer });
      const step = await describeFirstDifferentStep(names, [watched(primary), watched(secondary)]);
      throw fail([head, ...lines, `  ${step}`].join("\n"), { block: number, sender: message.sender });
    }
    apply(primary.state, state);
    return result;
  };

  return {
    state,
    reset: (next) => {
      view = next;
      state.clearCaches();
    },
    process,
  };
}

/** Lines of one report about results and state. */
const MAX_LINES = 20;

interface Difference {
  readonly what: string;
  readonly values: Pair<string>;
}

/** Errors are compared as kinds: each engine has words of its own. */
function compareResults(left: ProcessingResult, right: ProcessingResult, isSimulation: boolean): Difference[] {
  const describe = (result: ProcessingResult): Readonly<Record<string, string>> => {
    // Which reason is found first is nobody's business but that of the one who asks for a simulation.
    if (result.kind === "skipped")
      return { outcome: "skipped", ...(isSimulation ? { reason: describeSkip(result.reason) } : {}) };
    const { error, isRevert, gasUsed, maxGasUsed, output, logs, contractAddress, nonce } = result;
    const isSuccess = error === undefined;
    return {
      outcome: isSuccess ? "success" : isRevert ? "revert" : "exceptional halt",
      gasUsed: String(gasUsed),
      maxGasUsed: String(maxGasUsed),
      output: bytesToHex(output),
      logs: isSuccess ? JSON.stringify(logs.map((log) => ({ ...log, data: bytesToHex(log.data) }))) : "[]",
      contractAddress: String(contractAddress),
      nonce: String(nonce),
    };
  };
  const [one, other] = [describe(left), describe(right)];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((what) => {
    const values = [one[what] ?? "none", other[what] ?? "none"] as const;
    return values[0] === values[1] ? [] : [{ what, values: [shorten(values[0]), shorten(values[1])] as const }];
  });
}

function compareStates(before: BlockState, left: BlockState, right: BlockState): Difference[] {
  const differences: Difference[] = [];
  const compare = (what: string, one: string, other: string) => {
    if (one !== other) differences.push({ what, values: [one, other] });
  };
  const [leftChanges, rightChanges] = [left.changes(), right.changes()];
  for (const address of new Set([...leftChanges.accounts.keys(), ...rightChanges.accounts.keys()])) {
    const [one, other] = [describeAccount(left.account(address)), describeAccount(right.account(address))];
    for (const field of ["existence", "nonce", "balance", "codeHash"] as const)
      compare(`${field} of ${address}`, one[field], other[field]);
  }
  for (const address of new Set([...leftChanges.storage.keys(), ...rightChanges.storage.keys()])) {
    const [one, other] = [leftChanges.storage.get(address), rightChanges.storage.get(address)];
    const slots = new Set<Hash>([...(one?.slots.keys() ?? []), ...(other?.slots.keys() ?? [])]);
    for (const slot of slots) {
      const values = [left, right].map((state) => bytesToBigint(state.slot(address, slot)).toString(16)) as [
        string,
        string,
      ];
      compare(`slot ${slot} of ${address}`, `0x${values[0]}`, `0x${values[1]}`);
    }
    // Storage that nobody had is cleared to no effect.
    const isThere = before.account(address) !== undefined;
    if (isThere) compare(`all storage of ${address}`, describeClearing(one?.cleared), describeClearing(other?.cleared));
  }
  return differences;
}

function describeClearing(cleared: boolean | undefined): string {
  return cleared === true ? "deleted" : "kept";
}

function describeAccount(account: AccountRecord | undefined) {
  const { nonce, balance, codeHash } = account ?? EMPTY_ACCOUNT;
  const isAbsent = account === undefined || isEmptyAccount(account);
  return {
    existence: isAbsent ? "absent" : "present",
    nonce: String(nonce),
    balance: String(balance),
    codeHash: bytesToHex(codeHash),
  };
}

/** A block's state as the state underneath another one; it must not change meanwhile. */
function viewOf(state: BlockState): StateView {
  return {
    root: () => state.view().root(),
    getAccount: (address) => state.account(address),
    getSlot: (address, slot) => state.slot(address, slot),
    getCode: (codeHash) => state.codeOf(codeHash),
    getCodeLength: (codeHash) => state.codeLengthOf(codeHash),
    advance: () => {
      throw new Error("the state of a block is not advanced");
    },
    trim: () => undefined,
  };
}

/** Writes what a transaction has changed on top of `state` into it. */
function apply(changed: BlockState, state: BlockState): void {
  const { accounts, storage, codes } = changed.changes();
  for (const [hash, code] of codes) state.addCode(hash, code);
  for (const [address, account] of accounts) state.setAccount(address, account);
  for (const [address, { cleared, slots }] of storage) {
    if (cleared) state.clearSlots(address);
    for (const [slot, value] of slots) state.setSlot(address, slot, value);
  }
  state.endTransaction();
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}… (${text.length} characters)`;
}
