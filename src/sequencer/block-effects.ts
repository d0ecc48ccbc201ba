import type { Address, Hash } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import type { PooledTransaction } from "./pooled-transaction.ts";

/** What a block may have changed of the accounts that have transactions pooled. */
export interface BlockEffects {
  /** Accounts that may be others than before. */
  readonly touched: ReadonlySet<Address>;
  /** Whether all may be: the block holds authorizations of accounts that are not known. */
  readonly isAnyTouched: boolean;
  /** Next nonce of the senders whose pooled transactions the block holds. */
  readonly nextNonces: ReadonlyMap<Address, bigint>;
}

const DELEGATING_TRANSACTION_TYPE = 4;

/** @param pooledOf the pooled transaction of a hash */
export function effectsOf(
  block: Pick<Block, "transactions">,
  pooledOf: (hash: Hash) => PooledTransaction | undefined,
): BlockEffects {
  const touched = new Set<Address>();
  const nextNonces = new Map<Address, bigint>();
  let isAnyTouched = false;
  for (const entry of block.transactions) {
    if (entry.kind === "deposit") {
      const { sender, to, refundTo } = entry.message;
      for (const address of [sender, to, refundTo]) touched.add(address);
      continue;
    }
    touched.add(entry.sender);
    const pooled = pooledOf(entry.hash);
    if (pooled === undefined) {
      // Whose authorizations it carried is not known without recovering them.
      if (entry.raw[0] === DELEGATING_TRANSACTION_TYPE) isAnyTouched = true;
      continue;
    }
    const { transaction, authorities } = pooled;
    if (transaction.to !== undefined) touched.add(transaction.to);
    for (const authority of authorities) touched.add(authority);
    const next = transaction.nonce + 1n;
    if (next > (nextNonces.get(transaction.sender) ?? 0n)) nextNonces.set(transaction.sender, next);
  }
  return { touched, isAnyTouched, nextNonces };
}
