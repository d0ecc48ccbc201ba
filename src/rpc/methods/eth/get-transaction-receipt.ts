import { formatReceipt } from "../../format/receipt.ts";
import { defineReadingMethod } from "../../node.ts";
import { hash } from "../../parameters/scalars.ts";

export const getTransactionReceipt = defineReadingMethod(
  "eth_getTransactionReceipt",
  [hash],
  ([wanted], { chain, decode }) => {
    const location = chain.store.getTransactionLocation(wanted);
    const block = location === undefined ? undefined : chain.store.getBlock(location.blockNumber);
    return location === undefined || block === undefined ? null : formatReceipt(block, location.index, decode);
  },
);
