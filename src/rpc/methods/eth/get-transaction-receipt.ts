import type { Hash } from "../../../primitives/index.ts";
import { formatReceipt } from "../../format/index.ts";
import { defineMethod, type RpcNode } from "../../node.ts";
import { hash } from "../../parameters/index.ts";

export const getTransactionReceipt = defineMethod(
  "eth_getTransactionReceipt",
  [hash],
  ([wanted], node) => findReceipt(node, wanted) ?? null,
);

/** The receipt of a transaction in the canonical chain, formatted. */
export function findReceipt({ chain, decode }: Pick<RpcNode, "chain" | "decode">, wanted: Hash): object | undefined {
  const location = chain.store.getTransactionLocation(wanted);
  const block = location === undefined ? undefined : chain.store.getBlock(location.blockNumber);
  return location === undefined || block === undefined ? undefined : formatReceipt(block, location.index, decode);
}
