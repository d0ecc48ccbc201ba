import { findSummary, isPending } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { answeredBefore, defineReadingMethod } from "../../node.ts";
import type { ReadingNode } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import type { BlockParameter } from "../../parameters/block-parameter.ts";
import { hash } from "../../parameters/scalars.ts";

export const getBlockTransactionCountByNumber = defineReadingMethod(
  "eth_getBlockTransactionCountByNumber",
  [blockNumberOrTag],
  ([parameter], node) => count(node, parameter),
);

export const getPendingTransactionCount = answeredBefore(
  getBlockTransactionCountByNumber,
  [blockNumberOrTag],
  ([parameter], { pool }) => (isPending(parameter) ? formatQuantity(pool.content().pending.length) : undefined),
);

export const getBlockTransactionCountByHash = defineReadingMethod(
  "eth_getBlockTransactionCountByHash",
  [hash],
  ([wanted], node) => count(node, { kind: "hash", hash: wanted, requireCanonical: false }),
);

function count({ chain }: ReadingNode, parameter: BlockParameter): string | null {
  const block = findSummary(chain, parameter);
  const transactions = block && chain.store.getTransactions(block.hash);
  return transactions === undefined ? null : formatQuantity(transactions.length);
}
