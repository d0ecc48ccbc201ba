import { findTransaction } from "../../chain-view.ts";
import { formatReceipt } from "../../format/receipt.ts";
import { defineReadingMethod } from "../../node.ts";
import { hash } from "../../parameters/scalars.ts";

export const getTransactionReceipt = defineReadingMethod(
  "eth_getTransactionReceipt",
  [hash],
  ([wanted], { chain, decode }) => {
    const found = findTransaction(chain, wanted);
    return found === undefined ? null : formatReceipt(found.block, found.index, decode);
  },
);
