import { requireSummary } from "../../chain-view.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { findClaimOfBlock, formatClaim } from "../../withdrawal-status.ts";

/** The earliest claim on L1 that covers a block, and where it stands; null if there is none yet. */
export const getClaimOfBlock = defineMethod(
  "rollup_getClaimOfBlock",
  [blockParameter],
  async ([parameter], node) => {
    const claim = await findClaimOfBlock(node, requireSummary(node.chain, parameter).header.number);
    return claim === undefined ? null : formatClaim(claim);
  },
  { weight: "heavy" },
);
