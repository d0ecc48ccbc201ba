import { z } from "zod";
import { blockOverrides, stateOverrides } from "./call-parameter.ts";
import { flag, integer, object, optional } from "./scalars.ts";

export const TRACERS = ["callTracer", "prestateTracer", "stepTracer"] as const;

/** Options of `debug_trace*`; of JavaScript tracers there are none. */
export const traceOptions = optional(
  object({
    tracer: optional(z.enum(TRACERS, { error: `expected one of ${TRACERS.join(", ")}, or none` })),
    tracerConfig: optional(object({ onlyTopCall: optional(flag), withLog: optional(flag), diffMode: optional(flag) })),
    enableMemory: optional(flag),
    disableStack: optional(flag),
    disableStorage: optional(flag),
    limit: optional(integer),
    txIndex: optional(integer),
    stateOverrides,
    blockOverrides,
  }),
);
export type TraceOptions = NonNullable<z.output<typeof traceOptions>>;
