import { InvalidTransactionError, MAX_TRANSACTION_SIZE } from "../ethereum/index.ts";
import type { SubmissionOutcome } from "../node/index.ts";
import { keccak256 } from "../primitives/index.ts";
import type { Address } from "../primitives/index.ts";
import { authoritiesOf } from "./authorities.ts";
import { drop, dropUsed } from "./mempool-departures.ts";
import { announcePromoted, startRefreshing } from "./mempool-refresh.ts";
import type { MempoolState } from "./mempool-state.ts";
import type { PooledTransaction, SenderAccount } from "./pooled-transaction.ts";
import type { AddOutcome } from "./queue-admission.ts";
import { validateTransaction } from "./transaction-validation.ts";

/** Raw bytes of submissions whose senders are still being recovered; more are turned away. */
const MAXIMUM_BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/** Takes a transaction in that somebody offers. */
export async function submitTransaction(mempool: MempoolState, raw: Uint8Array): Promise<SubmissionOutcome> {
  const { queues, submissions } = mempool;
  if (raw.length > MAX_TRANSACTION_SIZE) {
    const message = `expected a transaction of at most ${MAX_TRANSACTION_SIZE} bytes, got ${raw.length}`;
    return { kind: "rejected", reason: { kind: "invalid", message } };
  }
  const hash = keccak256(raw);
  if (queues.get(hash) !== undefined) return { kind: "known", hash };
  const running = submissions.get(hash);
  if (running !== undefined) {
    const outcome = await running;
    return outcome.kind === "accepted" ? { kind: "known", hash } : outcome;
  }
  if (mempool.bytesInFlight + raw.length > MAXIMUM_BYTES_IN_FLIGHT) return { kind: "pool-full" };
  mempool.bytesInFlight += raw.length;
  const submission = submitNew(mempool, raw, mempool.arrivals++);
  submissions.set(hash, submission);
  try {
    return await submission;
  } finally {
    submissions.delete(hash);
    mempool.bytesInFlight -= raw.length;
  }
}

async function submitNew(mempool: MempoolState, raw: Uint8Array, arrival: number): Promise<SubmissionOutcome> {
  const decoded = await mempool.decode(raw);
  if (decoded instanceof InvalidTransactionError) {
    return { kind: "rejected", reason: { kind: "invalid", message: decoded.message } };
  }
  const reason = validateTransaction(decoded, mempool.environment, Math.floor(Date.now() / 1_000));
  if (reason !== undefined) return { kind: "rejected", reason };
  const authorities = authoritiesOf(decoded);
  return admit(mempool, { transaction: decoded, arrival, receivedAt: Date.now(), authorities }, { readmitted: false });
}

/** Puts a transaction into queues and journal, if its sender's account allows it. */
export async function admit(
  mempool: MempoolState,
  pooled: PooledTransaction,
  options: { readonly readmitted: boolean },
): Promise<SubmissionOutcome> {
  const { hash, raw } = pooled.transaction;

  // 1. Queue it.
  const outcome = await queue(mempool, pooled, options);
  if (outcome.kind === "known") return { kind: "known", hash };
  if (outcome.kind !== "added") return outcome;
  startRefreshing(mempool);

  // 2. Make it durable.
  try {
    await mempool.journal.put(hash, { raw, receivedAt: pooled.receivedAt });
  } catch (error) {
    mempool.queues.remove(hash);
    throw error;
  }

  // 3. Drop what made way for it. Only now: were this one lost in a kill, those must still be in the journal.
  if (outcome.replaced !== undefined) drop(mempool, outcome.replaced, { kind: "replaced", by: hash });
  for (const evicted of outcome.evicted) drop(mempool, evicted, { kind: "evicted" });

  // 4. Tell of it.
  announcePromoted(mempool);
  return { kind: "accepted", hash };
}

/** Adds a transaction to the queues, against an account that is read if it is not known, or may be out of date. */
async function queue(
  mempool: MempoolState,
  pooled: PooledTransaction,
  options: { readonly readmitted: boolean },
): Promise<AddOutcome> {
  const { chain, dirty, queues } = mempool;
  const { sender } = pooled.transaction;
  for (let isFresh = queues.account(sender) === undefined; ; isFresh = true) {
    const before = chain.latestHash();
    const account = isFresh ? await readAccount(mempool, sender) : queues.account(sender);
    if (account === undefined) continue;
    const isCurrent = before === chain.latestHash();
    if (isFresh && isCurrent) dropUsed(mempool, queues.setAccount(sender, account), account.nonce);
    // A block may have come while the account was read, before the queues knew of this sender.
    if (!isCurrent) dirty.add(sender);
    const outcome = queues.add(pooled, account, options);
    if (isFresh || !isWorthReading(outcome)) return outcome;
  }
}

/** Whether a refusal may be due to an account that was read before it received a payment. */
export function isWorthReading(outcome: AddOutcome): boolean {
  return outcome.kind === "rejected" && outcome.reason.kind === "insufficient-funds";
}

function readAccount({ accountReads, chain }: MempoolState, sender: Address): Promise<SenderAccount> {
  const at = chain.latestHash();
  const running = accountReads.get(sender);
  if (running?.at === at) return running.account;
  const account = chain.account(sender).finally(() => {
    if (accountReads.get(sender)?.account === account) accountReads.delete(sender);
  });
  accountReads.set(sender, { at, account });
  return account;
}
