import type { Claim } from "../claims/index.ts";
import type { L1Revert } from "../l1/index.ts";
import type { Hash } from "../primitives/index.ts";

export type ProposerErrorReason =
  /** The rollup on L1 starts from another genesis than this node. */
  | { readonly kind: "genesis-mismatch"; readonly expected: Hash; readonly actual: Hash }
  /** A claim that equals what this node derived has lost: either the node or the challenge is wrong. */
  | { readonly kind: "claim-lost"; readonly claim: Claim }
  | { readonly kind: "would-revert"; readonly purpose: string; readonly revert: L1Revert };

export class ProposerError extends Error {
  readonly reason: ProposerErrorReason;

  constructor(reason: ProposerErrorReason) {
    super(describe(reason));
    this.name = "ProposerError";
    this.reason = reason;
  }
}

/** Why L1 would refuse a transaction; undefined for any other error. */
export function revertOf(error: unknown): L1Revert | undefined {
  return error instanceof ProposerError && error.reason.kind === "would-revert" ? error.reason.revert : undefined;
}

function describe(reason: ProposerErrorReason): string {
  switch (reason.kind) {
    case "genesis-mismatch":
      return `the rollup's genesis claim is ${reason.actual}, this node's is ${reason.expected}`;
    case "claim-lost":
      return `claim ${reason.claim.claimId} equals what this node derived after batch ${reason.claim.batchCount - 1}, but has lost`;
    case "would-revert":
      return `L1 would refuse "${reason.purpose}": ${reason.revert.message}`;
  }
}
