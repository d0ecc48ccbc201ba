import type { Block } from "../../../rollup/index.ts";
import { findBlock, isPending } from "../../chain-view.ts";
import { formatBlockTransaction, formatPooledTransaction } from "../../format/transaction.ts";
import { answeredBefore, defineReadingMethod } from "../../node.ts";
import type { ReadingNode } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { hash, position } from "../../parameters/scalars.ts";

export const getTransactionByHash = defineReadingMethod("eth_getTransactionByHash", [hash], ([wanted], node) => {
  const location = node.chain.store.getTransactionLocation(wanted);
  return location === undefined ? null : answer(node, node.chain.store.getBlock(location.blockNumber), location.index);
});

export const getPooledTransactionByHash = answeredBefore(getTransactionByHash, [hash], ([wanted], { chain, pool }) => {
  const pooled = chain.store.getTransactionLocation(wanted) === undefined ? pool.get(wanted) : undefined;
  return pooled && formatPooledTransaction(pooled);
});

export const getTransactionByBlockNumberAndIndex = defineReadingMethod(
  "eth_getTransactionByBlockNumberAndIndex",
  [blockNumberOrTag, position],
  ([parameter, index], node) => answer(node, findBlock(node.chain, parameter), index),
);

export const getPendingTransactionByIndex = answeredBefore(
  getTransactionByBlockNumberAndIndex,
  [blockNumberOrTag, position],
  ([parameter, index], { pool }) => {
    const pooled = isPending(parameter) ? pool.content().pending[index] : undefined;
    return pooled && formatPooledTransaction(pooled);
  },
);

export const getTransactionByBlockHashAndIndex = defineReadingMethod(
  "eth_getTransactionByBlockHashAndIndex",
  [hash, position],
  ([wanted, index], node) => answer(node, node.chain.store.getBlockByHash(wanted), index),
);

function answer({ decode }: ReadingNode, block: Block | undefined, index: number): object | null {
  return block === undefined || index >= block.transactions.length
    ? null
    : formatBlockTransaction(block, index, decode);
}
