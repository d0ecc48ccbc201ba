import { partitionPoint } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import { isNearlyFull } from "./eviction.ts";
import type { EvictionOrder } from "./eviction.ts";
import type { Entry, MempoolLimits, PooledTransaction, SenderAccount } from "./pooled-transaction.ts";

/** The pooled transactions of one sender. */
export interface SenderQueue {
  account: SenderAccount;
  /** Ascending nonces. */
  readonly entries: Entry[];
  /** How many of the first entries are executable, and what they may cost. */
  executable: number;
  executableCost: bigint;
  /** Highest possible cost of all entries, wei. */
  totalCost: bigint;
}

/** All pooled transactions. */
export interface QueuesState {
  readonly limits: MempoolLimits;
  readonly byHash: Map<Hash, Entry>;
  readonly bySender: Map<Address, SenderQueue>;
  /** Senders that are delegated as far as the pool knows. */
  readonly delegated: Set<Address>;
  /** How many pooled transactions carry an authorization of an account. */
  readonly authorities: Map<Address, number>;
  /** Raw bytes of all transactions. */
  bytes: number;
  executableSize: number;
  /** Those that became executable for the first time and were not told of yet. */
  promoted: SignedTransaction[];
  evictionOrder: EvictionOrder | undefined;
}

export function emptyQueues(limits: MempoolLimits): QueuesState {
  return {
    limits,
    byHash: new Map(),
    bySender: new Map(),
    delegated: new Set(),
    authorities: new Map(),
    bytes: 0,
    executableSize: 0,
    promoted: [],
    evictionOrder: undefined,
  };
}

/** Changes whether an entry is executable; that it is for the first time is to be told of. */
function setExecutable(state: QueuesState, entry: Entry, executable: boolean): void {
  if (entry.executable === executable) return;
  entry.executable = executable;
  state.executableSize += executable ? 1 : -1;
  state.evictionOrder?.push({ entry, executable });
  if (executable && !entry.announced) {
    entry.announced = true;
    state.promoted.push(entry.transaction);
  }
}

/** Lengthens the executable prefix as far as nonces and balance reach. */
export function extend(state: QueuesState, queue: SenderQueue): void {
  for (;;) {
    const entry = queue.entries[queue.executable];
    if (entry?.transaction.nonce !== queue.account.nonce + BigInt(queue.executable)) return;
    if (queue.account.code === "contract" || queue.executableCost + entry.cost > queue.account.balance) return;
    queue.executable += 1;
    queue.executableCost += entry.cost;
    setExecutable(state, entry, true);
  }
}

/** Finds the executable prefix anew. */
export function recompute(state: QueuesState, queue: SenderQueue): void {
  queue.executable = 0;
  queue.executableCost = 0n;
  extend(state, queue);
  for (let index = queue.executable; index < queue.entries.length; index++) {
    const entry = queue.entries[index];
    if (entry !== undefined) setExecutable(state, entry, false);
  }
}

/** Index of the first entry with a nonce of at least `nonce`. */
export function position(queue: SenderQueue, nonce: bigint): number {
  return partitionPoint(0, queue.entries.length, (index) => (queue.entries[index] as Entry).transaction.nonce < nonce);
}

export function entryAt(state: QueuesState, sender: Address, nonce: bigint): Entry | undefined {
  const queue = state.bySender.get(sender);
  const entry = queue?.entries[position(queue, nonce)];
  return entry?.transaction.nonce === nonce ? entry : undefined;
}

/** Takes note of the state of a sender's account; its standing is still to be computed. */
export function setQueueAccount(state: QueuesState, sender: Address, queue: SenderQueue, account: SenderAccount): void {
  queue.account = account;
  if (account.code === "delegation") state.delegated.add(sender);
  else state.delegated.delete(sender);
}

/** Takes an entry that already left its queue's list out of everything else. */
export function forget(state: QueuesState, queue: SenderQueue, entry: Entry): void {
  entry.pooled = false;
  if (entry.executable) {
    entry.executable = false;
    state.executableSize -= 1;
  }
  state.byHash.delete(entry.transaction.hash);
  state.bytes -= entry.transaction.raw.length;
  queue.totalCost -= entry.cost;
  for (const authority of entry.authorities) {
    const count = (state.authorities.get(authority) ?? 0) - 1;
    if (count > 0) state.authorities.set(authority, count);
    else state.authorities.delete(authority);
  }
  if (queue.entries.length === 0) {
    state.bySender.delete(entry.transaction.sender);
    state.delegated.delete(entry.transaction.sender);
  }
  if (state.evictionOrder !== undefined && !isNearlyFull(state)) state.evictionOrder = undefined;
}

/** Puts an entry that is in its queue's list into everything else. */
export function remember(state: QueuesState, queue: SenderQueue, entry: Entry): void {
  state.byHash.set(entry.transaction.hash, entry);
  state.bytes += entry.transaction.raw.length;
  queue.totalCost += entry.cost;
  for (const authority of entry.authorities)
    state.authorities.set(authority, (state.authorities.get(authority) ?? 0) + 1);
  state.evictionOrder?.push({ entry, executable: false });
}

/** Takes an entry out; what follows it may not be executable any more. */
export function removeEntry(state: QueuesState, entry: Entry): void {
  const queue = state.bySender.get(entry.transaction.sender);
  if (queue === undefined) return;
  queue.entries.splice(position(queue, entry.transaction.nonce), 1);
  forget(state, queue, entry);
  recompute(state, queue);
}

/** Takes note of an account's new state and gives back the transactions whose nonces it has used. */
export function setAccount(state: QueuesState, sender: Address, account: SenderAccount): readonly PooledTransaction[] {
  const queue = state.bySender.get(sender);
  if (queue === undefined) return [];
  setQueueAccount(state, sender, queue, account);
  const used = queue.entries.splice(0, position(queue, account.nonce));
  for (const entry of used) forget(state, queue, entry);
  recompute(state, queue);
  return used;
}
