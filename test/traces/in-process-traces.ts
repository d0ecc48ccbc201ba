import type { RollupConfig } from "../../src/rollup/index.ts";
import type { NodeDatabase } from "../../src/storage/index.ts";
import { createTraceAnswering } from "../../src/traces/trace-answering.ts";
import type { OpenedClaim, TraceExtent, TracedBatches } from "../../src/traces/trace-protocol.ts";
import { askedTrace } from "../../src/traces/trace-provider.ts";
import type { ClaimTrace, ExplainedStep, TraceProvider, UnitTrace } from "../../src/traces/index.ts";
import type { ProvenStep } from "../../src/machine/index.ts";

/** What the threads of a node do about traces, on the thread of the test, and only when that says so. */
export interface InProcessTraces extends Pick<TraceProvider, "openClaim"> {
  /** Traces all batches that are derived. */
  follow(): Promise<void>;
}

export async function createInProcessTraces(
  config: RollupConfig,
  { chain, inbox, traces }: NodeDatabase,
): Promise<InProcessTraces> {
  const database = { chain, inbox, traces, refresh: () => undefined, close: () => Promise.resolve() };
  const answering = await createTraceAnswering({ config, database });
  return {
    async follow() {
      while (traces.batchCount() < chain.derivedBatchCount()) {
        const traced = (await answering.answer({
          kind: "trace-batches",
          first: traces.batchCount(),
        })) as TracedBatches;
        if (traced.kind !== "traced") throw new Error(`expected traces, got ${JSON.stringify(traced)}`);
        await traces.appendBatches(traced.batches, traced.rewindCount);
      }
    },
    async openClaim(range): Promise<ClaimTrace> {
      const { claim, ...extent } = (await answering.answer({ kind: "open-claim", range })) as OpenedClaim;
      return {
        range,
        ...askedTrace(extent, (call) => answering.answer({ kind: "ask-claim", claim, call })),
        async openUnit(unit): Promise<UnitTrace> {
          const opened = (await answering.answer({ kind: "open-unit", claim, unit })) as TraceExtent;
          return {
            ...askedTrace(opened, (call) => answering.answer({ kind: "ask-unit", claim, unit, call })),
            prove: (step) => answering.answer({ kind: "prove-step", claim, unit, step }) as Promise<ProvenStep>,
            explain: (step) => answering.answer({ kind: "explain-step", claim, unit, step }) as Promise<ExplainedStep>,
          };
        },
      };
    },
  };
}
