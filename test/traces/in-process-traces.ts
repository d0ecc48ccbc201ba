import type { RollupConfig } from "../../src/rollup/index.ts";
import type { NodeDatabase } from "../../src/storage/index.ts";
import { createTraceAnswering } from "../../src/traces/trace-answering.ts";
import type { OpenedClaim, TracedBatches } from "../../src/traces/trace-protocol.ts";
import type { ClaimTrace, TraceProvider, TraceQuestion } from "../../src/traces/index.ts";

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
      const { claim, before, length } = (await answering.answer({ kind: "open-claim", range })) as OpenedClaim;
      const question = <Question extends TraceQuestion>(name: Question): ClaimTrace[Question] =>
        ((...args: readonly number[]) =>
          answering.answer({ kind: "ask-claim", claim, call: { question: name, args } })) as ClaimTrace[Question];
      return {
        range,
        before,
        length,
        stateHash: question("stateHash"),
        root: question("root"),
        halves: question("halves"),
        prefix: question("prefix"),
        openPrefix: question("openPrefix"),
        proof: question("proof"),
        openUnit: () => Promise.reject(new Error("units are not opened here")),
      };
    },
  };
}
