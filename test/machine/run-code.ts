import { createEVM } from "@ethereumjs/evm";
import type { EVM } from "@ethereumjs/evm";
import { createAddressFromString } from "@ethereumjs/util";
import { createOsakaCommon } from "../../src/reference/osaka-common.ts";
import type { Log } from "../../src/ethereum/index.ts";
import { codeOf } from "../../src/machine/code.ts";
import type { Recorder } from "../../src/machine/commitments.ts";
import { createMachine } from "../../src/machine/driver.ts";
import { stepCopy } from "../../src/machine/instructions/copies.ts";
import { stepAbsorb, stepFinishKeccak } from "../../src/machine/instructions/hashing.ts";
import { stepFinishLog } from "../../src/machine/instructions/logs.ts";
import { execute } from "../../src/machine/interpreter.ts";
import type { Frame, FrameContext, Machine, TransactionContext } from "../../src/machine/machine.ts";
import { createMemory } from "../../src/machine/memory.ts";
import { Phase } from "../../src/machine/phase.ts";
import { EMPTY_SLICE } from "../../src/machine/slice.ts";
import { toBigint } from "../../src/machine/word.ts";
import { bytesToHex } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import { toEvmBlock } from "../../src/reference/evm-executor.ts";
import { CHAIN_ID } from "../execution/harness.ts";

const SELF: Address = "0x5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f";
const CALLER: Address = "0x00ca11e700ca11e700ca11e700ca11e700ca11e7";
const ORIGIN: Address = "0x0419140419140419140419140419140419140419";
const VALUE = 2n ** 70n + 3n;
const GAS_PRICE = 7_000_000_000n;
const BLOB_BASE_FEE = 9n;

const ENVIRONMENT = {
  number: 123_456,
  timestamp: 1_800_000_000,
  coinbase: "0xc01bc01bc01bc01bc01bc01bc01bc01bc01bc01b",
  gasLimit: 60_000_000n,
  baseFeePerGas: 1_000_000_007n,
  prevRandao: `0x${"a5".repeat(32)}`,
  dataPrice: 0n,
} as const;

/** What running a code without state comes to. Stack and memory are those at its end; both are empty if it halted. */
export interface CodeResult {
  readonly status: "success" | "revert" | "halt";
  readonly gasLeft: number;
  readonly output: Hex;
  readonly stack: readonly bigint[];
  readonly memory: Hex;
  readonly logs: readonly Log[];
}

const HALTED = { status: "halt", gasLeft: 0, output: "0x", stack: [], memory: "0x", logs: [] } as const;

/** A machine about to run the first instruction of `code` in a call that is not proven. */
export function machineOf(code: Uint8Array, options: { gas: number; calldata?: Uint8Array; returndata?: Uint8Array }) {
  return machineWith(code, { isProving: false, isStatic: false, recorder: undefined, ...options });
}

export function machineWith(
  code: Uint8Array,
  options: {
    readonly gas: number;
    readonly calldata?: Uint8Array;
    readonly returndata?: Uint8Array;
    readonly isProving: boolean;
    readonly isStatic: boolean;
    readonly recorder: Recorder | undefined;
  },
): Machine & { frame: Frame } {
  const slice = (bytes: Uint8Array = new Uint8Array()) =>
    bytes.length === 0 ? EMPTY_SLICE : { bytes, tree: undefined, offset: 0 };
  const context: FrameContext = {
    parent: undefined,
    savedJournal: { overlay: 0, logs: 0, refund: 0, committed: undefined },
    kind: 0xf1,
    isStatic: options.isStatic,
    depth: 0,
    self: SELF,
    caller: CALLER,
    value: VALUE,
    codeAddress: SELF,
    isDelegated: false,
    input: slice(options.calldata),
    outOffset: 0,
    outLength: 0,
  };
  const machine = createMachine({
    environment: {
      ...ENVIRONMENT,
      baseFee: ENVIRONMENT.baseFeePerGas,
      chainId: BigInt(CHAIN_ID),
      blobBaseFee: BLOB_BASE_FEE,
    },
    state: {
      getAccount: () => undefined,
      getSlot: () => new Uint8Array(),
      getCode: () => new Uint8Array(),
    },
    isProving: options.isProving,
  });
  machine.phase = Phase.Execute;
  machine.recorder = options.recorder;
  // Instructions look at no more of it.
  machine.transaction = { sender: ORIGIN, gasPrice: GAS_PRICE } as TransactionContext;
  const frame: Frame = {
    context,
    code: codeOf(code),
    pc: 0,
    gas: options.gas,
    stack: new Uint32Array(8 * 1024).fill(0xdeadbeef),
    stackSize: 0,
    memory: createMemory(),
    returndata: slice(options.returndata),
  };
  return Object.assign(machine, { frame });
}

/** Takes the step a machine inside a frame is at. */
export function stepInFrame(machine: Machine, limit: number): void {
  switch (machine.phase) {
    case Phase.Execute:
      execute(machine, limit);
      break;
    case Phase.Copy:
      stepCopy(machine);
      break;
    case Phase.Absorb:
      stepAbsorb(machine);
      break;
    case Phase.FinishKeccak:
      stepFinishKeccak(machine);
      break;
    case Phase.FinishLog:
      stepFinishLog(machine);
      break;
    default:
      throw new Error(`unexpected phase ${machine.phase}`);
  }
}

/** The result of a machine that has left its frame. RETURN and REVERT leave their operands on the stack; they are left out. */
export function resultOf(machine: Machine & { frame: Frame }): CodeResult {
  const { frame, pending } = machine;
  if (machine.phase !== Phase.ExitFrame || pending?.kind !== "exit") throw new Error("expected the frame to be left");
  if (pending.status === 0) return HALTED;
  return {
    status: pending.status === 1 ? "success" : "revert",
    gasLeft: frame.gas,
    output: bytesToHex(pending.output.bytes),
    stack: stackOf(frame).slice(0, isReturn(frame) ? -2 : undefined),
    memory: bytesToHex(frame.memory.bytes.subarray(0, frame.memory.size)),
    logs: pending.status === 1 ? machine.logs : [],
  };
}

function isReturn({ code, pc }: Frame): boolean {
  return code.bytes[pc] === 0xf3 || code.bytes[pc] === 0xfd;
}

export function stackOf(frame: Frame): bigint[] {
  return Array.from({ length: frame.stackSize }, (_, index) => toBigint(frame.stack, 8 * index));
}

export function runFast(code: Uint8Array, options: Parameters<typeof machineOf>[1]): CodeResult {
  const machine = machineOf(code, options);
  while (machine.phase !== Phase.ExitFrame) stepInFrame(machine, Infinity);
  return resultOf(machine);
}

let reference: Promise<EVM> | undefined;

/** The same in ethereumjs. */
export async function runReference(
  code: Uint8Array,
  options: { readonly gas: number; readonly calldata?: Uint8Array },
): Promise<CodeResult> {
  const evm = await (reference ??= createEVM({ common: createOsakaCommon(CHAIN_ID) }));
  const { exceptionError, executionGasUsed, returnValue, runState, logs } = await evm.runCode({
    code,
    gasLimit: BigInt(options.gas),
    data: options.calldata ?? new Uint8Array(),
    to: createAddressFromString(SELF),
    caller: createAddressFromString(CALLER),
    origin: createAddressFromString(ORIGIN),
    value: VALUE,
    gasPrice: GAS_PRICE,
    block: toEvmBlock(ENVIRONMENT, BLOB_BASE_FEE),
  });
  const error = exceptionError?.error;
  if ((error !== undefined && error !== "revert") || runState === undefined) return HALTED;
  return {
    status: error === "revert" ? "revert" : "success",
    gasLeft: options.gas - Number(executionGasUsed),
    output: bytesToHex(returnValue),
    stack: runState.stack.getStack(),
    memory: bytesToHex(runState.memory._store.subarray(0, Number(runState.memoryWordCount) * 32)),
    logs: (error === undefined ? (logs ?? []) : []).map(([address, topics, data]) => ({
      address: bytesToHex(address),
      topics: topics.map(bytesToHex),
      data,
    })),
  };
}
