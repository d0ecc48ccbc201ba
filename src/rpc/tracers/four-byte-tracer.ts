import type { ExecutionObserver } from "../../execution/index.ts";
import { isPrecompile } from "../../machine/index.ts";
import { bytesToHex } from "../../primitives/index.ts";
import type { TraceContext, Tracer } from "./tracer.ts";

type CallStart = Parameters<NonNullable<ExecutionObserver["onCallStart"]>>[0];

const KEY_SIZE = 40;

/** How often each selector was called, by selector and bytes of arguments (`0x27dc297e-128`), as go-ethereum's 4byteTracer. */
export function createFourByteTracer({ meter }: TraceContext): Tracer {
  const counts = new Map<string, number>();
  return {
    observer: {
      onCallStart({ to, input }: CallStart) {
        if (to === undefined || input.length < 4 || isPrecompile(to)) return;
        const key = `${bytesToHex(input.subarray(0, 4))}-${input.length - 4}`;
        const count = counts.get(key);
        if (count !== undefined || meter.grow(KEY_SIZE)) counts.set(key, (count ?? 0) + 1);
      },
    },
    result() {
      meter.check();
      return Object.fromEntries(counts);
    },
  };
}
