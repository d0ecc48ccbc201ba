import type { ProvenStep, TraceTree } from "../machine/index.ts";
import type { Instruments } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { OpenedClaim, TraceCall, TraceExtent } from "./trace-protocol.ts";
import { createTraceThread } from "./trace-thread-handle.ts";
import type { AskedTrace, ClaimTrace, ExplainedStep, TraceProvider, TraceQuestion, UnitTrace } from "./types.ts";

export interface TraceProviderOptions {
  /** Of the database, which the process has open. */
  readonly folder: string;
  readonly config: RollupConfig;
}

/** Threads start when they are first needed: one for claims, and one for units, which may take minutes. */
export function createTraceProvider(
  { folder, config }: TraceProviderOptions,
  { logger }: Pick<Instruments, "logger">,
): TraceProvider {
  const claims = createTraceThread({ kind: "claims", folder, config }, { logger });
  const units = createTraceThread({ kind: "units", folder, config }, { logger });

  return {
    async openClaim(range): Promise<ClaimTrace> {
      const { claim, ...extent } = (await claims.ask({ kind: "open-claim", range })) as OpenedClaim;
      return {
        range,
        ...askedTrace(extent, (call) => claims.ask({ kind: "ask-claim", claim, call })),
        async openUnit(unit): Promise<UnitTrace> {
          const opened = (await units.ask({ kind: "open-unit", claim, unit })) as TraceExtent;
          return {
            ...askedTrace(opened, (call) => units.ask({ kind: "ask-unit", claim, unit, call })),
            prove: (step) => units.ask({ kind: "prove-step", claim, unit, step }) as Promise<ProvenStep>,
            explain: (step) => units.ask({ kind: "explain-step", claim, unit, step }) as Promise<ExplainedStep>,
          };
        },
      };
    },
    async close() {
      await Promise.all([claims.close(), units.close()]);
    },
  };
}

/** A trace by what answers questions about it. */
export function askedTrace({ before, length }: TraceExtent, ask: (call: TraceCall) => Promise<unknown>): AskedTrace {
  const question = <Question extends TraceQuestion>(name: Question): AskedTrace[Question] =>
    // The thread answers with what the tree gives.
    ((...args: Parameters<TraceTree[Question]>) => ask({ question: name, args })) as AskedTrace[Question];
  return {
    before,
    length,
    stateHash: question("stateHash"),
    root: question("root"),
    halves: question("halves"),
    prefix: question("prefix"),
    openPrefix: question("openPrefix"),
    proof: question("proof"),
  };
}
