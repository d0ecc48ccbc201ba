import type { Hash } from "../primitives/index.ts";
import { claimId } from "../rollup/index.ts";
import type { Claim, ClaimOnL1 } from "./claim.ts";

/** The only right child of a right claim, of what this node derived and traced. */
export function rightChild(
  parentId: Hash,
  { stateHash, traceRoot, batchCount }: Pick<Claim, "stateHash" | "traceRoot" | "batchCount">,
): Claim {
  return { claimId: claimId(parentId, stateHash, traceRoot), parentId, stateHash, traceRoot, batchCount };
}

/**
 * How many of a path's claims, from its begin on, are what this node derives now. L1 reorgs change that, and not
 * necessarily from the end: so each claim is looked at, down to the last right one whose batches are final.
 */
export async function countRight(
  path: readonly Claim[],
  isRight: (claim: Claim, parent: Claim | undefined) => Promise<boolean>,
  isFinal: (batchCount: number) => boolean,
): Promise<number> {
  let count = path.length;
  for (const [position, claim] of [...path.entries()].reverse()) {
    if (!(await isRight(claim, path[position - 1]))) count = position;
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

/** What a claim should say, as far as this node knows it: undefined where it has not derived or traced as far. */
export interface OwnClaim {
  readonly stateHash: Hash | undefined;
  readonly traceRoot: Hash | undefined;
}

/** A claim is right if both its state and its trace are the node's own. */
export type Verdict =
  | { readonly kind: "right" }
  | { readonly kind: "undecided" }
  | { readonly kind: "wrong"; readonly expectedStateHash: Hash; readonly expectedTraceRoot: Hash | undefined };

export function judgeClaim(claim: Pick<Claim, "stateHash" | "traceRoot">, own: OwnClaim): Verdict {
  const { stateHash: expectedStateHash, traceRoot: expectedTraceRoot } = own;
  if (expectedStateHash === undefined) return { kind: "undecided" };
  if (claim.stateHash !== expectedStateHash) return { kind: "wrong", expectedStateHash, expectedTraceRoot: undefined };
  if (expectedTraceRoot === undefined) return { kind: "undecided" };
  return claim.traceRoot === expectedTraceRoot
    ? { kind: "right" }
    : { kind: "wrong", expectedStateHash, expectedTraceRoot };
}
