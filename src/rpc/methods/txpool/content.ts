import type { SignedTransaction } from "../../../chain/index.ts";
import { formatQuantity, formatPooledTransaction } from "../../format/index.ts";
import { defineMethod, type RpcMethod } from "../../node.ts";
import { address } from "../../parameters/index.ts";

/** The pool as go-ethereum shows it: `pending` can be executed now, `queued` waits for an earlier nonce. */
export const txpoolMethods: readonly RpcMethod[] = [
  defineMethod("txpool_status", [], (_, { pool }) => {
    const { pending, queued } = pool.content();
    return { pending: formatQuantity(pending.length), queued: formatQuantity(queued.length) };
  }),
  defineMethod("txpool_content", [], (_, { pool }) => {
    const { pending, queued } = pool.content();
    return { pending: bySender(pending, formatPooledTransaction), queued: bySender(queued, formatPooledTransaction) };
  }),
  defineMethod("txpool_contentFrom", [address], ([sender], { pool }) => {
    const { pending, queued } = pool.content();
    const of = (transactions: readonly SignedTransaction[]): object =>
      bySender(
        transactions.filter((transaction) => transaction.sender === sender),
        formatPooledTransaction,
      )[sender] ?? {};
    return { pending: of(pending), queued: of(queued) };
  }),
  defineMethod("txpool_inspect", [], (_, { pool }) => {
    const { pending, queued } = pool.content();
    return { pending: bySender(pending, summarize), queued: bySender(queued, summarize) };
  }),
];

function bySender<T>(
  transactions: readonly SignedTransaction[],
  format: (transaction: SignedTransaction) => T,
): Record<string, Record<string, T>> {
  const result: Record<string, Record<string, T>> = {};
  for (const transaction of transactions)
    (result[transaction.sender] ??= {})[transaction.nonce.toString()] = format(transaction);
  return result;
}

function summarize({ inner, value, gasLimit, maxFeePerGas }: SignedTransaction): string {
  const to = inner.to === undefined ? "contract creation" : inner.to.toString();
  return `${to}: ${value} wei + ${gasLimit} gas × ${maxFeePerGas} wei`;
}
