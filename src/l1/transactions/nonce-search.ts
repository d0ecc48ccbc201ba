import { toAddress } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import type { L1Client } from "../l1-client.ts";

/**
 * The first block of those up to `highest` in which something is so that stays so; it must be so in `highest`. Asks of
 * recent blocks first, and of no more than twice as many as the logarithm of the distance.
 */
export async function findFirstBlock(highest: number, isSo: (block: number) => Promise<boolean>): Promise<number> {
  let after = highest;
  let before = highest;
  for (let distance = 1; before === after && after > 0; distance *= 2) {
    const candidate = Math.max(0, highest - distance);
    if (candidate === 0 || !(await isSo(candidate))) before = candidate;
    else before = after = candidate;
  }
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (await isSo(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** The account's transaction of a nonce that was used up in block `highest` or before. */
export async function findTransactionOfNonce(
  client: L1Client,
  account: Address,
  nonce: number,
  highest: number,
): Promise<{ readonly hash: Hash; readonly block: L1BlockReference } | undefined> {
  const number = await findFirstBlock(
    highest,
    async (block) => (await client.getTransactionCount({ address: account, blockNumber: BigInt(block) })) > nonce,
  );
  const block = await client.getBlock({ blockNumber: BigInt(number), includeTransactions: true });
  const taker = block.transactions.find(
    (transaction) => toAddress(transaction.from) === account && transaction.nonce === nonce,
  );
  return taker === undefined ? undefined : { hash: taker.hash, block: { number, hash: block.hash } };
}
