import type { Hash } from "../primitives/index.ts";
import type { RpcNode } from "./node.ts";

/** Raw bytes of a signed transaction in the chain or the pool. */
export function findRawTransaction(
  { chain, pool }: Pick<RpcNode, "chain" | "pool">,
  hash: Hash,
): Uint8Array | undefined {
  const location = chain.store.getTransactionLocation(hash);
  if (location === undefined) return pool.get(hash)?.raw;
  const transaction = chain.store.getBlock(location.blockNumber)?.transactions[location.index];
  return transaction?.kind === "signed" ? transaction.raw : undefined;
}
