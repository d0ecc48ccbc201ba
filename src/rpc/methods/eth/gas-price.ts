import { nextEnvironment } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";
import { suggestPriorityFee } from "../../priority-fee.ts";

/** Base fee of the next block and a tip. */
export const gasPrice = defineMethod("eth_gasPrice", [], async (_, { chain, minimumPriorityFee }) => {
  const latest = chain.latest();
  const { baseFeePerGas } = await nextEnvironment(chain, latest.header);
  return formatQuantity(baseFeePerGas + suggestPriorityFee(latest, minimumPriorityFee));
});
