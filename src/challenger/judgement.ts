import type { Hash } from "../primitives/index.ts";
import { childrenOf } from "./dispute-state.ts";
import type { DisputeState, DisputedClaim } from "./dispute-state.ts";
import type { OwnClaim, OwnClaims } from "./own-claims.ts";

/** The children of a right claim, judged. */
export interface Judged {
  readonly parent: DisputedClaim;
  /** What is right. */
  readonly own: OwnClaim;
  /** The right child, if somebody has proposed it. */
  readonly right: DisputedClaim | undefined;
  readonly wrong: readonly DisputedClaim[];
}

/** What this node makes of the claims on L1. */
export type Judgement =
  /**
   * The right claims with children, from the first that is disputed or not decided on, each the child of the one before. Where this
   * node has not derived as far, the last ones are missing: `unjudged` is then the first claim it cannot judge the children of.
   */
  | { readonly kind: "judged"; readonly path: readonly Judged[]; readonly unjudged: DisputedClaim | undefined }
  /** Another claim was confirmed than what this node derived: one of the two is wrong, and L1 does not change it. */
  | { readonly kind: "lost"; readonly confirmed: DisputedClaim; readonly expectedStateHash: Hash }
  /** Nothing is confirmed yet that this node knows, or it has not derived as far as what is confirmed. */
  | { readonly kind: "behind" };

/**
 * Follows the path of right claims: from the last confirmed to the end, and back from it as far as `isOfInterest` says of the
 * parents of decided disputes.
 */
export async function judgeClaims(
  state: DisputeState,
  own: OwnClaims,
  isOfInterest: (parent: DisputedClaim) => boolean,
): Promise<Judgement> {
  const confirmed = state.claims.get(state.latestConfirmed ?? "0x");
  if (confirmed === undefined) return { kind: "behind" };
  const expectedStateHash = own.stateHashAt(confirmed.batchCount);
  if (expectedStateHash === undefined) return { kind: "behind" };
  if (expectedStateHash !== confirmed.stateHash) return { kind: "lost", confirmed, expectedStateHash };

  const path: Judged[] = [];
  for (const parent of disputedAncestors(state, confirmed)) {
    if (!isOfInterest(parent)) continue;
    const child = await own.childOf(parent);
    if (child !== undefined) path.unshift(judgeChildren(state, parent, child));
  }
  let parent: DisputedClaim | undefined = confirmed;
  while (parent !== undefined && (state.children.get(parent.claimId)?.length ?? 0) > 0) {
    const child = await own.childOf(parent);
    if (child === undefined) return { kind: "judged", path, unjudged: parent };
    const judged = judgeChildren(state, parent, child);
    path.push(judged);
    parent = judged.right;
  }
  return { kind: "judged", path, unjudged: undefined };
}

function judgeChildren(state: DisputeState, parent: DisputedClaim, own: OwnClaim): Judged {
  const children = childrenOf(state, parent.claimId);
  const isRight = ({ stateHash, traceRoot }: DisputedClaim): boolean =>
    stateHash === own.stateHash && traceRoot === own.traceRoot;
  return {
    parent,
    own,
    right: children.find(isRight),
    wrong: children.filter((child) => !isRight(child)),
  };
}

/** The claims before a confirmed one whose children were rivals, the latest first. */
function* disputedAncestors(state: DisputeState, confirmed: DisputedClaim): Generator<DisputedClaim> {
  let parent = state.claims.get(confirmed.parentId);
  while (parent !== undefined) {
    if ((state.children.get(parent.claimId)?.length ?? 0) > 1) yield parent;
    parent = state.claims.get(parent.parentId);
  }
}
