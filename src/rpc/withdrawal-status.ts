import type { ClaimRecord, ClaimsView } from "../claims/index.ts";
import type { RpcNode } from "./node.ts";
import { RPC_ERROR, RpcError } from "./protocol/errors.ts";

/** How far a message from L2 has come (specification §5, §6). */
export type WithdrawalStatus =
  /** Sent, in a block whose batch is not on L1 yet. */
  | { readonly status: "sent" }
  /** Its batch is on L1; no claim covers it yet. */
  | { readonly status: "safe" }
  /** Claimed; `executableAt` is the L1 timestamp in seconds from which the claim can be confirmed if nothing rivals it. */
  | { readonly status: "claimed"; readonly executableAt: number; readonly claim: ClaimRecord }
  | { readonly status: "disputed"; readonly claim: ClaimRecord }
  /** The challenge period is over; the claim only needs `confirm`. */
  | { readonly status: "confirmable"; readonly claim: ClaimRecord }
  | { readonly status: "executable"; readonly claim: ClaimRecord }
  | { readonly status: "executed" };

export function requireClaims({ claims }: Pick<RpcNode, "claims">): ClaimsView {
  if (claims === undefined) throw new RpcError(RPC_ERROR.rejected, "this node does not follow claims on L1");
  return claims;
}

/** The earliest right claim that covers block `number`; undefined if its batch is not on L1 or not claimed. */
export async function findClaimOfBlock(
  node: Pick<RpcNode, "claims" | "chain">,
  number: number,
): Promise<ClaimRecord | undefined> {
  const claims = requireClaims(node);
  const derived = node.chain.store.findBatchOfBlock(number);
  return derived === undefined ? undefined : claims.findClaimOfBatch(derived.batch);
}

export async function withdrawalStatus(
  node: Pick<RpcNode, "claims" | "chain">,
  index: number,
  blockNumber: number,
): Promise<WithdrawalStatus> {
  if (node.chain.store.findBatchOfBlock(blockNumber) === undefined) return { status: "sent" };
  const claim = await findClaimOfBlock(node, blockNumber);
  if (claim === undefined) return { status: "safe" };
  switch (claim.status) {
    case "pending":
      return { status: "claimed", executableAt: claim.confirmableAt, claim };
    case "disputed":
      return { status: "disputed", claim };
    case "confirmable":
      return { status: "confirmable", claim };
    case "confirmed":
      return (await requireClaims(node).isWithdrawalExecuted(index))
        ? { status: "executed" }
        : { status: "executable", claim };
  }
}

/** Plain numbers and 0x-hex: the shape other answers of `rollup_*` share. */
export function formatClaim({
  id,
  parentId,
  stateHash,
  traceRoot,
  blockHash,
  outboxRoot,
  batchCount,
  messageCount,
  proposedAt,
  confirmableAt,
  status,
}: ClaimRecord): object {
  return {
    id,
    parentId,
    stateHash,
    traceRoot,
    blockHash,
    outboxRoot,
    batchCount,
    messageCount,
    proposedAt,
    confirmableAt,
    status,
  };
}
