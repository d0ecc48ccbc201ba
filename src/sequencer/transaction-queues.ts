import type { SignedTransaction } from "../ethereum/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { MempoolLimits, PooledTransaction, SenderAccount } from "./pooled-transaction.ts";
import { addTransaction } from "./queue-admission.ts";
import type { AddOptions, AddOutcome } from "./queue-admission.ts";
import { emptyQueues, position, removeEntry, setAccount } from "./queue-state.ts";
import { executableHeads, selectTransactions } from "./transaction-selection.ts";
import type { TransactionSelection } from "./transaction-selection.ts";

/**
 * The pooled transactions by sender and nonce. A transaction is *executable* when every nonce from the account's up to its own is
 * pooled and the balance covers the highest cost of all of these; the others are *queued*.
 */
export interface TransactionQueues {
  readonly size: number;
  readonly executableSize: number;
  readonly bytes: number;
  get(hash: Hash): PooledTransaction | undefined;
  /** Adds a transaction whose fields are already validated. `account` is used if the sender has nothing pooled yet. */
  add(pooled: PooledTransaction, account: SenderAccount, options: AddOptions): AddOutcome;
  remove(hash: Hash): PooledTransaction | undefined;
  account(sender: Address): SenderAccount | undefined;
  /** Senders that have transactions pooled. */
  senders(): IterableIterator<Address>;
  /** Senders that are delegated as far as the pool knows. */
  delegatedSenders(): IterableIterator<Address>;
  /** Takes note of an account's new state and gives back the transactions whose nonces it has used. */
  setAccount(sender: Address, account: SenderAccount): readonly PooledTransaction[];
  /** Takes note that nonces below `nonce` are used and gives back the sender's transactions that have them. */
  advance(sender: Address, nonce: bigint): readonly PooledTransaction[];
  /** Account nonce plus executable transactions; undefined if there are none. */
  pendingNonce(sender: Address): bigint | undefined;
  content(): { readonly pending: readonly SignedTransaction[]; readonly queued: readonly SignedTransaction[] };
  /** Removes what was received before `time` (Unix milliseconds) and is not executable. */
  expire(time: number): readonly PooledTransaction[];
  /** Whether any executable transaction pays this base fee. */
  hasExecutable(baseFee: bigint): boolean;
  select(baseFee: bigint): TransactionSelection;
  /** Transactions that became executable for the first time since the last call, in that order. */
  takePromoted(): readonly SignedTransaction[];
}

/** Queues without I/O; `createMempool` keeps them in step with the chain. */
export function createTransactionQueues(limits: MempoolLimits): TransactionQueues {
  const state = emptyQueues(limits);
  return {
    get size() {
      return state.byHash.size;
    },
    get executableSize() {
      return state.executableSize;
    },
    get bytes() {
      return state.bytes;
    },
    get: (hash) => state.byHash.get(hash),
    add: (pooled, account, options) => addTransaction(state, pooled, account, options),
    remove(hash) {
      const entry = state.byHash.get(hash);
      if (entry !== undefined) removeEntry(state, entry);
      return entry;
    },
    account: (sender) => state.bySender.get(sender)?.account,
    senders: () => state.bySender.keys(),
    delegatedSenders: () => state.delegated.values(),
    setAccount: (sender, account) => setAccount(state, sender, account),
    advance(sender, nonce) {
      const queue = state.bySender.get(sender);
      if (queue === undefined || nonce <= queue.account.nonce) return [];
      // What was used has been paid for: no more than the sum of the highest costs is gone.
      const used = queue.entries.slice(0, position(queue, nonce));
      const spent = used.reduce((sum, entry) => sum + entry.cost, 0n);
      const { balance } = queue.account;
      return setAccount(state, sender, { ...queue.account, nonce, balance: balance > spent ? balance - spent : 0n });
    },
    pendingNonce(sender) {
      const queue = state.bySender.get(sender);
      return queue === undefined || queue.executable === 0 ? undefined : queue.account.nonce + BigInt(queue.executable);
    },
    content() {
      const pending: SignedTransaction[] = [];
      const queued: SignedTransaction[] = [];
      for (const queue of state.bySender.values()) {
        for (const entry of queue.entries) (entry.executable ? pending : queued).push(entry.transaction);
      }
      return { pending, queued };
    },
    expire(time) {
      const expired = Array.from(state.byHash.values()).filter((entry) => !entry.executable && entry.receivedAt < time);
      for (const entry of expired) removeEntry(state, entry);
      return expired;
    },
    hasExecutable: (baseFee) => executableHeads(state, baseFee).next().done === false,
    select: (baseFee) => selectTransactions(state, baseFee),
    takePromoted() {
      const taken = state.promoted;
      if (taken.length > 0) state.promoted = [];
      return taken;
    },
  };
}
