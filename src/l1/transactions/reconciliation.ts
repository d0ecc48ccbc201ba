import { errorText } from "../error-text.ts";
import { isAnswer } from "../l1-failures.ts";
import { currentStatus, eraseTransaction } from "./context.ts";
import type { ManagerContext } from "./context.ts";
import type { L1View } from "./l1-view.ts";
import { findTransactionOfNonce } from "./nonce-search.ts";
import { nextNonce } from "./nonces.ts";
import { compareMined, explainRevert, findEarlierReceipt, findReceipt, findReceiptInBlock } from "./receipts.ts";
import type { Receipt } from "./receipts.ts";
import type { TransactionRecord } from "./record.ts";

/** Compares what is recorded as mined with what L1 says now: both directions, since blocks come and go. */
export async function reconcileMined(context: ManagerContext, view: L1View): Promise<void> {
  const { book, client } = context;
  for (const record of book.ascending()) {
    if (record.mined?.confirmed === true && record.nonce < view.nonce) continue;
    // A nonce not used up by the head block cannot be mined unless the node's answers are of different blocks.
    if (record.mined === undefined && (record.nonce >= view.nonce || record.attempts.length === 0)) continue;
    const receipt = (await findReceipt(client, record)) ?? (await findEarlierReceipt(client, record, view.head));
    if (receipt !== undefined) await recordMined(context, record, receipt, view);
    else if (record.mined !== undefined) await recordLost(context, record);
  }
  for (const record of book.ascending()) {
    if (record.mined === undefined && record.nonce < view.nonce) await settleUsedUp(context, record, view);
  }
}

async function recordMined(
  context: ManagerContext,
  record: TransactionRecord,
  receipt: Receipt,
  view: L1View,
): Promise<void> {
  const { book, client, state, events, log } = context;
  const change = compareMined(record.mined, receipt, view.head.number, context.confirmations);
  if (change.kind === "none") return;
  const { hash, block } = receipt;
  const known = change.kind === "depth" ? record.mined?.revert : undefined;
  const revert = receipt.reverted ? (known ?? (await explainRevert(client, context, record, receipt))) : undefined;
  await book.save({ ...record, mined: { hash, block, confirmed: change.confirmed, revert } });
  state.progress.set(record.nonce, { trouble: undefined });
  if (change.kind === "depth") return;
  const status = currentStatus(context, book.get(record.nonce));
  const fields = { purpose: record.purpose, nonce: record.nonce, hash, block: block.number };
  if (revert !== undefined) log.error({ ...fields, revert: revert.message }, "L1 transaction reverted");
  else log.info({ ...fields, result: status.kind }, "L1 transaction mined");
  events.emit("mined", status);
}

async function recordLost({ book, state, log }: ManagerContext, record: TransactionRecord): Promise<void> {
  const { purpose, nonce, mined } = record;
  log.warn({ purpose, nonce, block: mined?.block }, "L1 reorg took a mined transaction; sending it again");
  await book.save({ ...record, mined: undefined });
  state.progress.set(nonce, { broadcastAt: undefined });
}

/** Looks for the transaction that took the nonce of one that is not known to be mined. */
async function settleUsedUp(context: ManagerContext, record: TransactionRecord, view: L1View): Promise<void> {
  const { client, account, log } = context;
  try {
    const receipt = await findReceiptInBlock(client, account, record, view.head);
    if (receipt !== undefined) await recordMined(context, record, receipt, view);
    else await reassignIfDisplaced(context, record, view);
  } catch (error) {
    // Old nonces are state, which an endpoint need not keep; nothing else is to wait for it.
    if (!isAnswer(error)) throw error;
    log.debug({ purpose: record.purpose, error: errorText(error) }, "what took the nonce cannot be found out yet");
  }
}

/**
 * A nonce that is used up while none of our transactions has it was used by another program with the same key. Once
 * that is as deep as a confirmation, ours can never be mined, and only then is it safe to give the deed another nonce.
 */
async function reassignIfDisplaced(context: ManagerContext, record: TransactionRecord, view: L1View): Promise<void> {
  const { book, client, account } = context;
  const depth = view.head.number - context.confirmations + 1;
  if (record.displaced || depth < 0) return;
  const confirmedNonce = await client.getTransactionCount({ address: account, blockNumber: BigInt(depth) });
  if (confirmedNonce <= record.nonce) return;
  // A missing receipt proves nothing (indexes lag, load balancers mix nodes); the other transaction itself does.
  const other = (await findTransactionOfNonce(client, account, record.nonce, depth))?.hash;
  if (other === undefined || record.attempts.some((attempt) => attempt.hash === other)) return;
  if (record.cancelling) {
    await book.save({ ...record, displaced: true });
    return;
  }
  const nonce = await nextNonce(context);
  context.log.error(
    { purpose: record.purpose, nonce: record.nonce, newNonce: nonce, other },
    "another program uses this key: its transaction took the nonce",
  );
  // In this order: killed in between, the deed has two nonces, of which the used-up one is dropped when opened again.
  await book.save({ ...record, nonce, accepted: false, attempts: [] }, book.sidecar(record.nonce));
  await eraseTransaction(context, record);
}
