import { formatQuantity } from "../../format/index.ts";
import { defineMethod } from "../../node.ts";
import { suggestPriorityFee } from "../../priority-fee.ts";

export const maxPriorityFeePerGas = defineMethod("eth_maxPriorityFeePerGas", [], (_, { chain, minimumPriorityFee }) =>
  formatQuantity(suggestPriorityFee(chain.latest(), minimumPriorityFee)),
);
