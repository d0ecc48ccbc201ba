import { prepareMachine } from "../machine/index.ts";
import { createBatchTracing } from "./batch-tracing.ts";
import { createClaimTraces } from "./claim-traces.ts";
import type { TraceReading } from "./claim-units.ts";
import type { TraceRequest } from "./trace-protocol.ts";
import { createUnitTraces } from "./unit-traces.ts";

/** Answers requests: what a thread does, whichever it is. */
export interface TraceAnswering {
  /** What it gives is named beside each request. */
  answer(request: TraceRequest): Promise<unknown>;
}

export async function createTraceAnswering(reading: TraceReading): Promise<TraceAnswering> {
  await prepareMachine();
  const batches = createBatchTracing(reading);
  const claims = createClaimTraces(reading);
  const units = createUnitTraces(reading);
  return {
    async answer(request) {
      switch (request.kind) {
        case "trace-batches":
          return batches.trace(request.first);
        case "open-claim":
          return claims.open(request.range);
        case "ask-claim":
          return claims.ask(request.claim, request.call);
        case "open-unit":
          return units.open(request.claim, request.unit);
        case "ask-unit":
          return units.ask(request.claim, request.unit, request.call);
        case "prove-step":
          return units.prove(request.claim, request.unit, request.step);
        case "explain-step":
          return units.explain(request.claim, request.unit, request.step);
      }
    },
  };
}
