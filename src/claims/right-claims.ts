import type { Claim, ProposedClaim } from "./claim.ts";
import type { ClaimReader } from "./claim-reader.ts";
import { rightChild } from "./judge.ts";
import type { OwnStates } from "./own-states.ts";
import type { OwnTraces } from "./own-traces.ts";
import type { ProposalLog } from "./proposal-log.ts";

/** Tells right claims, as far as a node can. */
export interface RightClaims {
  /** The right child of a right claim, of which the state has `batchCount` batches; undefined if it is not known. */
  childOf(parent: Claim, batchCount: number): Promise<Claim | undefined>;
  /** Whether a claim on a right one is still held right, after L1 may have reorganised. `parent` is undefined if it is not known. */
  isRight(claim: Claim, parent: Claim | undefined): Promise<boolean>;
}

/** Of a node with traces. It knows the only right child of a claim before anybody proposes it, so no event is needed to find it. */
export function createTracedClaims(
  states: Pick<OwnStates, "stateHashAt">,
  traces: Pick<OwnTraces, "rootOf">,
): RightClaims {
  return {
    async childOf(parent, batchCount) {
      const stateHash = states.stateHashAt(batchCount);
      if (stateHash === undefined) return undefined;
      const traceRoot = await traces.rootOf({ fromBatch: parent.batchCount, toBatch: batchCount });
      return traceRoot === undefined ? undefined : rightChild(parent.claimId, { stateHash, traceRoot, batchCount });
    },
    async isRight(claim, parent) {
      if (states.stateHashAt(claim.batchCount) !== claim.stateHash) return false;
      if (parent === undefined) return true;
      const traceRoot = await traces.rootOf({ fromBatch: parent.batchCount, toBatch: claim.batchCount });
      // Traces come behind the chain: until then what was held right is.
      return traceRoot === undefined || traceRoot === claim.traceRoot;
    },
  };
}

/**
 * Of a node without traces, which takes a claim for right whose state is. Of claims on the same one that differ in the trace alone
 * it takes what L1 has confirmed, or else what came first: as long as none is confirmed, they are disputed, all of them.
 */
export function createUntracedClaims(
  states: Pick<OwnStates, "stateHashAt">,
  log: Pick<ProposalLog, "childrenOf">,
  reader: Pick<ClaimReader, "read">,
): RightClaims {
  const isRight = ({ stateHash, batchCount }: Claim): boolean => states.stateHashAt(batchCount) === stateHash;
  return {
    async childOf({ claimId }, batchCount) {
      const candidates = log.childrenOf(claimId).filter((child) => child.batchCount === batchCount && isRight(child));
      const known: ProposedClaim[] = [];
      for (const candidate of candidates) {
        const { status } = await reader.read(candidate.claimId);
        if (status === "confirmed") return claimOf(candidate);
        if (status === "proposed") known.push(candidate);
      }
      const [first] = known.sort((left, right) => left.blockNumber - right.blockNumber);
      return first === undefined ? undefined : claimOf(first);
    },
    isRight: (claim) => Promise.resolve(isRight(claim)),
  };
}

function claimOf({ claimId, parentId, stateHash, traceRoot, batchCount }: ProposedClaim): Claim {
  return { claimId, parentId, stateHash, traceRoot, batchCount };
}
