import TinyQueue from "tinyqueue";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Entry, MempoolLimits } from "./pooled-transaction.ts";
import { compareFees } from "./transaction-fees.ts";

/** A candidate for eviction with the standing it had when it was put in the order. */
interface EvictionCandidate {
  readonly entry: Entry;
  readonly executable: boolean;
}

/** Pooled transactions by who is evicted first, those included that have left or have another standing since. */
export type EvictionOrder = TinyQueue<EvictionCandidate>;

/** What eviction sees of the pool. */
export interface EvictablePool {
  readonly limits: MempoolLimits;
  readonly byHash: ReadonlyMap<Hash, Entry>;
  /** Raw bytes of all transactions. */
  readonly bytes: number;
  /** Exists only while the pool is nearly full: building it once costs less than keeping it for every transaction. */
  evictionOrder: EvictionOrder | undefined;
}

/** Whether the order is worth keeping. */
export function isNearlyFull({ byHash, bytes, limits }: Omit<EvictablePool, "evictionOrder">): boolean {
  return byHash.size >= limits.transactions * 0.9 || bytes >= limits.bytes * 0.9;
}

/**
 * The transactions to evict for a newcomer, or undefined if it is not worth more than they are: queued ones give way
 * to any executable one, otherwise the fees decide. A sender never evicts what its newcomer builds on.
 */
export function chooseVictims(
  pool: EvictablePool,
  newcomer: SignedTransaction,
  executable: boolean,
  replaced: Entry | undefined,
): Entry[] | undefined {
  let transactions = pool.byHash.size + (replaced === undefined ? 1 : 0);
  let size = pool.bytes + newcomer.raw.length - (replaced?.transaction.raw.length ?? 0);
  const chosen: Entry[] = [];
  while (transactions > pool.limits.transactions || size > pool.limits.bytes) {
    const victim = peekVictim(pool);
    if (victim === undefined || !givesWay(victim, newcomer, executable)) {
      for (const entry of chosen) pool.evictionOrder?.push({ entry, executable: entry.executable });
      return undefined;
    }
    pool.evictionOrder?.pop();
    chosen.push(victim);
    transactions -= 1;
    size -= victim.transaction.raw.length;
  }
  return chosen;
}

function peekVictim(pool: EvictablePool): Entry | undefined {
  let order = pool.evictionOrder;
  if (order === undefined || order.length > 4 * pool.byHash.size + 1_024) {
    const candidates = Array.from(pool.byHash.values(), (entry) => ({ entry, executable: entry.executable }));
    order = new TinyQueue(candidates, compareForEviction);
    pool.evictionOrder = order;
  }
  for (;;) {
    const candidate = order.peek();
    if (candidate === undefined) return undefined;
    if (candidate.entry.pooled && candidate.entry.executable === candidate.executable) return candidate.entry;
    order.pop();
  }
}

/** Whether a transaction makes room for a newcomer. */
export function givesWay(victim: Entry, newcomer: SignedTransaction, executable: boolean): boolean {
  if (victim.transaction.sender === newcomer.sender) return false;
  if (victim.executable && !executable) return false;
  return victim.executable === executable ? compareFees(newcomer, victim.transaction) > 0 : true;
}

/** Queued before executable, then the lowest fees, then the latest arrival. */
function compareForEviction(a: EvictionCandidate, b: EvictionCandidate): number {
  if (a.executable !== b.executable) return a.executable ? 1 : -1;
  const fees = compareFees(a.entry.transaction, b.entry.transaction);
  return fees === 0 ? b.entry.arrival - a.entry.arrival : fees;
}
