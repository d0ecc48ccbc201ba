import { TraceUnavailableError } from "../traces/index.ts";
import type { ClaimTrace, TraceProvider, UnitTrace } from "../traces/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { DisputedClaim } from "./dispute-state.ts";

/** What is asked of the own trace of a unit. */
export type OwnUnit = Pick<UnitTrace, "root" | "halves" | "openPrefix" | "proof" | "prove">;

/** The child of a right claim as this node derived it: the only right one. */
export interface OwnClaim {
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  readonly trace: Pick<ClaimTrace, "halves" | "openPrefix" | "stateHash">;
  /** The trace of unit `index`. It is run when it is asked about. */
  openUnit(index: number): OwnUnit;
}

/** The own judgement of claims. */
export interface OwnClaims {
  /** The state hash this node derived after so many batches; undefined if it has derived fewer. */
  stateHashAt(batchCount: number): Hash | undefined;
  /** The right child of a right claim; undefined while its batches are not all derived and traced. */
  childOf(parent: Pick<DisputedClaim, "claimId" | "batchCount" | "nextBatchCount">): Promise<OwnClaim | undefined>;
}

export interface OwnClaimsOptions {
  readonly traces: Pick<TraceProvider, "openClaim">;
  readonly stateHashAt: (batchCount: number) => Hash | undefined;
  /** Changes whenever L1 takes back something of the Inbox, so that batches may not be what they were. */
  readonly rewindCount: () => number;
  readonly claimTraceHeight: number;
  readonly unitTraceHeight: number;
}

/** Roots of units that are kept: 64 bytes each. */
const KEPT_UNITS = 4_096;

/** Judges by the traces of this node. What takes long to find is kept until L1 changes what it comes from. */
export function createOwnClaims(options: OwnClaimsOptions): OwnClaims {
  const { traces, stateHashAt, rewindCount, claimTraceHeight, unitTraceHeight } = options;
  const claims = new Map<string, OwnClaim>();
  let rewinds = rewindCount();

  async function open(fromBatch: number, toBatch: number, stateHash: Hash): Promise<OwnClaim> {
    const trace = await traces.openClaim({ fromBatch, toBatch });
    return {
      stateHash,
      traceRoot: await trace.root(0, claimTraceHeight),
      trace,
      openUnit: rememberUnits(trace, unitTraceHeight),
    };
  }

  return {
    stateHashAt,
    async childOf({ batchCount, nextBatchCount }) {
      if (rewinds !== rewindCount()) {
        claims.clear();
        rewinds = rewindCount();
      }
      const stateHash = stateHashAt(nextBatchCount);
      if (stateHash === undefined) return undefined;
      const key = `${batchCount}/${nextBatchCount}/${stateHash}`;
      const known = claims.get(key);
      if (known !== undefined) return known;
      const before = rewinds;
      try {
        const claim = await open(batchCount, nextBatchCount, stateHash);
        if (before === rewindCount() && stateHashAt(nextBatchCount) === stateHash) claims.set(key, claim);
        return claim;
      } catch (error) {
        if (error instanceof TraceUnavailableError) return undefined;
        throw error;
      }
    },
  };
}

/** Units of which the root is known are not run again to be asked for it. */
function rememberUnits(trace: Pick<ClaimTrace, "openUnit">, height: number): (index: number) => OwnUnit {
  const roots = new Map<number, Hash>();
  return (index) => {
    const opened = (): Promise<UnitTrace> => trace.openUnit(index);
    return {
      async root(start, spanHeight) {
        const known = start === 0 && spanHeight === height ? roots.get(index) : undefined;
        if (known !== undefined) return known;
        const root = await (await opened()).root(start, spanHeight);
        if (start === 0 && spanHeight === height) {
          if (roots.size >= KEPT_UNITS) roots.clear();
          roots.set(index, root);
        }
        return root;
      },
      halves: async (start, spanHeight) => (await opened()).halves(start, spanHeight),
      openPrefix: async (start) => (await opened()).openPrefix(start),
      proof: async (entry, treeHeight) => (await opened()).proof(entry, treeHeight),
      prove: async (entry) => (await opened()).prove(entry),
    };
  };
}
