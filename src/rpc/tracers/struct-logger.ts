import { FRAME_ERROR } from "../../ethereum/index.ts";
import type { ObservedState, ObservedStep } from "../../execution/index.ts";
import { bytesToHex } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { formatQuantity, formatWord } from "../format/scalars.ts";
import { limitExceeded } from "../protocol/errors.ts";
import type { TraceContext, Tracer } from "./tracer.ts";

/** Options of go-ethereum's default tracer. */
export interface StructLoggerOptions {
  readonly enableMemory: boolean;
  readonly disableStack: boolean;
  readonly disableStorage: boolean;
  readonly enableReturnData: boolean;
  /** Entries to keep; 0 for all. */
  readonly limit: number;
}

interface StructLog {
  readonly pc: number;
  readonly op: string;
  readonly gas: number;
  readonly gasCost: number;
  readonly depth: number;
  error?: string;
  readonly stack?: readonly string[];
  readonly returnData?: string;
  readonly memory?: readonly string[];
  readonly storage?: Readonly<Record<Hash, Hash>>;
  readonly refund?: number;
}

const WORD_SIZE = 70;
/** How a creation fails when its code has ended well. */
const DEPOSIT_ERRORS: readonly string[] = [
  FRAME_ERROR.codeDepositOutOfGas,
  FRAME_ERROR.codeTooLong,
  FRAME_ERROR.reservedCode,
];

/** One entry per opcode, in the format of go-ethereum's struct logger. */
export function createStructLogger(options: StructLoggerOptions, { maximumSteps, meter }: TraceContext): Tracer {
  const structLogs: StructLog[] = [];
  // Storage each account was seen to read or write.
  const storages = new Map<Address, Readonly<Record<Hash, Hash>>>();
  let state: ObservedState | undefined;
  let isFull = false;
  let output: Uint8Array = new Uint8Array();
  // Of the last instruction, until a frame begins or ends.
  let latest: StructLog | undefined;

  /** What is known of the account's storage, of an SLOAD and SSTORE only. */
  function storageOf({ opcodeName, stack, address }: ObservedStep): Readonly<Record<Hash, Hash>> | undefined {
    const [key, written] = [stack.at(-1), stack.at(-2)];
    if (options.disableStorage || key === undefined) return undefined;
    const slot = formatWord(key);
    const value =
      opcodeName === "SLOAD"
        ? state?.getStorageAt(address, slot)
        : opcodeName === "SSTORE" && written !== undefined
          ? formatWord(written)
          : undefined;
    if (value === undefined) return undefined;
    const storage = { ...storages.get(address), [slot]: value };
    storages.set(address, storage);
    return storage;
  }

  function entryOf(step: ObservedStep): StructLog {
    const { memory, returnData, refund } = step;
    const storage = storageOf(step);
    return {
      pc: step.pc,
      op: step.opcodeName,
      gas: Number(step.gas),
      gasCost: Number(step.gasCost),
      depth: step.depth + 1,
      ...(options.disableStack ? {} : { stack: step.stack.map(formatQuantity) }),
      ...(options.enableReturnData && returnData.length > 0 ? { returnData: bytesToHex(returnData) } : {}),
      ...(options.enableMemory && memory.length > 0 ? { memory: words(memory) } : {}),
      ...(storage === undefined ? {} : { storage }),
      ...(refund === 0n ? {} : { refund: Number(refund) }),
    };
  }

  return {
    observer: {
      onTransactionStart: ({ state: live }) => void (state = live),
      onStep(step) {
        latest = undefined;
        if (isFull || (options.limit > 0 && structLogs.length >= options.limit)) return;
        latest = entryOf(step);
        structLogs.push(latest);
        const { stack = [], memory = [], storage = {}, returnData = "" } = latest;
        const size = 120 + WORD_SIZE * (stack.length + memory.length + 2 * Object.keys(storage).length);
        isFull = !meter.grow(size + returnData.length) || structLogs.length > maximumSteps;
      },
      onCallStart: () => void (latest = undefined),
      onCallEnd({ depth, output: returned, error }) {
        const isRevert = error === FRAME_ERROR.reverted;
        if (depth === 0 && (error === undefined || isRevert)) output = Uint8Array.from(returned);
        if (error !== undefined && !isRevert && latest !== undefined && !DEPOSIT_ERRORS.includes(error))
          latest.error = error;
        latest = undefined;
      },
      onTransactionEnd: () => void (state = undefined),
    },
    result({ gasUsed, failed }) {
      if (structLogs.length > maximumSteps)
        throw limitExceeded(`trace too large: more than ${maximumSteps} opcodes; ask for less by the tracer's options`);
      meter.grow(2 * output.length);
      meter.check();
      return { gas: Number(gasUsed), failed, returnValue: bytesToHex(output), structLogs };
    },
  };
}

/** Memory in words of 32 bytes, of which it always is a whole number. */
function words(memory: Uint8Array): string[] {
  return Array.from({ length: memory.length / 32 }, (_, index) =>
    bytesToHex(memory.subarray(32 * index, 32 * index + 32)),
  );
}
