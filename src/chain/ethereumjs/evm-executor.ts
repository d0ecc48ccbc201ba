import { EVM, EVMError } from "@ethereumjs/evm";
import type { EVMResult, ExecResult, InterpreterStep, Message, PrecompileInput } from "@ethereumjs/evm";
import type { Common } from "@ethereumjs/common";
import { createAddressFromString } from "@ethereumjs/util";
import { bigintToBytes32, bytesToHex, hexToBytes } from "../../primitives/index.ts";
import { BLOCK_HASH_HISTORY_ADDRESS, BLOCK_HASH_HISTORY_LENGTH } from "../constants.ts";
import type { BlockEnvironment, ExecutionObserver } from "../execution-engine.ts";
import { loadPrecompiles, runPrecompile } from "../precompiles/index.ts";
import type { Precompile, Precompiles } from "../precompiles/index.ts";
import type { StateView } from "../state-view.ts";
import { installInterpreterLoop } from "./interpreter-loop.ts";
import { JournaledState } from "./journaled-state.ts";

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

/** A precompile as ethereumjs wants it. */
function customPrecompile(precompile: Precompile): (input: PrecompileInput) => ExecResult {
  return ({ data, gasLimit }) => {
    // Gas of a simulated call may be any number; a precompile takes no more than `MAX_PRECOMPILE_GAS`.
    const result = runPrecompile(precompile, data, Number(gasLimit));
    if ("failure" in result) {
      const { OUT_OF_GAS, OUT_OF_RANGE } = EVMError.errorMessages;
      const exceptionError = new EVMError(result.failure === "out of gas" ? OUT_OF_GAS : OUT_OF_RANGE);
      return { returnValue: NO_BYTES, executionGasUsed: gasLimit, exceptionError };
    }
    return { returnValue: result.output, executionGasUsed: BigInt(result.gas) };
  };
}

/** Creating an EVM takes a millisecond or so; keep and `reset` it. */
export async function createEvmExecutor(common: Common): Promise<EvmExecutor> {
  let view = (): StateView => {
    throw new Error("the executor has no state yet");
  };
  await installInterpreterLoop(common);
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
  const precompiles = await loadPrecompiles();
  const evm = new EVM({
    common,
    stateManager: state,
    blockchain,
    // In place of all of its own.
    customPrecompiles: Array.from(precompiles, ([address, precompile]) => ({
      address: createAddressFromString(address),
      function: customPrecompile(precompile),
    })),
  });
  const standard = new Map(evm.precompiles);
  let used: Precompiles | undefined;
  const usePrecompiles = (next: Precompiles | undefined): void => {
    if (next === used) return;
    used = next;
    evm.precompiles.clear();
    const entries =
      next === undefined
        ? standard
        : Array.from(next, ([address, precompile]) => [address.slice(2), customPrecompile(precompile)] as const);
    for (const [address, run] of entries) evm.precompiles.set(address, run);
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

/** Lets `observer` see what the EVM does until the function it gives is called. */
export function observe({ evm }: EvmExecutor, observer: ExecutionObserver): () => void {
  let opcode = 0;
  const depths: number[] = [];
  const onStep = (step: InterpreterStep): void => {
    opcode = step.opcode.code;
    if (observer.opcodes?.has(opcode) === false) return;
    observer.onStep?.({
      depth: step.depth,
      pc: step.pc,
      opcode,
      opcodeName: step.opcode.name,
      gas: step.gasLeft,
      gasCost: step.opcode.dynamicFee ?? BigInt(step.opcode.fee),
      address: bytesToHex(step.address.bytes),
      stack: step.stack,
      memory: step.memory,
    });
  };
  const onCallStart = (message: Message): void => {
    depths.push(message.depth);
    observer.onCallStart?.({
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
    observer.onCallEnd?.({
      depth: depths.pop() ?? 0,
      gasUsed: execResult.executionGasUsed,
      output: execResult.returnValue,
      error: execResult.exceptionError?.error,
      createdAddress: createdAddress === undefined ? undefined : bytesToHex(createdAddress.bytes),
    });
  };
  // Every listener slows each instruction down: only those somebody listens to are registered.
  const listensToSteps = observer.onStep !== undefined || observer.onCallStart !== undefined;
  if (listensToSteps) evm.events.on("step", onStep);
  if (observer.onCallStart !== undefined || observer.onCallEnd !== undefined) {
    evm.events.on("beforeMessage", onCallStart);
    evm.events.on("afterMessage", onCallEnd);
  }
  return () => {
    evm.events.off("step", onStep);
    evm.events.off("beforeMessage", onCallStart);
    evm.events.off("afterMessage", onCallEnd);
  };
}

type CallKind = Parameters<NonNullable<ExecutionObserver["onCallStart"]>>[0]["kind"];

function callKind(message: Message, opcode: number): CallKind {
  if (message.to === undefined) return message.salt === undefined ? "CREATE" : "CREATE2";
  if (message.delegatecall) return "DELEGATECALL";
  if (!message.codeAddress.equals(message.to)) return "CALLCODE";
  // A plain call inside a static one is static as well; only the instruction tells them apart.
  return message.depth > 0 && opcode === STATICCALL ? "STATICCALL" : "CALL";
}
