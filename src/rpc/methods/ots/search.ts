import type { Address } from "../../../primitives/index.ts";
import type { Block } from "../../../rollup/index.ts";
import { formatReceipts } from "../../format/receipt.ts";
import { formatBlockTransaction } from "../../format/transaction.ts";
import { defineReadingMethod } from "../../node.ts";
import type { ReadingMethod, ReadingNode } from "../../node.ts";
import { address, blockNumber, integer } from "../../parameters/scalars.ts";
import { invalidParams, limitExceeded } from "../../protocol/errors.ts";

const MAXIMUM_PAGE = 100;
/** Blocks of a search between looks whether anybody still waits for it. */
const BLOCKS_PER_LOOK = 64;

/**
 * Transactions that name an account, newest first: as sender, recipient, created contract, refund of a deposit or emitter of a log. There is
 * no index of accounts, so blocks are read one after the other, at most as many as a log query may span.
 */
export const otsSearchMethods: readonly ReadingMethod[] = [
  defineReadingMethod(
    "ots_searchTransactionsBefore",
    [address, blockNumber, integer],
    async ([account, before, size], node, { signal }) => {
      const { latest } = node.chain.store.getHeads();
      const from = before === 0 ? latest : Math.min(before - 1, latest);
      const { pages, isComplete } = await search(node, account, { from, step: -1, last: 0, size }, signal);
      return answer(pages, { firstPage: before === 0, lastPage: isComplete });
    },
  ),
  defineReadingMethod(
    "ots_searchTransactionsAfter",
    [address, blockNumber, integer],
    async ([account, after, size], node, { signal }) => {
      const { latest } = node.chain.store.getHeads();
      const from = after === 0 ? 0 : after + 1;
      const { pages, isComplete } = await search(node, account, { from, step: 1, last: latest, size }, signal);
      return answer(pages.toReversed(), { firstPage: isComplete, lastPage: after === 0 });
    },
  ),
];

interface Found {
  readonly transactions: readonly object[];
  readonly receipts: readonly object[];
}

/** Reads blocks until a page is full, with all of its last block, or there are no more. */
async function search(
  { chain, decode, limits }: ReadingNode,
  account: Address,
  {
    from,
    step,
    last,
    size,
  }: { readonly from: number; readonly step: 1 | -1; readonly last: number; readonly size: number },
  signal: AbortSignal,
): Promise<{ readonly pages: readonly Found[]; readonly isComplete: boolean }> {
  if (size < 1 || size > MAXIMUM_PAGE) throw invalidParams(`expected a page of 1 to ${MAXIMUM_PAGE}, got ${size}`);
  const pages: Found[] = [];
  let count = 0;
  for (let number = from, read = 0; step * (last - number) >= 0; number += step, read++) {
    if (count >= size) return { pages, isComplete: false };
    if (read >= limits.logBlocks) {
      throw limitExceeded(
        `the search reads at most ${limits.logBlocks} blocks: no ${size} transactions of ${account} in blocks ` +
          `${Math.min(from, number)} to ${Math.max(from, number)}; search on from block ${number}`,
      );
    }
    if (read % BLOCKS_PER_LOOK === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    const block = chain.store.getBlock(number);
    if (block === undefined) continue;
    const indexes = block.transactions.flatMap((_, index) => (names(block, index, account, decode) ? [index] : []));
    if (indexes.length === 0) continue;
    count += indexes.length;
    const receipts = formatReceipts(block, decode);
    const newestFirst = indexes.toReversed();
    pages.push({
      transactions: newestFirst.map((index) => formatBlockTransaction(block, index, decode)),
      receipts: newestFirst.map((index) => ({ ...receipts[index], timestamp: block.header.timestamp })),
    });
  }
  return { pages, isComplete: true };
}

/** Whether a transaction names an account anywhere that needs no execution to be seen. */
function names(block: Block, index: number, account: Address, decode: ReadingNode["decode"]): boolean {
  const [transaction, receipt] = [block.transactions[index], block.receipts[index]];
  if (transaction === undefined || receipt === undefined) return false;
  const named =
    transaction.kind === "signed"
      ? [transaction.sender, decode(transaction.raw).to]
      : [transaction.message.sender, transaction.message.to, transaction.message.refundTo];
  return (
    named.includes(account) ||
    receipt.contractAddress === account ||
    receipt.logs.some((log) => log.address === account)
  );
}

function answer(pages: readonly Found[], ends: { readonly firstPage: boolean; readonly lastPage: boolean }): object {
  return {
    txs: pages.flatMap(({ transactions }) => transactions),
    receipts: pages.flatMap(({ receipts }) => receipts),
    ...ends,
  };
}
