import type { ReadableChain } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";

/** Raw bytes of a signed transaction of the canonical chain. */
export function findRawTransaction({ store }: ReadableChain, hash: Hash): Uint8Array | undefined {
  const location = store.getTransactionLocation(hash);
  const transaction =
    location === undefined ? undefined : store.getBlock(location.blockNumber)?.transactions[location.index];
  return transaction?.kind === "signed" ? transaction.raw : undefined;
}
