import { FRAME_ERROR } from "../../ethereum/index.ts";
import { memoryWindow, wordToAddress } from "../../execution/index.ts";
import type { ObservedState, ObservedStep } from "../../execution/index.ts";
import { bytesToHex } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import { formatQuantity, formatWord } from "../format/scalars.ts";
import { revertReason } from "../simulation/revert-reason.ts";
import type { TraceContext, TracedTransaction, Tracer } from "./tracer.ts";

export interface CallTracerOptions {
  readonly onlyTopCall: boolean;
  readonly withLog: boolean;
}

/** A call with those that it made, in the format of go-ethereum's call tracer. */
export interface CallFrame {
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
  calls?: CallFrame[];
  logs?: FrameLog[];
}

interface FrameLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: string;
  /** Place in the block, as `logIndex` of a receipt. */
  readonly index: string;
  /** How many calls of the frame were made before. */
  readonly position: string;
}

interface OpenFrame {
  readonly frame: CallFrame;
  /** Logs of the block when it began: what it goes back to if it fails. */
  readonly logCount: number;
  /** Put into the frame if it ends well, for a SELFDESTRUCT ends it. */
  destruction: CallFrame | undefined;
}

const FRAME_SIZE = 300;
const LOG_SIZE = 600;

/** The tree of calls, in the format of go-ethereum's call tracer. */
export function createCallTracer(
  options: CallTracerOptions,
  { meter, firstLogIndex }: TraceContext,
): Omit<Tracer, "result"> & { result(transaction: TracedTransaction): CallFrame } {
  const open: OpenFrame[] = [];
  let state: ObservedState | undefined;
  let top: CallFrame | undefined;
  let logCount = firstLogIndex;

  const isShown = (): boolean => !options.onlyTopCall || open.length === 1;

  function addLog(frame: CallFrame, step: ObservedStep, topicCount: number): void {
    const { stack, address } = step;
    const [offset, length] = [stack.at(-1), stack.at(-2)];
    if (offset === undefined || length === undefined || stack.length < 2 + topicCount) return;
    const data = memoryWindow(step, offset, length);
    if (data === undefined || !meter.grow(LOG_SIZE + 2 * data.length)) return;
    (frame.logs ??= []).push({
      address,
      topics: stack
        .slice(stack.length - 2 - topicCount, -2)
        .toReversed()
        .map(formatWord),
      data: bytesToHex(data),
      index: formatQuantity(logCount),
      position: formatQuantity(frame.calls?.length ?? 0),
    });
  }

  return {
    observer: {
      onTransactionStart: ({ state: live }) => void (state = live),
      onCallStart({ kind, from, to, value, gas, input }) {
        const parent = open.at(-1)?.frame;
        const inherited = kind === "DELEGATECALL" ? parent?.value : undefined;
        const frame: CallFrame = {
          type: kind,
          from,
          ...(to === undefined ? {} : { to }),
          ...(kind === "STATICCALL" ? {} : { value: inherited ?? formatQuantity(value) }),
          gas: formatQuantity(gas),
          gasUsed: "0x0",
          input: "0x",
        };
        // Frames are stacked even if they are not kept, so that ends find their starts.
        open.push({ frame, logCount, destruction: undefined });
        top ??= frame;
        if (!isShown() || !meter.grow(FRAME_SIZE + 2 * input.length)) return;
        frame.input = bytesToHex(input);
        if (parent !== undefined) (parent.calls ??= []).push(frame);
      },
      onStep(step) {
        const current = open.at(-1);
        if (current === undefined) return;
        const { opcode, opcodeName, stack, address } = step;
        if (opcodeName === "SELFDESTRUCT") {
          const beneficiary = stack.at(-1);
          if (options.onlyTopCall || beneficiary === undefined || !meter.grow(FRAME_SIZE)) return;
          current.destruction = {
            type: "SELFDESTRUCT",
            from: address,
            to: wordToAddress(beneficiary),
            value: formatQuantity(state?.getAccount(address)?.balance ?? 0n),
            gas: "0x0",
            gasUsed: "0x0",
            input: "0x",
          };
        } else if (options.withLog && opcode >= 0xa0 && opcode <= 0xa4) {
          if (isShown()) addLog(current.frame, step, opcode - 0xa0);
          logCount++;
        }
      },
      onCallEnd({ gasUsed, output, error, createdAddress }) {
        const wasShown = isShown();
        const ended = open.pop();
        if (ended === undefined) return;
        const { frame, destruction } = ended;
        frame.gasUsed = formatQuantity(gasUsed);
        if (createdAddress !== undefined) frame.to = createdAddress;
        const isRevert = error === FRAME_ERROR.reverted;
        if (wasShown && (error === undefined || isRevert) && output.length > 0 && meter.grow(2 * output.length))
          frame.output = bytesToHex(output);
        if (error === undefined) {
          if (destruction !== undefined) (frame.calls ??= []).push(destruction);
          return;
        }
        frame.error = error;
        const reason = isRevert ? revertReason(output) : undefined;
        if (reason !== undefined) frame.revertReason = reason;
        if (frame.type.startsWith("CREATE")) delete frame.to;
        logCount = ended.logCount;
        forgetLogs(frame);
      },
      onTransactionEnd: () => void (state = undefined),
    },
    result({ from, to, value, gas, gasUsed, input, failed }) {
      meter.check();
      const frame: CallFrame = top ?? {
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
function forgetLogs(frame: CallFrame): void {
  delete frame.logs;
  for (const call of frame.calls ?? []) forgetLogs(call);
}
