import type { SkipReason } from "../ethereum/index.ts";
import { chooseVictims } from "./eviction.ts";
import type { Entry, PooledTransaction, SenderAccount } from "./pooled-transaction.ts";
import { entryAt, extend, forget, position, recompute, remember, removeEntry, setQueueAccount } from "./queue-state.ts";
import type { QueuesState } from "./queue-state.ts";
import { bumped, maximumCost } from "./transaction-fees.ts";

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

/** Adds a transaction whose fields are already validated. `currentAccount` is used if its sender has nothing pooled yet. */
export function addTransaction(
  state: QueuesState,
  pooled: PooledTransaction,
  currentAccount: SenderAccount,
  { readmitted }: AddOptions,
): AddOutcome {
  const { transaction } = pooled;
  const { sender, nonce } = transaction;
  // 1. May it be pooled?
  if (state.byHash.has(transaction.hash)) return { kind: "known" };
  const existing = state.bySender.get(sender);
  const account = existing?.account ?? currentAccount;
  const replaced = entryAt(state, sender, nonce);
  const refusal =
    whyNeverPooled(pooled, account, replaced, state.limits.priceBump) ??
    (readmitted ? undefined : whyOverLimits(state, pooled, account, replaced));
  if (refusal !== undefined) return refusal;

  // 2. Make room. The balance covers all that the sender has pooled, so only a nonce gap can keep it from running.
  const executable = replaced?.executable ?? nonce === account.nonce + BigInt(existing?.executable ?? 0);
  const victims = readmitted ? [] : chooseVictims(state, transaction, executable, replaced);
  if (victims === undefined) return { kind: "pool-full" };
  for (const victim of victims) removeEntry(state, victim);

  // 3. Put it in its place.
  const cost = maximumCost(transaction);
  const entry: Entry = { ...pooled, cost, pooled: true, executable: false, announced: false };
  const queue = existing ?? { account, entries: [], executable: 0, executableCost: 0n, totalCost: 0n };
  if (existing === undefined) {
    state.bySender.set(sender, queue);
    setQueueAccount(state, sender, queue, account);
  }
  const index = position(queue, nonce);
  if (replaced !== undefined) {
    queue.entries[index] = entry;
    forget(state, queue, replaced);
    remember(state, queue, entry);
    recompute(state, queue);
  } else {
    queue.entries.splice(index, 0, entry);
    remember(state, queue, entry);
    if (index === queue.executable) extend(state, queue);
  }
  return { kind: "added", replaced, evicted: victims };
}

/**
 * Why a transaction cannot be pooled, however much room and money there is, or undefined.
 * @param replaced the pooled transaction with its sender and nonce
 * @param priceBump percent that it must offer more than that one
 */
export function whyNeverPooled(
  { transaction }: PooledTransaction,
  account: SenderAccount,
  replaced: PooledTransaction | undefined,
  priceBump: number,
): AddOutcome | undefined {
  const { maxFeePerGas, maxPriorityFeePerGas, nonce, sender } = transaction;
  if (account.code === "contract") return { kind: "rejected", reason: { kind: "sender-has-code", sender } };
  if (nonce < account.nonce) {
    return { kind: "rejected", reason: { kind: "nonce-too-low", expected: account.nonce, actual: nonce } };
  }
  if (replaced === undefined) return undefined;
  const requiredMaxFeePerGas = bumped(replaced.transaction.maxFeePerGas, priceBump);
  const requiredPriorityFeePerGas = bumped(replaced.transaction.maxPriorityFeePerGas, priceBump);
  return maxFeePerGas < requiredMaxFeePerGas || maxPriorityFeePerGas < requiredPriorityFeePerGas
    ? { kind: "replacement-underpriced", requiredMaxFeePerGas, requiredPriorityFeePerGas }
    : undefined;
}

/** Why a transaction is more than its sender can pay, or may have pooled, or undefined. */
function whyOverLimits(
  state: QueuesState,
  pooled: PooledTransaction,
  account: SenderAccount,
  replaced: Entry | undefined,
): AddOutcome | undefined {
  const { limits } = state;
  const { sender } = pooled.transaction;
  const existing = state.bySender.get(sender);
  const required = (existing?.totalCost ?? 0n) - (replaced?.cost ?? 0n) + maximumCost(pooled.transaction);
  if (required > account.balance) {
    return { kind: "rejected", reason: { kind: "insufficient-funds", balance: account.balance, required } };
  }
  const isDelegated = account.code === "delegation" || state.authorities.has(sender);
  const limit = isDelegated ? limits.perDelegatedSender : limits.perSender;
  if (replaced === undefined && (existing?.entries.length ?? 0) >= limit) return { kind: "sender-limit", limit };
  const reason = checkAuthorities(state, pooled);
  return reason === undefined ? undefined : { kind: "rejected", reason };
}

/** Why the accounts that a transaction delegates have too much pooled for that, or undefined. */
function checkAuthorities(state: QueuesState, pooled: PooledTransaction): SkipReason | undefined {
  for (const authority of pooled.authorities) {
    const count = state.bySender.get(authority)?.entries.length ?? 0;
    if (authority !== pooled.transaction.sender && count > state.limits.perDelegatedSender) {
      const message = `authority ${authority} has ${count} transactions pooled, expected at most ${state.limits.perDelegatedSender}`;
      return { kind: "invalid", message };
    }
  }
  return undefined;
}
