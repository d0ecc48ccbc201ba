import { bytesToHex } from "../../../primitives/index.ts";
import { findBlock } from "../../chain-view.ts";
import { defineMethod, type RpcMethod } from "../../node.ts";
import { blockNumberOrTag, hash, position } from "../../parameters/index.ts";
import { findRawTransaction } from "../../raw-transaction.ts";
import type { Block } from "../../../chain/index.ts";

/** Raw EIP-2718 bytes; null for a deposit, which has none. */
export const rawTransactionMethods: readonly RpcMethod[] = [
  defineMethod("eth_getRawTransactionByHash", [hash], ([wanted], node) => {
    const raw = findRawTransaction(node, wanted);
    return raw === undefined ? null : bytesToHex(raw);
  }),
  defineMethod(
    "eth_getRawTransactionByBlockNumberAndIndex",
    [blockNumberOrTag, position],
    ([block, index], { chain }) => rawAt(findBlock(chain, block), index),
  ),
  defineMethod("eth_getRawTransactionByBlockHashAndIndex", [hash, position], ([wanted, index], { chain }) =>
    rawAt(chain.store.getBlockByHash(wanted), index),
  ),
];

function rawAt(block: Block | undefined, index: number): string | null {
  const transaction = block?.transactions[index];
  return transaction?.kind === "signed" ? bytesToHex(transaction.raw) : null;
}
