import { findBlock, isPending } from "../../chain-view.ts";
import { formatQuantity } from "../../format/index.ts";
import { defineMethod } from "../../node.ts";
import { blockNumberOrTag, hash } from "../../parameters/index.ts";

export const getBlockTransactionCountByNumber = defineMethod(
  "eth_getBlockTransactionCountByNumber",
  [blockNumberOrTag],
  ([parameter], { chain, pool }) => {
    if (isPending(parameter)) return formatQuantity(pool.content().pending.length);
    const block = findBlock(chain, parameter);
    return block === undefined ? null : formatQuantity(block.transactions.length);
  },
);

export const getBlockTransactionCountByHash = defineMethod(
  "eth_getBlockTransactionCountByHash",
  [hash],
  ([wanted], { chain }) => {
    const block = chain.store.getBlockByHash(wanted);
    return block === undefined ? null : formatQuantity(block.transactions.length);
  },
);
