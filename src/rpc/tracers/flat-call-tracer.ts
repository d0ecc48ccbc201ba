import { FRAME_ERROR } from "../../ethereum/index.ts";
import { isPrecompile } from "../../machine/index.ts";
import { createCallTracer } from "./call-tracer.ts";
import type { CallFrame } from "./call-tracer.ts";
import type { TraceContext, TracedPlace, Tracer } from "./tracer.ts";

export interface FlatCallTracerOptions {
  /** Errors in the words of Parity, as `trace_*` has them. */
  readonly convertParityErrors: boolean;
  /** Calls of precompiles too. */
  readonly includePrecompiles: boolean;
}

/** A call, creation or self-destruction, in the format of Parity's `trace_*`. */
export interface FlatTrace extends Partial<TracedPlace> {
  readonly type: "call" | "create" | "suicide";
  readonly action: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly result: Readonly<Record<string, string>> | null;
  /** Calls that it made itself. */
  readonly subtraces: number;
  /** For each call around it and for itself, how many its caller had made before. */
  readonly traceAddress: readonly number[];
}

/** Bytes of an entry besides its data. */
const ENTRY_SIZE = 500;

/** The calls in the order in which they began, in the format of go-ethereum's flat call tracer. Its result is an array. */
export function createFlatCallTracer(options: FlatCallTracerOptions, context: TraceContext): Tracer {
  const tracer = createCallTracer({ onlyTopCall: false, withLog: false }, context);
  return {
    observer: tracer.observer,
    result(transaction) {
      const { place } = transaction;
      const traces: FlatTrace[] = [];
      const add = (frame: CallFrame, traceAddress: readonly number[]): void => {
        const calls = (frame.calls ?? []).filter(
          ({ to, type }) =>
            options.includePrecompiles || to === undefined || type === "SELFDESTRUCT" || !isPrecompile(to),
        );
        context.meter.grow(ENTRY_SIZE);
        traces.push({ ...flatten(frame, options), subtraces: calls.length, traceAddress, ...place });
        calls.forEach((call, index) => {
          add(call, [...traceAddress, index]);
        });
      };
      add(tracer.result(transaction), []);
      context.meter.check();
      return traces;
    },
  };
}

function flatten(
  frame: CallFrame,
  { convertParityErrors }: FlatCallTracerOptions,
): Pick<FlatTrace, "type" | "action" | "error" | "result"> {
  const { type, from, to = "0x", value = "0x0", gas, gasUsed, input, output = "0x", error } = frame;
  if (type === "SELFDESTRUCT")
    return { type: "suicide", action: { address: from, balance: value, refundAddress: to }, result: null };
  // What a revert returned says why; any other failure returns nothing.
  const isKept = error === undefined || error === FRAME_ERROR.reverted;
  const failure = error === undefined ? {} : { error: convertParityErrors ? parityError(error) : error };
  if (type === "CREATE" || type === "CREATE2") {
    const action = { creationMethod: type.toLowerCase(), from, gas, init: input, value };
    return { type: "create", action, ...failure, result: isKept ? { address: to, code: output, gasUsed } : null };
  }
  const action = { callType: type.toLowerCase(), from, gas, input, to, value };
  return { type: "call", action, ...failure, result: isKept ? { gasUsed, output } : null };
}

/** Beginnings of errors, and what Parity says instead. */
const PARITY_ERRORS: readonly (readonly [beginning: string, parity: string])[] = [
  ["contract creation code storage out of gas", "Out of gas"],
  ["out of gas", "Out of gas"],
  ["gas uint64 overflow", "Out of gas"],
  ["max code size exceeded", "Out of gas"],
  ["invalid jump destination", "Bad jump destination"],
  ["execution reverted", "Reverted"],
  ["return data out of bounds", "Out of bounds"],
  ["stack limit reached", "Out of stack"],
  ["stack underflow", "Stack underflow"],
  ["invalid opcode", "Bad instruction"],
  ["precompiled failed", "Built-in failed"],
];

function parityError(error: string): string {
  return PARITY_ERRORS.find(([beginning]) => error.startsWith(beginning))?.[1] ?? error;
}
