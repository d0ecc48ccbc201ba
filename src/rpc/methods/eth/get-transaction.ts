import type { Block } from "../../../chain/index.ts";
import { findBlock, isPending } from "../../chain-view.ts";
import { formatBlockTransaction, formatPooledTransaction } from "../../format/index.ts";
import { defineMethod, type RpcNode } from "../../node.ts";
import { blockNumberOrTag, hash, position } from "../../parameters/index.ts";

export const getTransactionByHash = defineMethod(
  "eth_getTransactionByHash",
  [hash],
  ([wanted], { chain, pool, decode }) => {
    const location = chain.store.getTransactionLocation(wanted);
    const block = location === undefined ? undefined : chain.store.getBlock(location.blockNumber);
    if (location !== undefined && block !== undefined) return formatBlockTransaction(block, location.index, decode);
    const pooled = pool.get(wanted);
    return pooled === undefined ? null : formatPooledTransaction(pooled);
  },
);

export const getTransactionByBlockNumberAndIndex = defineMethod(
  "eth_getTransactionByBlockNumberAndIndex",
  [blockNumberOrTag, position],
  ([parameter, index], node) => {
    if (!isPending(parameter)) return answer(node, findBlock(node.chain, parameter), index);
    const pooled = node.pool.content().pending[index];
    return pooled === undefined ? null : formatPooledTransaction(pooled);
  },
);

export const getTransactionByBlockHashAndIndex = defineMethod(
  "eth_getTransactionByBlockHashAndIndex",
  [hash, position],
  ([wanted, index], node) => answer(node, node.chain.store.getBlockByHash(wanted), index),
);

function answer({ decode }: RpcNode, block: Block | undefined, index: number): object | null {
  return block === undefined || index >= block.transactions.length
    ? null
    : formatBlockTransaction(block, index, decode);
}
