import { z } from "zod";
import { partitionPoint } from "../../../primitives/index.ts";
import type { InboxMessage } from "../../../rollup/index.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineReadingMethod } from "../../node.ts";
import type { ReadingNode } from "../../node.ts";
import { hash, integer } from "../../parameters/scalars.ts";

/** A message's index, or its hash, which is the L2 transaction hash of a deposit. */
const messageParameter = z.union([hash, integer], {
  error: "expected the index or the 32-byte hash of an Inbox message",
});

/** How far a message of the Inbox has come: enqueued on L1, included in an L2 block, executed there. Null if unknown. */
export const getMessageStatus = defineReadingMethod("rollup_getMessageStatus", [messageParameter], ([wanted], node) => {
  const { inbox } = node.chain;
  // The store has no keys for the greatest numbers.
  if (typeof wanted === "number" && wanted >= inbox.messageCount()) return null;
  const message = typeof wanted === "number" ? inbox.getMessage(wanted) : inbox.findMessageByHash(wanted);
  if (message === undefined) return null;
  const origin = inbox.getMessageOrigin(message.index);
  return {
    index: message.index,
    hash: message.hash,
    kind: message.kind,
    enqueuedAt: message.enqueuedAt,
    l1Block: origin?.block ?? null,
    l1TransactionHash: origin?.transactionHash ?? null,
    ...progress(node, message),
  };
});

function progress({ chain }: ReadingNode, message: InboxMessage): object {
  const block = chain.store.getBlock(findConsumer(chain, message.index) ?? -1);
  if (block === undefined) return { status: "enqueued" };
  const { safe, finalized } = chain.store.getHeads();
  const { number } = block.header;
  const place = {
    block: { number, hash: block.hash },
    head: number <= finalized ? "finalized" : number <= safe ? "safe" : "latest",
  };
  const index = block.transactions.findIndex((transaction) => transaction.hash === message.hash);
  const receipt = block.receipts[index];
  // A context has no transaction: consuming it is all there is to it.
  if (receipt === undefined) return { status: "included", ...place };
  return {
    status: receipt.status === 1 ? "executed" : "failed",
    ...place,
    transactionHash: message.hash,
    transactionIndex: index,
    gasUsed: formatQuantity(receipt.gasUsed),
  };
}

/** Number of the block that consumed message `index`: the first whose `nextMessage` is beyond it. */
function findConsumer({ store }: ReadingNode["chain"], index: number): number | undefined {
  const { latest } = store.getHeads();
  const isBefore = (number: number): boolean => (store.getSummary(number)?.nextMessage ?? 0) <= index;
  return isBefore(latest) ? undefined : partitionPoint(0, latest, isBefore);
}
