import { isPending, findBlock } from "../../chain-view.ts";
import { formatReceipts } from "../../format/receipt.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";

export const getBlockReceipts = defineReadingMethod(
  "eth_getBlockReceipts",
  [blockParameter],
  ([parameter], { chain, decode }) => {
    const block = isPending(parameter) ? undefined : findBlock(chain, parameter);
    return block === undefined ? null : formatReceipts(block, decode);
  },
);
