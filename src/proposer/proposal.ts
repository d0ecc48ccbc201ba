import type { ClaimOnL1 } from "../claims/index.ts";
import type { Address } from "../primitives/index.ts";

/** What is to be proposed next, or what it waits for. */
export type ProposalDecision =
  | { readonly kind: "propose" }
  | { readonly kind: "waiting-for-batches" }
  /** L1 timestamp in seconds. */
  | { readonly kind: "not-due"; readonly at: number };

/**
 * @param tip what the next claim is a child of
 * @param batches numbers of batches that this node has derived, and of those certain enough to be claimed
 * @param interval least seconds of L1 time between a claim and its child
 */
export function decideProposal(
  tip: Pick<ClaimOnL1, "nextBatchCount" | "proposedAt">,
  batches: { readonly derived: number; readonly final: number },
  l1Timestamp: number,
  interval: number,
): ProposalDecision {
  if (Math.min(batches.derived, batches.final) < tip.nextBatchCount) return { kind: "waiting-for-batches" };
  const at = tip.proposedAt + interval;
  return l1Timestamp < at ? { kind: "not-due", at } : { kind: "propose" };
}

/** Number of batches of `derived` that are certain, counted down to `claimed`, which is not asked about. */
export function countFinalBatches(derived: number, claimed: number, isFinal: (batchIndex: number) => boolean): number {
  let count = derived;
  while (count > claimed && !isFinal(count - 1)) count--;
  return count;
}

/** Wei to send with a child of `parent`: nothing if the account's own bond is there and moves on (specification §6). */
export function bondOfChild(parent: Pick<ClaimOnL1, "proposer">, account: Address, claimBond: bigint): bigint {
  return parent.proposer === account ? 0n : claimBond;
}

/** Gas a proposal is expected to stay below, for the check of the balance only. */
const PROPOSAL_GAS_RESERVE = 300_000n;

/** Wei an account must hold to propose: the bond it puts up, if any, and gas at twice the base fee. */
export function costOfProposal(bond: bigint, baseFeePerGas: bigint): bigint {
  return bond + PROPOSAL_GAS_RESERVE * 2n * baseFeePerGas;
}
