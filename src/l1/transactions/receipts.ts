import { BlockNotFoundError } from "viem";
import type { Abi } from "viem";
import type { Address, Hash, Hex, Logger } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import { errorText } from "../error-text.ts";
import type { L1Client } from "../l1-client.ts";
import { isAnswer } from "../l1-failures.ts";
import { findRevert } from "../revert.ts";
import type { L1Revert } from "../revert.ts";
import { findTransactionOfNonce } from "./nonce-search.ts";
import type { Mined, TransactionRecord } from "./record.ts";

/** Where an attempt was mined, and whether it reverted. */
export interface Receipt {
  readonly hash: Hash;
  readonly block: L1BlockReference;
  readonly reverted: boolean;
}

/** What a receipt changes in what was known before; `confirmed` is as of an L1 head. */
export type MinedChange =
  | { readonly kind: "none" }
  /** The same attempt in the same block. */
  | { readonly kind: "depth"; readonly confirmed: boolean }
  /** Mined for the first time, in another block, or another attempt. */
  | { readonly kind: "moved"; readonly confirmed: boolean };

/** `confirmations`: blocks, counting its own, after which it is confirmed. */
export function compareMined(
  before: Mined | undefined,
  receipt: Receipt,
  headNumber: number,
  confirmations: number,
): MinedChange {
  const confirmed = headNumber - receipt.block.number + 1 >= confirmations;
  if (before === undefined || before.hash !== receipt.hash || before.block.hash !== receipt.block.hash) {
    return { kind: "moved", confirmed };
  }
  return before.confirmed === confirmed ? { kind: "none" } : { kind: "depth", confirmed };
}

/** The receipt of the newest attempt that has one. */
export async function findReceipt(client: L1Client, record: TransactionRecord): Promise<Receipt | undefined> {
  for (const { hash } of record.attempts.toReversed()) {
    const receipt = await client
      .request({ method: "eth_getTransactionReceipt", params: [hash] })
      .catch((error: unknown) => {
        // As "transaction indexing is in progress".
        if (!isAnswer(error)) throw error;
        return null;
      });
    if (receipt === null) continue;
    const block = { number: Number(receipt.blockNumber), hash: receipt.blockHash };
    return { hash, block, reverted: receipt.status !== "0x1" };
  }
  return undefined;
}

/** What was known of a mined transaction whose block is still there: endpoints need not find receipts at all times. */
export async function findEarlierReceipt(
  client: L1Client,
  { mined }: TransactionRecord,
  head: L1BlockReference,
): Promise<Receipt | undefined> {
  if (mined === undefined || mined.block.number > head.number) return undefined;
  const block = await client.getBlock({ blockNumber: BigInt(mined.block.number) }).catch((error: unknown) => {
    if (error instanceof BlockNotFoundError) return undefined;
    throw error;
  });
  // A block that is not known below the head is one that this part of the endpoint does not have yet.
  if (block !== undefined && block.hash !== mined.block.hash) return undefined;
  return { hash: mined.hash, block: mined.block, reverted: mined.revert !== undefined };
}

/** The receipt of an attempt from its block, where the endpoint does not find it by its hash. */
export async function findReceiptInBlock(
  client: L1Client,
  account: Address,
  record: TransactionRecord,
  head: L1BlockReference,
): Promise<Receipt | undefined> {
  const taker = await findTransactionOfNonce(client, account, record.nonce, head.number);
  if (taker === undefined || !record.attempts.some(({ hash }) => hash === taker.hash)) return undefined;
  const receipts = await client.request<{
    Method: "eth_getBlockReceipts";
    Parameters: readonly [blockHash: Hash];
    ReturnType: readonly { readonly transactionHash: Hash; readonly status: Hex }[] | null;
  }>({ method: "eth_getBlockReceipts", params: [taker.block.hash] });
  const receipt = receipts?.find(({ transactionHash }) => transactionHash === taker.hash);
  return receipt === undefined ? undefined : { ...taker, reverted: receipt.status !== "0x1" };
}

/** Why a mined attempt reverted, by calling again what it called. */
export async function explainRevert(
  client: L1Client,
  { account, abis, log }: { readonly account: Address; readonly abis: readonly Abi[]; readonly log: Logger },
  record: TransactionRecord,
  { hash, block }: Receipt,
): Promise<L1Revert> {
  const { to, data } = record;
  const call = { account, to, data, value: BigInt(record.value), gas: BigInt(record.gasLimit) };
  // Neither is quite the state it met: the first has the block's own time but what came after it too, the second lacks
  // what came before it in the block.
  for (const blockNumber of [block.number, block.number - 1]) {
    try {
      await client.call({ ...call, blockNumber: BigInt(blockNumber) });
    } catch (error) {
      const revert = findRevert(error, abis);
      if (revert !== undefined) return revert;
      log.debug({ hash, error: errorText(error) }, "the revert could not be replayed");
    }
  }
  return { message: "reverted for a reason that a replay does not show", errorName: undefined, data: "0x" };
}
