import { registerMetrics } from "../../metrics/index.ts";
import type { Address, Registry } from "../../primitives/index.ts";

/** What is counted of one account's transactions. */
export interface TransactionMetrics {
  countBroadcast(result: string): void;
  setPending(count: number): void;
  /** Of those, how many wait for ETH on the account. */
  setUnfunded(count: number): void;
  /** @param wei what the account has */
  setBalance(wei: bigint): void;
}

/** The accounts of one process share the instruments, told apart by a label. */
export function createTransactionMetrics(registry: Registry, account: Address): TransactionMetrics {
  const { broadcasts, pending, unfunded, balance } = registerMetrics(registry, "l1Transactions");
  return {
    countBroadcast: (result) => broadcasts.inc({ account, result }),
    setPending: (count) => pending.set({ account }, count),
    setUnfunded: (count) => unfunded.set({ account }, count),
    setBalance: (wei) => balance.set({ account }, Number(wei) / 1e18),
  };
}
