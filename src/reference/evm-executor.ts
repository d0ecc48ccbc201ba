import { EVMError, createEVM, getActivePrecompiles } from "@ethereumjs/evm";
import type { EVM, EVMResult, ExecResult, InterpreterStep, Message, PrecompileInput } from "@ethereumjs/evm";
import type { Common } from "@ethereumjs/common";
import { createAddressFromString } from "@ethereumjs/util";
import {
  BLOCK_HASH_HISTORY_ADDRESS,
  BLOCK_HASH_HISTORY_LENGTH,
  FRAME_ERROR,
  invalidOpcodeError,
  MAX_PRECOMPILE_GAS,
  isTooLong,
  loadPrecompiles,
} from "../ethereum/index.ts";
import type { Precompile, Precompiles, StateView } from "../ethereum/index.ts";
import { observedState, withRefusedCalls } from "../execution/index.ts";
import type { ExecutionObserver } from "../execution/index.ts";
import { bigintToBytes32, bytesToHex, hexToBytes } from "../primitives/index.ts";
import type { BlockEnvironment } from "../rollup/index.ts";
import { JournaledState } from "./journaled-state.ts";

type RunState = NonNullable<ExecResult["runState"]>;

/** The block as ethereumjs wants it. */
export interface EvmBlock {
  readonly header: {
    readonly number: bigint;
    readonly coinbase: ReturnType<typeof createAddressFromString>;
    readonly timestamp: bigint;
    readonly difficulty: bigint;
    readonly prevRandao: Uint8Array;
    readonly gasLimit: bigint;
    readonly baseFeePerGas: bigint;
    readonly getBlobGasPrice: () => bigint;
  };
}

/** One EVM with the state it works on. Runs one thing at a time. */
export interface EvmExecutor {
  readonly evm: EVM;
  readonly state: JournaledState;
  /** Addresses of Osaka's precompiles as the EVM writes them: without 0x. */
  readonly precompileAddresses: readonly string[];
  /** Puts other precompiles in place of Osaka's; undefined puts these back. */
  usePrecompiles(precompiles: Precompiles | undefined): void;
  /** Starts over on the state `view` gives, which must stay at one root. */
  reset(view: () => StateView): void;
}

const NO_BYTES = new Uint8Array();

type EvmPrecompile = (input: PrecompileInput) => Promise<ExecResult> | ExecResult;

/** ethereumjs's precompile under this chain's bounds on length and gas (docs/differences.md), which `bounds` says. */
function boundedPrecompile(run: EvmPrecompile, bounds: Precompile): EvmPrecompile {
  const mostGas = BigInt(bounds.maxGas ?? MAX_PRECOMPILE_GAS);
  return async (input) => {
    const { gasLimit } = input;
    if (isTooLong(bounds, input.data)) {
      const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_RANGE);
      return { returnValue: NO_BYTES, executionGasUsed: gasLimit, exceptionError };
    }
    const result = await run({ ...input, gasLimit: gasLimit < mostGas ? gasLimit : mostGas });
    // A failure takes all gas, not only what the bound lets it see.
    return result.exceptionError === undefined ? result : { ...result, executionGasUsed: gasLimit };
  };
}

/** Creating an EVM takes a millisecond or so; keep and `reset` it. */
export async function createEvmExecutor(common: Common): Promise<EvmExecutor> {
  let view = (): StateView => {
    throw new Error("the executor has no state yet");
  };
  const state = new JournaledState(() => view());
  const blockchain = {
    // BLOCKHASH reads EIP-2935 storage; the EVM has checked the window of 256 blocks.
    getBlock: (number: number) => {
      const slot = bytesToHex(bigintToBytes32(BigInt(number % BLOCK_HASH_HISTORY_LENGTH)));
      const hash = state.slot(BLOCK_HASH_HISTORY_ADDRESS, slot);
      return Promise.resolve({ hash: () => hash });
    },
    putBlock: () => Promise.resolve(),
    shallowCopy: () => blockchain,
  };
  const evm = await createEVM({ common, stateManager: state, blockchain });
  const bounds = await loadPrecompiles();
  const bounded = new Map<Precompile, EvmPrecompile>();
  const standard = new Map<string, EvmPrecompile>();
  for (const [address, run] of getActivePrecompiles(common)) {
    const known = bounds.get(`0x${address}`);
    if (known === undefined) throw new Error(`expected a precompile of Osaka, got 0x${address}`);
    const precompile = boundedPrecompile(run, known);
    bounded.set(known, precompile);
    standard.set(address, precompile);
  }
  let used: Precompiles | undefined;
  const install = (next: Precompiles | undefined): void => {
    used = next;
    evm.precompiles.clear();
    for (const [address, run] of standard) if (next === undefined) evm.precompiles.set(address, run);
    for (const [address, precompile] of next ?? []) {
      const run = bounded.get(precompile);
      if (run === undefined) throw new Error(`the precompile at ${address} is none of Osaka's`);
      evm.precompiles.set(address.slice(2), run);
    }
  };
  install(undefined);
  const usePrecompiles = (next: Precompiles | undefined): void => {
    if (next !== used) install(next);
  };
  const reset = (next: () => StateView) => {
    view = next;
    state.clearCaches();
    evm.journal.cleanJournal();
    evm.transientStorage.clear();
  };
  return { evm, state, precompileAddresses: [...standard.keys()], usePrecompiles, reset };
}

/** `blobBaseFee` is that of a chain without blobs, 1 wei, unless given. */
export function toEvmBlock(environment: BlockEnvironment, blobBaseFee = 1n): EvmBlock {
  return {
    header: {
      number: BigInt(environment.number),
      coinbase: createAddressFromString(environment.coinbase),
      timestamp: BigInt(environment.timestamp),
      difficulty: 0n,
      prevRandao: hexToBytes(environment.prevRandao),
      gasLimit: environment.gasLimit,
      baseFeePerGas: environment.baseFeePerGas,
      getBlobGasPrice: () => blobBaseFee,
    },
  };
}

const STATICCALL = 0xfa;
/** Calls, which pass gas on; true where they name a value. */
const CALLS: ReadonlyMap<number, boolean> = new Map([
  [0xf1, true],
  [0xf2, true],
  [0xf4, false],
  [STATICCALL, false],
]);
const CREATIONS: ReadonlySet<number> = new Set([0xf0, 0xf5]);
const STOP = 0x00;
const INVALID = 0xfe;
/** STOP, RETURN, SELFDESTRUCT: what a frame that succeeds may end with; otherwise its code ended. */
const ENDINGS: ReadonlySet<number> = new Set([STOP, 0xf3, 0xff]);

/** An observation under way. */
export interface EvmObservation {
  /** Gas that is to be refunded for what came before the first frame. */
  refund: bigint;
  stop(): void;
}

/** Lets `observer` see what the EVM does until it is stopped. */
export function observe({ evm, state }: EvmExecutor, observer: ExecutionObserver): EvmObservation {
  const watching = withRefusedCalls(observer, observedState(state));
  let opcode = 0;
  const depths: number[] = [];
  // By depth.
  const returnData: Uint8Array[] = [];
  const lastOpcodes: number[] = [];
  // The library runs no STOP where a code ends without one.
  const tellOfStop = (
    { programCounter, gasLeft, stack, memory, memoryWordCount, interpreter }: RunState,
    depth: number,
    refund: bigint,
  ): void => {
    if (watching.opcodes?.has(STOP) === false) return;
    watching.onStep?.({
      depth,
      pc: programCounter,
      opcode: STOP,
      opcodeName: "STOP",
      gas: gasLeft,
      gasCost: 0n,
      address: bytesToHex(interpreter.getAddress().bytes),
      stack: stack.getStack(),
      memory: memory._store.subarray(0, Number(memoryWordCount) * 32),
      returnData: returnData[depth] ?? NO_BYTES,
      refund: observation.refund + refund,
    });
  };
  const onStep = (step: InterpreterStep): void => {
    const { depth, gasLeft, stack } = step;
    opcode = step.opcode.code;
    lastOpcodes[depth] = opcode;
    const cost = step.opcode.dynamicFee ?? BigInt(step.opcode.fee);
    const isTold = watching.opcodes?.has(opcode) !== false;
    if (isTold)
      watching.onStep?.({
        depth,
        pc: step.pc,
        opcode,
        // The library shows an opcode without an instruction as INVALID.
        opcodeName: step.opcode.name,
        gas: gasLeft,
        gasCost: cost + passedOn(opcode, gasLeft - cost, stack.at(-1)),
        address: bytesToHex(step.address.bytes),
        stack,
        memory: step.memory,
        returnData: returnData[depth] ?? NO_BYTES,
        refund: observation.refund + step.gasRefund,
      });
    if (CALLS.has(opcode) || CREATIONS.has(opcode)) returnData[depth] = NO_BYTES;
  };
  const onCallStart = (message: Message): void => {
    depths.push(message.depth);
    returnData[message.depth] = NO_BYTES;
    watching.onCallStart?.({
      depth: message.depth,
      kind: callKind(message, opcode),
      // The caller of delegated code is whoever delegates; the message carries his own caller.
      from: bytesToHex((message.delegatecall && message.to !== undefined ? message.to : message.caller).bytes),
      to: message.to === undefined ? undefined : bytesToHex(message.codeAddress.bytes),
      value: message.value,
      gas: message.gasLimit,
      input: message.data,
    });
  };
  const onCallEnd = ({ execResult, createdAddress }: EVMResult): void => {
    const { executionGasUsed, returnValue, exceptionError } = execResult;
    const depth = depths.pop() ?? 0;
    const error = exceptionError === undefined ? undefined : frameError(exceptionError, execResult.runState?.opCode);
    if (error === undefined && execResult.runState !== undefined && !ENDINGS.has(lastOpcodes[depth] ?? STOP))
      tellOfStop(execResult.runState, depth, execResult.gasRefund ?? 0n);
    const hasData = error === undefined ? createdAddress === undefined : error === FRAME_ERROR.reverted;
    if (depth > 0) returnData[depth - 1] = hasData ? returnValue : NO_BYTES;
    watching.onCallEnd?.({
      depth,
      gasUsed: executionGasUsed,
      output: returnValue,
      error,
      createdAddress: createdAddress === undefined ? undefined : bytesToHex(createdAddress.bytes),
    });
  };
  // Every listener slows each instruction down: only those somebody listens to are registered.
  if (watching.onStep !== undefined) evm.events.on("step", onStep);
  if (watching.onStep !== undefined || watching.onCallStart !== undefined || watching.onCallEnd !== undefined) {
    evm.events.on("beforeMessage", onCallStart);
    evm.events.on("afterMessage", onCallEnd);
  }
  const observation: EvmObservation = {
    refund: 0n,
    stop: () => {
      evm.events.off("step", onStep);
      evm.events.off("beforeMessage", onCallStart);
      evm.events.off("afterMessage", onCallEnd);
    },
  };
  return observation;
}

/** What a call asks to pass on of the gas that is left, as far as it may (EIP-150). */
function passedOn(opcode: number, available: bigint, requested = 0n): bigint {
  if (!CALLS.has(opcode) || available < 0n) return 0n;
  const most = available - available / 64n;
  return requested < most ? requested : most;
}

/** ethereumjs's words for why a frame fails, where go-ethereum has others. */
const WORDS: ReadonlyMap<string, string> = new Map([
  [EVMError.errorMessages.REVERT, FRAME_ERROR.reverted],
  [EVMError.errorMessages.CODESTORE_OUT_OF_GAS, FRAME_ERROR.codeDepositOutOfGas],
  [EVMError.errorMessages.CODESIZE_EXCEEDS_MAXIMUM, FRAME_ERROR.codeTooLong],
  [EVMError.errorMessages.INVALID_BYTECODE_RESULT, FRAME_ERROR.reservedCode],
  [EVMError.errorMessages.INITCODE_SIZE_VIOLATION, FRAME_ERROR.initcodeTooLong],
  [EVMError.errorMessages.STATIC_STATE_CHANGE, FRAME_ERROR.writeProtection],
  [EVMError.errorMessages.CREATE_COLLISION, FRAME_ERROR.addressCollision],
  [EVMError.errorMessages.INSUFFICIENT_BALANCE, FRAME_ERROR.insufficientBalance],
]);

/** Why a frame failed, in go-ethereum's words; `opcode` is its last one, if anybody knows. */
export function frameError({ error }: EVMError, opcode?: number): string {
  // The library does not say which opcode is invalid.
  if (error === EVMError.errorMessages.INVALID_OPCODE && opcode !== undefined)
    return invalidOpcodeError(opcode, opcode === INVALID ? "INVALID" : undefined);
  // The library adds where it was.
  if (error.startsWith(EVMError.errorMessages.INVALID_JUMP)) return FRAME_ERROR.invalidJump;
  return WORDS.get(error) ?? error;
}

type CallKind = Parameters<NonNullable<ExecutionObserver["onCallStart"]>>[0]["kind"];

function callKind(message: Message, opcode: number): CallKind {
  if (message.to === undefined) return message.salt === undefined ? "CREATE" : "CREATE2";
  if (message.delegatecall) return "DELEGATECALL";
  if (!message.codeAddress.equals(message.to)) return "CALLCODE";
  // A plain call inside a static one is static as well; only the instruction tells them apart.
  return message.depth > 0 && opcode === STATICCALL ? "STATICCALL" : "CALL";
}
