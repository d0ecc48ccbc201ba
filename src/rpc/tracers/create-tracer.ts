import type { TraceOptions } from "../parameters/index.ts";
import { invalidParams } from "../protocol/index.ts";
import { createCallTracer } from "./call-tracer.ts";
import { createStructLogger } from "./struct-logger.ts";
import type { TraceLimits, Tracer } from "./tracer.ts";
import { createPrestateTracer } from "./prestate-tracer.ts";
import { createStepTracer } from "./step-tracer.ts";

/** The tracer that options of `debug_trace*` ask for. */
export function createTracer(options: TraceOptions | undefined, limits: TraceLimits): Tracer {
  const { tracer, tracerConfig } = options ?? {};
  switch (tracer) {
    case "callTracer":
      return createCallTracer(
        { onlyTopCall: tracerConfig?.onlyTopCall ?? false, withLog: tracerConfig?.withLog ?? false },
        limits,
      );
    case "prestateTracer":
      return createPrestateTracer({ diffMode: tracerConfig?.diffMode ?? false }, limits);
    case "stepTracer":
      return createStepTracer({ limit: options?.limit ?? 0 }, limits);
    case undefined:
      return createStructLogger(
        {
          enableMemory: options?.enableMemory ?? false,
          disableStack: options?.disableStack ?? false,
          disableStorage: options?.disableStorage ?? false,
          limit: options?.limit ?? 0,
        },
        limits,
      );
    default:
      throw invalidParams(`expected tracer callTracer, prestateTracer or stepTracer, got ${String(tracer)}`);
  }
}
