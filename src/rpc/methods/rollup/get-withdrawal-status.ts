import { formatWithdrawal } from "../../format/withdrawal.ts";
import { defineMethod } from "../../node.ts";
import { integer } from "../../parameters/scalars.ts";
import { formatClaim, withdrawalStatus } from "../../withdrawal-status.ts";

/** How far the message with this Outbox index has come; null if there is none yet. */
export const getWithdrawalStatus = defineMethod(
  "rollup_getWithdrawalStatus",
  [integer],
  async ([index], node) => {
    const sent = await node.outbox.get(index);
    if (sent === undefined) return null;
    const status = await withdrawalStatus(node, index, sent.blockNumber);
    return {
      ...status,
      ...("claim" in status ? { claim: formatClaim(status.claim) } : {}),
      ...("unconfirmed" in status ? { unconfirmed: status.unconfirmed.map(formatClaim) } : {}),
      blockNumber: sent.blockNumber,
      transactionHash: sent.transactionHash,
      withdrawal: formatWithdrawal(sent.withdrawal),
    };
  },
  { weight: "heavy" },
);
