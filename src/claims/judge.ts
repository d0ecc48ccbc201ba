import type { Hash } from "../primitives/index.ts";
import { claimId } from "../rollup/index.ts";
import type { Claim, ClaimOnL1, ProposedClaim, WrongClaim } from "./claim.ts";

/** The state hash this node derived after so many batches; undefined if it has derived fewer. */
export type StateHashAt = (batchCount: number) => Hash | undefined;

/** The only right child of a right claim, whose state has `batchCount` batches, if this node has derived as many. */
export function rightChild(parentId: Hash, batchCount: number, stateHashAt: StateHashAt): Claim | undefined {
  const stateHash = stateHashAt(batchCount);
  return stateHash === undefined
    ? undefined
    : { claimId: claimId(parentId, stateHash), parentId, stateHash, batchCount };
}

/**
 * How many of a path's claims, from its begin on, are what this node derives now. L1 reorgs change that, and not
 * necessarily from the end: so each claim is looked at, down to the last right one whose batches are final.
 */
export function countRight(
  path: readonly Claim[],
  stateHashAt: StateHashAt,
  isFinal: (batchCount: number) => boolean,
): number {
  let count = path.length;
  for (const [position, claim] of [...path.entries()].reverse()) {
    if (stateHashAt(claim.batchCount) !== claim.stateHash) count = position;
    else if (isFinal(claim.batchCount)) break;
  }
  return count;
}

/** Where a claim stands at an L1 time. */
export type ClaimStatus =
  | "unknown"
  /** In its challenge period. */
  | "pending"
  /** A rival child of the same parent blocks it. */
  | "disputed"
  /** Nothing rivals it, and its challenge period is over: it only needs `confirm`. */
  | "confirmable"
  | "confirmed"
  /** A rival is confirmed, or an ancestor is lost. */
  | "lost";

/** @param l1Timestamp and `challengePeriod` in seconds */
export function claimStatus(
  claim: Pick<ClaimOnL1, "status" | "proposedAt">,
  parent: Pick<ClaimOnL1, "children">,
  l1Timestamp: number,
  challengePeriod: number,
): ClaimStatus {
  switch (claim.status) {
    case "unknown":
    case "confirmed":
      return claim.status;
    case "forfeited":
      return "lost";
    case "proposed":
      if (parent.children === "decided") return "lost";
      if (parent.children === "rivals") return "disputed";
      return l1Timestamp >= claim.proposedAt + challengePeriod ? "confirmable" : "pending";
  }
}

/** Tells wrong claims from those that cannot be judged yet. Right ones are in neither list, and each id counts once. */
export function judgeProposals(
  claims: readonly ProposedClaim[],
  stateHashAt: StateHashAt,
): { readonly undecided: readonly ProposedClaim[]; readonly wrong: readonly WrongClaim[] } {
  const undecided: ProposedClaim[] = [];
  const wrong: WrongClaim[] = [];
  for (const claim of new Map(claims.map((found) => [found.claimId, found])).values()) {
    const expectedStateHash = stateHashAt(claim.batchCount);
    if (expectedStateHash === undefined) undecided.push(claim);
    else if (expectedStateHash !== claim.stateHash) wrong.push({ ...claim, expectedStateHash });
  }
  return { undecided, wrong };
}
