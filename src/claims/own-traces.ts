import { TraceUnavailableError } from "../traces/index.ts";
import type { ClaimRange, TraceProvider } from "../traces/index.ts";
import type { Hash } from "../primitives/index.ts";

/** What `propose` takes of the trace of a claim, and what follows from it. */
export interface TraceEnd {
  /** Root over all entries. */
  readonly root: Hash;
  /** Of the last entry, lowest first: all of them left ones. */
  readonly siblings: readonly Hash[];
}

/** The traces of claims as this node made them. All answers are undefined while the batches are not all traced. */
export interface OwnTraces {
  /** Root of the trace of the claim that covers these batches. */
  rootOf(range: ClaimRange): Promise<Hash | undefined>;
  endOf(range: ClaimRange): Promise<TraceEnd | undefined>;
}

/** @param height of the trace of a claim, as the rollup has it */
export function createOwnTraces(provider: Pick<TraceProvider, "openClaim">, height: number): OwnTraces {
  return {
    rootOf: (range) =>
      unlessUnavailable(async () => {
        const trace = await provider.openClaim(range);
        return trace.root(0, height);
      }),
    endOf: (range) =>
      unlessUnavailable(async () => {
        const trace = await provider.openClaim(range);
        const [root, siblings] = await Promise.all([trace.root(0, height), trace.proof(2 ** height - 1, height)]);
        return { root, siblings };
      }),
  };
}

async function unlessUnavailable<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TraceUnavailableError) return undefined;
    throw error;
  }
}
