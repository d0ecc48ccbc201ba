import { findBlock, isPending } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { hash } from "../../parameters/scalars.ts";

export const getBlockTransactionCountByNumber = defineMethod("eth_getBlockTransactionCountByNumber", [blockNumberOrTag], ([parameter], { chain, pool }) => {
  if (isPending(parameter)) return formatQuantity(pool.content().pending.length);
  const block = findBlock(chain, parameter);
  return block === undefined ? null : formatQuantity(block.transactions.length);
});

export const getBlockTransactionCountByHash = defineMethod("eth_getBlockTransactionCountByHash", [hash], ([wanted], { chain }) => {
  const block = chain.store.getBlockByHash(wanted);
  return block === undefined ? null : formatQuantity(block.transactions.length);
});
