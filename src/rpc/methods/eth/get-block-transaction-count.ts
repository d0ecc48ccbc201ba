import { findSummary, isPending } from "../../chain-view.ts";
import { formatQuantity } from "../../format/index.ts";
import { answeredBefore, defineReadingMethod, type ReadingNode } from "../../node.ts";
import { blockNumberOrTag, hash, type BlockParameter } from "../../parameters/index.ts";

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
