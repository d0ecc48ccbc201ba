import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";
import { suggestPriorityFee } from "../../priority-fee.ts";

export const maxPriorityFeePerGas = defineMethod("eth_maxPriorityFeePerGas", [], (_, { chain, minimumPriorityFee }) =>
  formatQuantity(suggestPriorityFee(chain.latest(), minimumPriorityFee)),
);
