import { bytesToHex, type Address } from "../../primitives/index.ts";
import { formatQuantity } from "../format/index.ts";
import { limitExceeded } from "../protocol/index.ts";
import { revertReason, wordToAddress } from "../simulation/index.ts";
import type { TraceLimits, Tracer } from "./tracer.ts";

export interface CallTracerOptions {
  readonly onlyTopCall: boolean;
  readonly withLog: boolean;
}

interface Frame {
  readonly type: string;
  readonly from: Address;
  to?: Address;
  value?: string;
  gas: string;
  gasUsed: string;
  input: string;
  output?: string;
  error?: string;
  revertReason?: string;
  calls?: Frame[];
  logs?: FrameLog[];
}

interface FrameLog {
  readonly address: Address;
  readonly topics: readonly string[];
  readonly data: string;
  readonly position: string;
}

/** The tree of calls, in the format of go-ethereum's call tracer. */
export function createCallTracer(options: CallTracerOptions, limits: TraceLimits): Tracer {
  const open: Frame[] = [];
  let top: Frame | undefined;
  let size = 0;

  function grow(bytes: number): boolean {
    size += 200 + 2 * bytes;
    return size <= limits.size;
  }

  return {
    observer: {
      onCallStart({ kind, from, to, value, gas, input }) {
        const frame: Frame = {
          type: kind,
          from,
          ...(to === undefined ? {} : { to }),
          ...(kind === "STATICCALL" || kind === "DELEGATECALL" ? {} : { value: formatQuantity(value) }),
          gas: formatQuantity(gas),
          gasUsed: "0x0",
          input: "0x",
        };
        const parent = open.at(-1);
        // Frames are stacked even if they are not kept, so that ends find their starts.
        open.push(frame);
        top ??= frame;
        if (parent !== undefined && options.onlyTopCall) return;
        if (!grow(input.length)) return;
        frame.input = bytesToHex(input);
        if (parent !== undefined) (parent.calls ??= []).push(frame);
      },
      onStep({ opcodeName, opcode, stack, memory, address, gas }) {
        const frame = open.at(-1);
        if (frame === undefined || (options.onlyTopCall && open.length > 1)) return;
        const operand = (fromTop: number): bigint => stack[stack.length - 1 - fromTop] ?? 0n;
        if (opcodeName === "SELFDESTRUCT" && !options.onlyTopCall && grow(0)) {
          (frame.calls ??= []).push({
            type: "SELFDESTRUCT",
            from: address,
            to: wordToAddress(operand(0)),
            gas: formatQuantity(gas),
            gasUsed: "0x0",
            input: "0x",
          });
        }
        if (!options.withLog || opcode < 0xa0 || opcode > 0xa4) return;
        const count = opcode - 0xa0;
        if (stack.length < 2 + count) return;
        // A log that fits its gas has at most 2^24 / 8 bytes; memory beyond its size reads as zeros.
        if (operand(0) > 2n ** 24n || operand(1) > 2n ** 24n) return;
        const [offset, length] = [Number(operand(0)), Number(operand(1))];
        if (!grow(length)) return;
        const data = new Uint8Array(length);
        data.set(memory.subarray(Math.min(offset, memory.length), Math.min(offset + length, memory.length)));
        (frame.logs ??= []).push({
          address,
          topics: Array.from(
            { length: count },
            (_, index) =>
              `0x${operand(2 + index)
                .toString(16)
                .padStart(64, "0")}`,
          ),
          data: bytesToHex(data),
          position: formatQuantity(frame.calls?.length ?? 0),
        });
      },
      onCallEnd({ gasUsed, output, error, createdAddress }) {
        const frame = open.pop();
        if (frame === undefined) return;
        frame.gasUsed = formatQuantity(gasUsed);
        if (createdAddress !== undefined) frame.to = createdAddress;
        if (grow(output.length) && output.length > 0) frame.output = bytesToHex(output);
        if (error === undefined) return;
        const reverted = /revert/i.test(error);
        frame.error = reverted ? "execution reverted" : error;
        const reason = reverted ? revertReason(output) : undefined;
        if (reason !== undefined) frame.revertReason = reason;
        if (frame.type.startsWith("CREATE")) delete frame.to;
        forgetLogs(frame);
      },
    },
    result({ from, to, value, gas, gasUsed, input, failed }) {
      if (size > limits.size)
        throw limitExceeded(`trace too large: more than ${limits.size} bytes; ask for less by the tracer's options`);
      const frame: Frame = top ?? {
        type: to === undefined ? "CREATE" : "CALL",
        from,
        ...(to === undefined ? {} : { to }),
        value: formatQuantity(value),
        gas: "0x0",
        gasUsed: "0x0",
        input: bytesToHex(input),
        ...(failed ? { error: "not run" } : {}),
      };
      // Of the whole transaction, intrinsic and data gas included.
      return { ...frame, gas: formatQuantity(gas), gasUsed: formatQuantity(gasUsed) };
    },
  };
}

/** Logs of a failed call, and of all calls below it, never happened. */
function forgetLogs(frame: Frame): void {
  delete frame.logs;
  for (const call of frame.calls ?? []) forgetLogs(call);
}
