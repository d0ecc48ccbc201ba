import { bytesToHex } from "../../../primitives/index.ts";
import type { Block } from "../../../rollup/index.ts";
import { findBlock } from "../../chain-view.ts";
import { answeredBefore, defineReadingMethod } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { hash, position } from "../../parameters/scalars.ts";
import { findRawTransaction } from "../../raw-transaction.ts";

/** Raw EIP-2718 bytes; null for a deposit, which has none. */
export const getRawTransactionByHash = defineReadingMethod(
  "eth_getRawTransactionByHash",
  [hash],
  ([wanted], { chain }) => {
    const raw = findRawTransaction(chain, wanted);
    return raw === undefined ? null : bytesToHex(raw);
  },
);

export const getRawPooledTransaction = answeredBefore(getRawTransactionByHash, [hash], ([wanted], { pool }) => {
  const pooled = pool.get(wanted);
  return pooled && bytesToHex(pooled.raw);
});

export const getRawTransactionByBlockNumberAndIndex = defineReadingMethod(
  "eth_getRawTransactionByBlockNumberAndIndex",
  [blockNumberOrTag, position],
  ([block, index], { chain }) => rawAt(findBlock(chain, block), index),
);

export const getRawTransactionByBlockHashAndIndex = defineReadingMethod(
  "eth_getRawTransactionByBlockHashAndIndex",
  [hash, position],
  ([wanted, index], { chain }) => rawAt(chain.store.getBlockByHash(wanted), index),
);

function rawAt(block: Block | undefined, index: number): string | null {
  const transaction = block?.transactions[index];
  return transaction?.kind === "signed" ? bytesToHex(transaction.raw) : null;
}
