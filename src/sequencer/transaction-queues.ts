import TinyQueue from "tinyqueue";
import type { SignedTransaction, SkipReason } from "../ethereum/index.ts";
import { partitionPoint } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** What a sender's transactions are held against. */
export interface SenderAccount {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
  /** Code of the account: EIP-7702 delegations may send transactions, other code may not (EIP-3607). */
  readonly code: "none" | "delegation" | "contract";
}

export interface MempoolLimits {
  /** Transactions in the pool. */
  readonly transactions: number;
  /** Raw bytes of all transactions in the pool. */
  readonly bytes: number;
  /** Transactions of one sender. */
  readonly perSender: number;
  /**
   * Transactions of one sender whose account is delegated, or about to be by a pooled authorization (EIP-7702): code
   * anybody can call may spend such an account's balance and nonces, and so invalidate all of them at once.
   */
  readonly perDelegatedSender: number;
  /** How much more a replacement must offer in both fee fields, in percent. */
  readonly priceBump: number;
}

/** A transaction and what the pool knows of it. */
export interface PooledTransaction {
  readonly transaction: SignedTransaction;
  /** Order of arrival; the tie-break between equal tips. */
  readonly arrival: number;
  /** Unix time in milliseconds. */
  readonly receivedAt: number;
  /** Accounts whose EIP-7702 authorizations it carries. */
  readonly authorities: readonly Address[];
}

export interface AddOptions {
  /**
   * Skips the limits and the balance check: the transaction was acknowledged before (it comes from the journal or from a
   * block that was reorganized away) and must not be lost to newer ones.
   */
  readonly readmitted: boolean;
}

export type AddOutcome =
  | {
      readonly kind: "added";
      readonly replaced: PooledTransaction | undefined;
      readonly evicted: readonly PooledTransaction[];
    }
  | { readonly kind: "known" }
  | {
      readonly kind: "replacement-underpriced";
      readonly requiredMaxFeePerGas: bigint;
      readonly requiredPriorityFeePerGas: bigint;
    }
  | { readonly kind: "pool-full" }
  | { readonly kind: "sender-limit"; readonly limit: number }
  | { readonly kind: "rejected"; readonly reason: SkipReason };

/** A pass over the executable transactions: best tip first, each sender's in nonce order, earlier arrival first at equal tips. */
export interface TransactionSelection {
  /** The next transaction; undefined when none is left that pays the base fee. */
  next(): SignedTransaction | undefined;
  /** Passes over the sender of the transaction given last: what follows it cannot run before it. */
  skipSender(): void;
}

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

interface Entry extends PooledTransaction {
  readonly cost: bigint;
  pooled: boolean;
  executable: boolean;
  announced: boolean;
}

interface SenderQueue {
  account: SenderAccount;
  /** Ascending nonces. */
  readonly entries: Entry[];
  /** How many of the first entries are executable, and what they may cost. */
  executable: number;
  executableCost: bigint;
  /** Highest possible cost of all entries, wei. */
  totalCost: bigint;
}

/** A candidate for eviction with the standing it had when it was put in the order. */
interface EvictionCandidate {
  readonly entry: Entry;
  readonly executable: boolean;
}

/** The most a transaction can take from its sender's balance, in wei. */
export function maximumCost(transaction: SignedTransaction): bigint {
  return transaction.gasLimit * transaction.maxFeePerGas + transaction.value;
}

/** Wei per gas that goes to the block's producer at this base fee; negative if the base fee is not covered. */
export function effectiveTip(transaction: SignedTransaction, baseFee: bigint): bigint {
  const room = transaction.maxFeePerGas - baseFee;
  return room < transaction.maxPriorityFeePerGas ? room : transaction.maxPriorityFeePerGas;
}

/** Queues without I/O; `createMempool` keeps them in step with the chain. */
export function createTransactionQueues(limits: MempoolLimits): TransactionQueues {
  const byHash = new Map<Hash, Entry>();
  const queues = new Map<Address, SenderQueue>();
  const delegated = new Set<Address>();
  /** How many pooled transactions carry an authorization of an account. */
  const authorities = new Map<Address, number>();
  let bytes = 0;
  let executableSize = 0;
  let promoted: SignedTransaction[] = [];
  /** Exists only while the pool is nearly full: building it once costs less than keeping it for every transaction. */
  let evictionOrder: TinyQueue<EvictionCandidate> | undefined;

  function setExecutable(entry: Entry, executable: boolean): void {
    if (entry.executable === executable) return;
    entry.executable = executable;
    executableSize += executable ? 1 : -1;
    evictionOrder?.push({ entry, executable });
    if (executable && !entry.announced) {
      entry.announced = true;
      promoted.push(entry.transaction);
    }
  }

  /** Lengthens the executable prefix as far as nonces and balance reach. */
  function extend(queue: SenderQueue): void {
    for (;;) {
      const entry = queue.entries[queue.executable];
      if (entry?.transaction.nonce !== queue.account.nonce + BigInt(queue.executable)) return;
      if (queue.account.code === "contract" || queue.executableCost + entry.cost > queue.account.balance) return;
      queue.executable += 1;
      queue.executableCost += entry.cost;
      setExecutable(entry, true);
    }
  }

  function recompute(queue: SenderQueue): void {
    queue.executable = 0;
    queue.executableCost = 0n;
    extend(queue);
    for (let index = queue.executable; index < queue.entries.length; index++) {
      const entry = queue.entries[index];
      if (entry !== undefined) setExecutable(entry, false);
    }
  }

  /** Index of the first entry with a nonce of at least `nonce`. */
  function position(queue: SenderQueue, nonce: bigint): number {
    return partitionPoint(
      0,
      queue.entries.length,
      (index) => (queue.entries[index] as Entry).transaction.nonce < nonce,
    );
  }

  function entryAt(sender: Address, nonce: bigint): Entry | undefined {
    const queue = queues.get(sender);
    const entry = queue?.entries[position(queue, nonce)];
    return entry?.transaction.nonce === nonce ? entry : undefined;
  }

  function setQueueAccount(sender: Address, queue: SenderQueue, account: SenderAccount): void {
    queue.account = account;
    if (account.code === "delegation") delegated.add(sender);
    else delegated.delete(sender);
  }

  /** Takes an entry that already left its queue's list out of everything else. */
  function forget(queue: SenderQueue, entry: Entry): void {
    entry.pooled = false;
    if (entry.executable) {
      entry.executable = false;
      executableSize -= 1;
    }
    byHash.delete(entry.transaction.hash);
    bytes -= entry.transaction.raw.length;
    queue.totalCost -= entry.cost;
    for (const authority of entry.authorities) {
      const count = (authorities.get(authority) ?? 0) - 1;
      if (count > 0) authorities.set(authority, count);
      else authorities.delete(authority);
    }
    if (queue.entries.length === 0) {
      queues.delete(entry.transaction.sender);
      delegated.delete(entry.transaction.sender);
    }
    if (evictionOrder !== undefined && !nearlyFull()) evictionOrder = undefined;
  }

  function remember(queue: SenderQueue, entry: Entry): void {
    byHash.set(entry.transaction.hash, entry);
    bytes += entry.transaction.raw.length;
    queue.totalCost += entry.cost;
    for (const authority of entry.authorities) authorities.set(authority, (authorities.get(authority) ?? 0) + 1);
    evictionOrder?.push({ entry, executable: false });
  }

  function removeEntry(entry: Entry): void {
    const queue = queues.get(entry.transaction.sender);
    if (queue === undefined) return;
    queue.entries.splice(position(queue, entry.transaction.nonce), 1);
    forget(queue, entry);
    recompute(queue);
  }

  function nearlyFull(): boolean {
    return byHash.size >= limits.transactions * 0.9 || bytes >= limits.bytes * 0.9;
  }

  function peekVictim(): Entry | undefined {
    if (evictionOrder === undefined || evictionOrder.length > 4 * byHash.size + 1_024) {
      const candidates = Array.from(byHash.values(), (entry) => ({ entry, executable: entry.executable }));
      evictionOrder = new TinyQueue(candidates, compareForEviction);
    }
    for (;;) {
      const candidate = evictionOrder.peek();
      if (candidate === undefined) return undefined;
      if (candidate.entry.pooled && candidate.entry.executable === candidate.executable) return candidate.entry;
      evictionOrder.pop();
    }
  }

  /**
   * The transactions to evict for a newcomer, or undefined if it is not worth more than they are: queued ones give way
   * to any executable one, otherwise the fees decide. A sender never evicts what its newcomer builds on.
   */
  function chooseVictims(
    newcomer: SignedTransaction,
    executable: boolean,
    replaced: Entry | undefined,
  ): Entry[] | undefined {
    let transactions = byHash.size + (replaced === undefined ? 1 : 0);
    let size = bytes + newcomer.raw.length - (replaced?.transaction.raw.length ?? 0);
    const chosen: Entry[] = [];
    while (transactions > limits.transactions || size > limits.bytes) {
      const victim = peekVictim();
      if (victim === undefined || !givesWay(victim, newcomer, executable)) {
        for (const entry of chosen) evictionOrder?.push({ entry, executable: entry.executable });
        return undefined;
      }
      evictionOrder?.pop();
      chosen.push(victim);
      transactions -= 1;
      size -= victim.transaction.raw.length;
    }
    return chosen;
  }

  function givesWay(victim: Entry, newcomer: SignedTransaction, executable: boolean): boolean {
    if (victim.transaction.sender === newcomer.sender) return false;
    if (victim.executable && !executable) return false;
    return victim.executable === executable ? compareFees(newcomer, victim.transaction) > 0 : true;
  }

  function checkAuthorities(pooled: PooledTransaction): SkipReason | undefined {
    for (const authority of pooled.authorities) {
      const count = queues.get(authority)?.entries.length ?? 0;
      if (authority !== pooled.transaction.sender && count > limits.perDelegatedSender) {
        const message = `authority ${authority} has ${count} transactions pooled, expected at most ${limits.perDelegatedSender}`;
        return { kind: "invalid", message };
      }
    }
    return undefined;
  }

  function add(pooled: PooledTransaction, currentAccount: SenderAccount, { readmitted }: AddOptions): AddOutcome {
    const { transaction } = pooled;
    const { sender, nonce } = transaction;
    if (byHash.has(transaction.hash)) return { kind: "known" };
    const existing = queues.get(sender);
    const account = existing?.account ?? currentAccount;
    if (account.code === "contract") return { kind: "rejected", reason: { kind: "sender-has-code", sender } };
    if (nonce < account.nonce) {
      return { kind: "rejected", reason: { kind: "nonce-too-low", expected: account.nonce, actual: nonce } };
    }
    const replaced = entryAt(sender, nonce);
    if (replaced !== undefined) {
      const requiredMaxFeePerGas = bumped(replaced.transaction.maxFeePerGas, limits.priceBump);
      const requiredPriorityFeePerGas = bumped(replaced.transaction.maxPriorityFeePerGas, limits.priceBump);
      if (
        transaction.maxFeePerGas < requiredMaxFeePerGas ||
        transaction.maxPriorityFeePerGas < requiredPriorityFeePerGas
      ) {
        return { kind: "replacement-underpriced", requiredMaxFeePerGas, requiredPriorityFeePerGas };
      }
    }
    const cost = maximumCost(transaction);
    let victims: Entry[] | undefined = [];
    if (!readmitted) {
      const required = (existing?.totalCost ?? 0n) - (replaced?.cost ?? 0n) + cost;
      if (required > account.balance) {
        return { kind: "rejected", reason: { kind: "insufficient-funds", balance: account.balance, required } };
      }
      const limit =
        account.code === "delegation" || authorities.has(sender) ? limits.perDelegatedSender : limits.perSender;
      if (replaced === undefined && (existing?.entries.length ?? 0) >= limit) return { kind: "sender-limit", limit };
      const reason = checkAuthorities(pooled);
      if (reason !== undefined) return { kind: "rejected", reason };
      // The balance covers all that the sender has pooled, so only a nonce gap can keep the newcomer from running.
      const executable = replaced?.executable ?? nonce === account.nonce + BigInt(existing?.executable ?? 0);
      victims = chooseVictims(transaction, executable, replaced);
      if (victims === undefined) return { kind: "pool-full" };
    }

    for (const victim of victims) removeEntry(victim);
    const entry: Entry = { ...pooled, cost, pooled: true, executable: false, announced: false };
    const queue = existing ?? { account, entries: [], executable: 0, executableCost: 0n, totalCost: 0n };
    if (existing === undefined) {
      queues.set(sender, queue);
      setQueueAccount(sender, queue, account);
    }
    const index = position(queue, nonce);
    if (replaced !== undefined) {
      queue.entries[index] = entry;
      forget(queue, replaced);
      remember(queue, entry);
      recompute(queue);
    } else {
      queue.entries.splice(index, 0, entry);
      remember(queue, entry);
      if (index === queue.executable) extend(queue);
    }
    return { kind: "added", replaced, evicted: victims };
  }

  function setAccount(sender: Address, account: SenderAccount): readonly PooledTransaction[] {
    const queue = queues.get(sender);
    if (queue === undefined) return [];
    setQueueAccount(sender, queue, account);
    const used = queue.entries.splice(0, position(queue, account.nonce));
    for (const entry of used) forget(queue, entry);
    recompute(queue);
    return used;
  }

  function* executableHeads(baseFee: bigint): Generator<Entry> {
    for (const queue of queues.values()) {
      const head = queue.executable > 0 ? queue.entries[0] : undefined;
      if (head !== undefined && head.transaction.maxFeePerGas >= baseFee) yield head;
    }
  }

  function select(baseFee: bigint): TransactionSelection {
    const candidate = (entry: Entry) => ({ entry, tip: effectiveTip(entry.transaction, baseFee) });
    const heads = new TinyQueue(Array.from(executableHeads(baseFee), candidate), (a, b) =>
      a.tip === b.tip ? a.entry.arrival - b.entry.arrival : a.tip > b.tip ? -1 : 1,
    );
    let last: SignedTransaction | undefined;
    return {
      next() {
        if (last !== undefined) {
          const following = entryAt(last.sender, last.nonce + 1n);
          if (following?.executable && following.transaction.maxFeePerGas >= baseFee) heads.push(candidate(following));
        }
        last = undefined;
        for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
          // It may have been replaced or dropped since it was put here.
          if (head.entry.pooled && head.entry.executable) {
            last = head.entry.transaction;
            break;
          }
        }
        return last;
      },
      skipSender() {
        last = undefined;
      },
    };
  }

  return {
    get size() {
      return byHash.size;
    },
    get executableSize() {
      return executableSize;
    },
    get bytes() {
      return bytes;
    },
    get: (hash) => byHash.get(hash),
    add,
    remove(hash) {
      const entry = byHash.get(hash);
      if (entry !== undefined) removeEntry(entry);
      return entry;
    },
    account: (sender) => queues.get(sender)?.account,
    senders: () => queues.keys(),
    delegatedSenders: () => delegated.values(),
    setAccount,
    advance(sender, nonce) {
      const queue = queues.get(sender);
      if (queue === undefined || nonce <= queue.account.nonce) return [];
      // What was used has been paid for: no more than the sum of the highest costs is gone.
      const used = queue.entries.slice(0, position(queue, nonce));
      const spent = used.reduce((sum, entry) => sum + entry.cost, 0n);
      const { balance } = queue.account;
      return setAccount(sender, { ...queue.account, nonce, balance: balance > spent ? balance - spent : 0n });
    },
    pendingNonce(sender) {
      const queue = queues.get(sender);
      return queue === undefined || queue.executable === 0 ? undefined : queue.account.nonce + BigInt(queue.executable);
    },
    content() {
      const pending: SignedTransaction[] = [];
      const queued: SignedTransaction[] = [];
      for (const queue of queues.values()) {
        for (const entry of queue.entries) (entry.executable ? pending : queued).push(entry.transaction);
      }
      return { pending, queued };
    },
    expire(time) {
      const expired = Array.from(byHash.values()).filter((entry) => !entry.executable && entry.receivedAt < time);
      for (const entry of expired) removeEntry(entry);
      return expired;
    },
    hasExecutable: (baseFee) => executableHeads(baseFee).next().done === false,
    select,
    takePromoted() {
      const taken = promoted;
      if (taken.length > 0) promoted = [];
      return taken;
    },
  };
}

/** The least fee that replaces one: `percent` more, rounded up, and at least 1 wei more. */
function bumped(fee: bigint, percent: number): bigint {
  const raised = (fee * BigInt(100 + percent) + 99n) / 100n;
  return raised > fee ? raised : fee + 1n;
}

function compareFees(a: SignedTransaction, b: SignedTransaction): number {
  if (a.maxFeePerGas !== b.maxFeePerGas) return a.maxFeePerGas < b.maxFeePerGas ? -1 : 1;
  if (a.maxPriorityFeePerGas === b.maxPriorityFeePerGas) return 0;
  return a.maxPriorityFeePerGas < b.maxPriorityFeePerGas ? -1 : 1;
}

/** Queued before executable, then the lowest fees, then the latest arrival. */
function compareForEviction(a: EvictionCandidate, b: EvictionCandidate): number {
  if (a.executable !== b.executable) return a.executable ? 1 : -1;
  const fees = compareFees(a.entry.transaction, b.entry.transaction);
  return fees === 0 ? b.entry.arrival - a.entry.arrival : fees;
}
