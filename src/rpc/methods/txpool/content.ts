import type { SignedTransaction } from "../../../ethereum/index.ts";
import { formatChecksumAddress, formatQuantity } from "../../format/scalars.ts";
import { checkAnswerSize, formatPooledTransaction } from "../../format/transaction.ts";
import { defineMethod } from "../../node.ts";
import type { RpcMethod } from "../../node.ts";
import { address } from "../../parameters/scalars.ts";

/**
 * The pool as go-ethereum shows it, by senders and their nonces: `pending` can be executed now, `queued` waits for an earlier
 * nonce.
 */
export const txpoolMethods: readonly RpcMethod[] = [
  defineMethod("txpool_status", [], (_, { pool }) => {
    const { pending, queued } = pool.content();
    return { pending: formatQuantity(pending.length), queued: formatQuantity(queued.length) };
  }),
  defineMethod("txpool_content", [], (_, { pool, limits }) => {
    const { pending, queued } = pool.content();
    checkAnswerSize([...pending, ...queued], limits.responseBytes);
    return { pending: bySender(pending, formatPooledTransaction), queued: bySender(queued, formatPooledTransaction) };
  }),
  defineMethod("txpool_contentFrom", [address], ([sender], { pool, limits }) => {
    const { pending, queued } = pool.content();
    const own = [pending, queued].map((transactions) =>
      transactions.filter((transaction) => transaction.sender === sender),
    );
    checkAnswerSize(own.flat(), limits.responseBytes);
    const [ownPending = [], ownQueued = []] = own;
    return {
      pending: byNonce(ownPending, formatPooledTransaction),
      queued: byNonce(ownQueued, formatPooledTransaction),
    };
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
  const senders = Map.groupBy(transactions, ({ sender }) => sender);
  return Object.fromEntries(
    Array.from(senders, ([sender, own]) => [formatChecksumAddress(sender), byNonce(own, format)]),
  );
}

function byNonce<T>(
  transactions: readonly SignedTransaction[],
  format: (transaction: SignedTransaction) => T,
): Record<string, T> {
  return Object.fromEntries(transactions.map((transaction) => [transaction.nonce.toString(), format(transaction)]));
}

function summarize({ to, value, gasLimit, maxFeePerGas }: SignedTransaction): string {
  const recipient = to === undefined ? "contract creation" : formatChecksumAddress(to);
  return `${recipient}: ${value} wei + ${gasLimit} gas × ${maxFeePerGas} wei`;
}
