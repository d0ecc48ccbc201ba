import { Counter, Gauge } from "prom-client";
import type { Address, Registry } from "../../primitives/index.ts";

/** What is counted of one account's transactions. */
export interface TransactionMetrics {
  countBroadcast(result: string): void;
  setPending(count: number): void;
}

/** The accounts of one process share the instruments, told apart by a label. */
export function createTransactionMetrics(registry: Registry, account: Address): TransactionMetrics {
  const broadcasts = registerOnce(
    registry,
    Counter<"account" | "result">,
    "onestep_l1_transaction_broadcasts_total",
    "Transactions sent to L1, by result",
    ["account", "result"],
  );
  const pending = registerOnce(
    registry,
    Gauge<"account">,
    "onestep_l1_transactions_pending",
    "L1 transactions not mined yet",
    ["account"],
  );
  return {
    countBroadcast: (result) => broadcasts.inc({ account, result }),
    setPending: (count) => pending.set({ account }, count),
  };
}

function registerOnce<Instrument, Label extends string>(
  registry: Registry,
  Instrument: new (options: {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly Label[];
    readonly registers: Registry[];
  }) => Instrument,
  name: string,
  help: string,
  labelNames: readonly Label[],
): Instrument {
  const existing = registry.getSingleMetric(name) as Instrument | undefined;
  return existing ?? new Instrument({ name, help, labelNames, registers: [registry] });
}
