import { defineMethod } from "../../node.ts";
import { formatWithdrawal } from "../../outbox/index.ts";
import { hash } from "../../parameters/index.ts";

/** The messages to L1 an L2 transaction sent, with their indexes; null if there is no such transaction. */
export const getWithdrawals = defineMethod("rollup_getWithdrawals", [hash], ([wanted], { chain, outbox }) => {
  const location = chain.store.getTransactionLocation(wanted);
  const block = location === undefined ? undefined : chain.store.getBlock(location.blockNumber);
  return location === undefined || block === undefined
    ? null
    : outbox.ofTransaction(block, location.index).map(formatWithdrawal);
});
