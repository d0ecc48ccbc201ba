import { registerMetrics } from "../../metrics/index.ts";
import type { Address, Registry } from "../../primitives/index.ts";

/** What is counted of one account's transactions. */
export interface TransactionMetrics {
  countBroadcast(result: string): void;
  setPending(count: number): void;
}

/** The accounts of one process share the instruments, told apart by a label. */
export function createTransactionMetrics(registry: Registry, account: Address): TransactionMetrics {
  const { broadcasts, pending } = registerMetrics(registry, "l1Transactions");
  return {
    countBroadcast: (result) => broadcasts.inc({ account, result }),
    setPending: (count) => pending.set({ account }, count),
  };
}
