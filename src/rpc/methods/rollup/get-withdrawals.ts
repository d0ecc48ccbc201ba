import { defineReadingMethod } from "../../node.ts";
import { formatWithdrawal, withdrawalsOfTransaction } from "../../outbox/index.ts";
import { hash } from "../../parameters/index.ts";

/** The messages to L1 an L2 transaction sent, with their indexes; null if there is no such transaction. */
export const getWithdrawals = defineReadingMethod("rollup_getWithdrawals", [hash], ([wanted], { chain }) => {
  const location = chain.store.getTransactionLocation(wanted);
  const block = location === undefined ? undefined : chain.store.getBlock(location.blockNumber);
  return location === undefined || block === undefined
    ? null
    : withdrawalsOfTransaction(block, location.index).map(formatWithdrawal);
});
