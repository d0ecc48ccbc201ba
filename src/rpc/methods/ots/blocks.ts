import type { Block } from "../../../rollup/index.ts";
import { findBlock } from "../../chain-view.ts";
import { formatBlock } from "../../format/block.ts";
import { formatReceipts } from "../../format/receipt.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { formatBlockTransaction } from "../../format/transaction.ts";
import { defineReadingMethod } from "../../node.ts";
import type { ReadingMethod, ReadingNode } from "../../node.ts";
import { blockNumberOrTag, blockParameter } from "../../parameters/block-parameter.ts";
import { address, hash, integer, quantity64 } from "../../parameters/scalars.ts";
import { invalidParams } from "../../protocol/errors.ts";
import { firstBlock } from "./first-block.ts";

const MAXIMUM_PAGE = 100;
/** Characters of `0x` and a selector. */
const SELECTOR_LENGTH = 10;

/** Methods of Otterscan that read blocks and accounts. */
export const otsBlockMethods: readonly ReadingMethod[] = [
  defineReadingMethod("ots_hasCode", [address, blockParameter], async ([account, parameter], { chain }) => {
    const { header } = findBlock(chain, parameter) ?? chain.latest();
    return (await chain.engine.getCode(header.stateRoot, account)).length > 0;
  }),

  defineReadingMethod("ots_getBlockDetails", [blockNumberOrTag], ([parameter], node) =>
    detailsOf(node, findBlock(node.chain, parameter)),
  ),
  defineReadingMethod("ots_getBlockDetailsByHash", [hash], ([wanted], node) =>
    detailsOf(node, node.chain.store.getBlockByHash(wanted)),
  ),

  /** One page of a block's transactions, the last of them on page 0; of their input the selector only. */
  defineReadingMethod(
    "ots_getBlockTransactions",
    [blockNumberOrTag, integer, integer],
    ([parameter, page, size], node) => {
      if (size < 1 || size > MAXIMUM_PAGE) throw invalidParams(`expected a page of 1 to ${MAXIMUM_PAGE}, got ${size}`);
      const block = findBlock(node.chain, parameter);
      if (block === undefined) return null;
      const count = block.transactions.length;
      const end = Math.max(0, count - page * size);
      const start = Math.max(0, end - size);
      const receipts = formatReceipts(block, node.decode).slice(start, end);
      return {
        fullblock: {
          ...formatBlock(block, false, node.decode),
          transactionCount: count,
          transactions: Array.from({ length: end - start }, (_, offset) =>
            withSelectorOnly(formatBlockTransaction(block, start + offset, node.decode)),
          ),
        },
        receipts: receipts.map((receipt) => ({ ...receipt, logs: null, logsBloom: null })),
      };
    },
  ),

  /** Hash of the transaction by which an account used a nonce; null if it has not. */
  defineReadingMethod(
    "ots_getTransactionBySenderAndNonce",
    [address, quantity64],
    async ([sender, nonce], { chain, decode }) => {
      const { store, engine } = chain;
      const { latest } = store.getHeads();
      const isUsed = async (number: number): Promise<boolean> => {
        const header = store.getSummary(number)?.header;
        const account = header === undefined ? undefined : await engine.getAccount(header.stateRoot, sender);
        return (account?.nonce ?? 0n) > nonce;
      };
      if (!(await isUsed(latest))) return null;
      const block = store.getBlock(await firstBlock(latest, isUsed));
      const found = block?.transactions.find((transaction) =>
        transaction.kind === "signed"
          ? transaction.sender === sender && decode(transaction.raw).nonce === nonce
          : transaction.message.sender === sender && transaction.nonce === nonce,
      );
      return found?.hash ?? null;
    },
  ),
];

/** A block without its transactions, and what was paid for it; nobody is given anything for a block. */
function detailsOf({ decode }: ReadingNode, block: Block | undefined): object | null {
  if (block === undefined) return null;
  const fees = block.receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice, 0n);
  return {
    block: {
      ...formatBlock({ ...block, transactions: [] }, false, decode),
      ...sizeOf(block, decode),
      transactionCount: block.transactions.length,
      logsBloom: null,
    },
    issuance: { blockReward: "0x0", uncleReward: "0x0", issuance: "0x0" },
    totalFees: formatQuantity(fees),
  };
}

function sizeOf(block: Block, decode: ReadingNode["decode"]): object {
  const { size } = formatBlock(block, false, decode) as { readonly size: string };
  return { size };
}

function withSelectorOnly(transaction: object): object {
  return "input" in transaction && typeof transaction.input === "string"
    ? { ...transaction, input: transaction.input.slice(0, SELECTOR_LENGTH) }
    : transaction;
}
