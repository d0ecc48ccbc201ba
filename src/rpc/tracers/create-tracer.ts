import type { TracerChoice } from "../parameters/trace-parameter.ts";
import { createCallTracer } from "./call-tracer.ts";
import { createFlatCallTracer } from "./flat-call-tracer.ts";
import { createFourByteTracer } from "./four-byte-tracer.ts";
import { createMuxTracer } from "./mux-tracer.ts";
import { createPrestateTracer } from "./prestate-tracer.ts";
import { createStepTracer } from "./step-tracer.ts";
import { createStructLogger } from "./struct-logger.ts";
import type { TraceContext, Tracer } from "./tracer.ts";

/** The tracer that options of `debug_trace*` ask for. */
export function createTracer(choice: TracerChoice, context: TraceContext): Tracer {
  switch (choice.tracer) {
    case undefined:
      return createStructLogger(choice, context);
    case "callTracer":
      return createCallTracer(choice, context);
    case "flatCallTracer":
      return createFlatCallTracer(choice, context);
    case "prestateTracer":
      return createPrestateTracer(choice, context);
    case "4byteTracer":
      return createFourByteTracer(context);
    case "noopTracer":
      return { observer: {}, result: () => ({}) };
    case "muxTracer":
      return createMuxTracer(new Map(choice.tracers.map((each) => [each.tracer, createTracer(each, context)])));
    case "stepTracer":
      return createStepTracer(choice, context);
  }
}
