import { formatWithdrawal } from "../../format/withdrawal.ts";
import { defineMethod } from "../../node.ts";
import { integer } from "../../parameters/scalars.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { findClaimOfBlock, formatClaim } from "../../withdrawal-status.ts";

/**
 * The arguments of `Portal.execute` for the message with this Outbox index: withdrawal, claim opening and proof. Null if
 * there is no such message, or no claim covers it yet; whether the claim is confirmed, `claim.status` says.
 */
export const getWithdrawalProof = defineMethod(
  "rollup_getWithdrawalProof",
  [integer],
  async ([index], node) => {
    const sent = await node.outbox.get(index);
    if (sent === undefined) return null;
    const claim = await findClaimOfBlock(node, sent.blockNumber);
    if (claim === undefined) return null;
    const block = node.chain.store.getBlockByHash(claim.blockHash);
    if (block === undefined)
      throw new RpcError(RPC_ERROR.notFound, `the claimed block ${claim.blockHash} left the chain; ask again`);
    const proof = await node.outbox.prove(index, block);
    const { parentId, blockHash, batchCount, messageCount, traceRoot } = claim;
    return {
      withdrawal: formatWithdrawal(sent.withdrawal),
      opening: { parentId, blockHash, batchCount, messageCount, traceRoot },
      proof,
      outboxRoot: block.header.outboxRoot,
      claim: formatClaim(claim),
    };
  },
  { weight: "heavy" },
);
