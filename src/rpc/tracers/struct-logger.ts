import { bytesToHex } from "../../primitives/index.ts";
import { formatQuantity } from "../format/index.ts";
import { limitExceeded } from "../protocol/index.ts";
import type { TraceLimits, Tracer } from "./tracer.ts";

/** Options of go-ethereum's default tracer. */
export interface StructLoggerOptions {
  readonly enableMemory: boolean;
  readonly disableStack: boolean;
  readonly disableStorage: boolean;
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
  readonly memory?: readonly string[];
  storage?: Readonly<Record<string, string>>;
}

const WORD_SIZE = 66;

/** One entry per opcode, in the format of go-ethereum's struct logger. */
export function createStructLogger(options: StructLoggerOptions, limits: TraceLimits): Tracer {
  const structLogs: StructLog[] = [];
  // Storage each frame's account was seen to read or write, by account.
  const storages = new Map<string, Record<string, string>>();
  let firstDepth: number | undefined;
  let size = 0;
  let overflow: string | undefined;
  let output = new Uint8Array();
  // An SLOAD whose value shows on the stack of the next step of the same frame.
  let load:
    { readonly entry: StructLog; readonly depth: number; readonly address: string; readonly key: string } | undefined;

  return {
    observer: {
      onStep(step) {
        firstDepth ??= step.depth;
        if (load !== undefined && load.depth === step.depth) {
          const value = step.stack.at(-1);
          if (value !== undefined) load.entry.storage = remember(load.address, load.key, value);
        }
        load = undefined;
        if (overflow !== undefined || (options.limit > 0 && structLogs.length >= options.limit)) return;
        const entry: StructLog = {
          pc: step.pc,
          op: step.opcodeName,
          gas: Number(step.gas),
          gasCost: Number(step.gasCost),
          depth: step.depth - firstDepth + 1,
          ...(options.disableStack ? {} : { stack: step.stack.map(formatQuantity) }),
          ...(options.enableMemory ? { memory: words(step.memory) } : {}),
        };
        structLogs.push(entry);
        const top = step.stack.at(-1);
        if (!options.disableStorage && top !== undefined) {
          const key = word(top);
          if (step.opcodeName === "SLOAD") load = { entry, depth: step.depth, address: step.address, key };
          if (step.opcodeName === "SSTORE") {
            const value = step.stack.at(-2);
            if (value !== undefined) entry.storage = remember(step.address, key, value);
          }
        }
        size +=
          100 +
          WORD_SIZE *
            ((entry.stack?.length ?? 0) + (entry.memory?.length ?? 0) + 2 * Object.keys(entry.storage ?? {}).length);
        if (structLogs.length > limits.steps) overflow = `more than ${limits.steps} opcodes`;
        else if (size > limits.size) overflow = `more than ${limits.size} bytes`;
        if (overflow !== undefined) structLogs.length = 0;
      },
      onCallEnd(end) {
        output = Uint8Array.from(end.output);
        const last = structLogs.at(-1);
        if (end.error !== undefined && end.error !== "revert" && last !== undefined && load?.entry !== last)
          last.error ??= end.error;
      },
    },
    result({ gasUsed, failed }) {
      if (overflow !== undefined)
        throw limitExceeded(`trace too large: ${overflow}; ask for less by the tracer's options`);
      return { gas: Number(gasUsed), failed, returnValue: bytesToHex(output), structLogs };
    },
  };

  function remember(address: string, key: string, value: bigint): Record<string, string> {
    const storage = { ...storages.get(address), [key]: word(value) };
    storages.set(address, storage);
    return storage;
  }
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

function words(memory: Uint8Array): string[] {
  const result: string[] = [];
  for (let offset = 0; offset + 32 <= memory.length; offset += 32)
    result.push(bytesToHex(memory.subarray(offset, offset + 32)).slice(2));
  return result;
}
