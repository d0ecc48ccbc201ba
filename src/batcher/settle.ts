import type { Hash } from "../primitives/index.ts";
import type { ReadableInboxStore } from "../storage/index.ts";
import type { BatcherContext } from "./context.ts";
import { describeGiveUp, retryDelay, settleBatches } from "./settlement.ts";
import type { BatchVerdict, Settlement } from "./settlement.ts";
import type { InFlightBatch } from "./types.ts";

/** Finds out what became of the batches in flight, forgets those that are done, and cancels those that are given up. */
export async function settleInFlight(context: BatcherContext): Promise<Settlement> {
  const { chain, transactions, batches, settings, state, metrics, now } = context;
  const { store, inbox } = chain;
  const settlement = settleBatches(
    batches.all(),
    (batch) => transactions.status(batch.purpose),
    {
      safe: store.getHeads().safe,
      derivedBatches: store.derivedBatchCount(),
      blockHash: (number) => store.getBlockHash(number),
      findBatch: (hash) => findBatchOf(inbox, hash),
      dataKind: settings.dataKind,
      refusalPatience: settings.firstRetryDelay,
      now: now(),
    },
    state.blobsRefusedSince,
  );
  state.blobsRefusedSince = settlement.blobsRefusedSince;
  for (const { batch, verdict } of settlement.verdicts) await carryOut(context, batch, verdict);
  metrics.inFlightBatches.set(settlement.open.length);
  return settlement;
}

async function carryOut(context: BatcherContext, batch: InFlightBatch, verdict: BatchVerdict): Promise<void> {
  const { transactions, settings, state, log, now } = context;
  switch (verdict.kind) {
    case "open":
    case "derived":
    case "unsettled":
      return;
    case "never-sent":
      await drop(context, batch);
      return;
    case "done":
      state.failures = 0;
      if (!verdict.canonical) log.error({ batch }, "a batch was derived to other blocks than it was built of");
      await drop(context, batch);
      return;
    case "give-up":
      if (verdict.reason.kind === "blobs-refused") state.blobsRefused = true;
      log.warn({ batch, reason: describeGiveUp(verdict.reason) }, "giving up a batch");
      await transactions.cancel(batch.purpose);
      return;
    case "failed":
      if (verdict.revert !== undefined) {
        state.failures++;
        state.retryAt = now() + retryDelay(state.failures, settings.firstRetryDelay);
        log.error({ batch, revert: verdict.revert, retryAt: state.retryAt }, "a batch reverted");
      }
      await drop(context, batch);
      return;
  }
}

async function drop({ transactions, batches }: BatcherContext, batch: InFlightBatch): Promise<void> {
  // In this order: the purpose may be used again only when nothing refers to it, and a record without a transaction is
  // taken for one that was never sent.
  await transactions.forget(batch.purpose);
  await batches.remove(batch);
}

/** Batches of the Inbox, from its end, among which one of this batcher is looked for. */
const RECENT_BATCHES = 1000;

/** Index of the batch a transaction posted, if the node has it. Searched from the end: it is recent. */
function findBatchOf(inbox: ReadableInboxStore, transactionHash: Hash): number | undefined {
  const count = inbox.batchCount();
  for (let index = count - 1; index >= 0 && index >= count - RECENT_BATCHES; index--) {
    if (inbox.getBatchOrigin(index)?.transactionHash === transactionHash) return index;
  }
  return undefined;
}
