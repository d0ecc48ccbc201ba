import type { Claim } from "../../../claims/index.ts";
import { defineMethod } from "../../node.ts";
import { integer, optional } from "../../parameters/scalars.ts";
import { requireClaims } from "../../withdrawal-status.ts";

const MAXIMUM_CLAIMS = 1_000;

/**
 * The claims on L1 that this node holds right, each the child of the one before, from those of `batchCount` batches on, and what the
 * next has to be if it knows. Any other child of them is wrong.
 */
export const getRightClaims = defineMethod(
  "rollup_getRightClaims",
  [integer, optional(integer)],
  async ([batchCount, limit = MAXIMUM_CLAIMS], node) => {
    const path = await requireClaims(node).rightPath(batchCount, Math.min(limit, MAXIMUM_CLAIMS));
    return {
      claims: path.claims.map(formatPathClaim),
      next: path.next === undefined ? null : formatPathClaim(path.next),
    };
  },
  { weight: "heavy" },
);

function formatPathClaim({ claimId: id, parentId, stateHash, traceRoot, batchCount }: Claim): object {
  return { id, parentId, stateHash, traceRoot, batchCount };
}
