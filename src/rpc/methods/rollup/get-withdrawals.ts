import { findTransaction } from "../../chain-view.ts";
import { formatWithdrawal } from "../../format/withdrawal.ts";
import { defineReadingMethod } from "../../node.ts";
import { hash } from "../../parameters/scalars.ts";

/** The messages to L1 an L2 transaction sent, with their indexes; null if there is no such transaction. */
export const getWithdrawals = defineReadingMethod("rollup_getWithdrawals", [hash], async ([wanted], { chain }) => {
  const found = findTransaction(chain, wanted);
  if (found === undefined) return null;
  // What this takes to load is more than all that threads need for the other methods.
  const { withdrawalsOfTransaction } = await import("../../../withdrawals/index.ts");
  return withdrawalsOfTransaction(found.block, found.index).map(formatWithdrawal);
});
