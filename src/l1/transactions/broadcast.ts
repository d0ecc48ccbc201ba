import { bytesToHex, hexToBytes, loadKzg } from "../../primitives/index.ts";
import { errorText } from "../error-text.ts";
import { isAnswer } from "../l1-failures.ts";
import { isBroadcastDue, planAttempt, priceAttempt, signAttempt } from "./attempts.ts";
import type { ManagerContext } from "./context.ts";
import type { TransactionFees } from "./fees.ts";
import { readMarket } from "./l1-view.ts";
import type { L1Market, L1View } from "./l1-view.ts";
import { hasBlobs, highestCost } from "./record.ts";
import type { Attempt, TransactionRecord } from "./record.ts";
import { classifyRefusal } from "./refusal.ts";
import { createBlobSidecar, createZeroSidecar, wrapBlobTransaction } from "./sidecar.ts";
import type { BlobSidecar } from "./sidecar.ts";
import type { L1TransactionTrouble } from "./status.ts";
import { otherWrapperVersion, wrapperVersionOf } from "./wrapper-version.ts";

const NO_BLOB_PRICE =
  "L1 tells no price of blobs, neither by eth_blobBaseFee or eth_feeHistory nor in its headers; use an endpoint that does, or calldata";

/**
 * Goes through what is not mined in the order of nonces, and for each: signs a first attempt, or one that replaces the last
 * if that is due; broadcasts it, or the last again if that is due. Rejects if L1 does not answer.
 */
export async function broadcastPending(context: ManagerContext, view: L1View): Promise<void> {
  const { book, client, state, caps, intervals, now, log } = context;
  const pending = book
    .ascending()
    .filter((record) => record.mined === undefined && !record.displaced && record.nonce >= view.nonce);
  let market: L1Market | undefined;
  for (const record of pending) {
    const progress = state.progress.get(record.nonce);
    const plan = planAttempt(record, { pending, nextNonce: view.nonce, progress, intervals, now: now() });
    switch (plan.kind) {
      case "behind-other-kind":
        setTrouble(context, record, plan);
        break;
      case "rebroadcast":
        await broadcast(context, record);
        break;
      case "wait":
        break;
      case "sign": {
        market ??= await readMarket(client, view, pending.some(hasBlobs));
        const price = priceAttempt(record, market, caps);
        if (price.kind === "offer") {
          if (plan.reason === "raise") {
            const { purpose, nonce, attempts } = record;
            log.warn({ purpose, nonce, attempts: attempts.length }, "raising the fees of an L1 transaction");
          }
          const signed = await signAndRecord(context, record, price.fees);
          state.progress.set(record.nonce, { underpriced: false });
          await broadcast(context, signed);
          break;
        }
        if (price.kind === "no-blob-price") setTrouble(context, record, { kind: "rejected", message: NO_BLOB_PRICE });
        else setTrouble(context, record, { ...price, kind: "fee-cap" });
        // Without a first attempt of this nonce none of a higher one can be mined.
        if (plan.reason === "first") return;
        if (price.kind === "capped" && isBroadcastDue(progress, intervals, now())) await broadcast(context, record);
        break;
      }
    }
  }
}

/** Signs with these fees and records the attempt, so that its hash is known whatever happens after. */
async function signAndRecord(
  context: ManagerContext,
  record: TransactionRecord,
  fees: TransactionFees,
): Promise<TransactionRecord> {
  const attempt = await signAttempt(record, fees, context, context.now());
  const next = { ...record, attempts: [...record.attempts, attempt] };
  await context.book.save(next);
  return next;
}

/** Sends the last attempt, which is on disk. */
async function broadcast(context: ManagerContext, record: TransactionRecord): Promise<void> {
  const { client, state, metrics, now } = context;
  const attempt = record.attempts.at(-1);
  if (attempt === undefined) return;
  state.progress.set(record.nonce, { broadcastAt: now() });
  const sidecar = attempt.maxFeePerBlobGas === undefined ? undefined : await sidecarOf(context, record, attempt);
  const raw =
    sidecar === undefined ? attempt.signed : bytesToHex(wrapBlobTransaction(hexToBytes(attempt.signed), sidecar));
  try {
    await client.request({ method: "eth_sendRawTransaction", params: [raw] });
    metrics.countBroadcast("accepted");
    await recordAccepted(context, record);
  } catch (error) {
    if (!isAnswer(error)) {
      state.progress.set(record.nonce, { broadcastAt: undefined });
      throw error;
    }
    await handleRefusal(context, record, error, sidecar);
  }
}

async function sidecarOf(context: ManagerContext, record: TransactionRecord, attempt: Attempt): Promise<BlobSidecar> {
  if (attempt.cancellation) return createZeroSidecar(await wrapperVersionOf(context));
  const sidecar = context.book.sidecar(record.nonce);
  if (sidecar === undefined) throw new Error(`the blobs of L1 transaction "${record.purpose}" are not on disk`);
  return sidecar;
}

async function recordAccepted({ book, state }: ManagerContext, record: TransactionRecord): Promise<void> {
  state.progress.set(record.nonce, { trouble: undefined });
  if (!record.accepted) await book.save({ ...record, accepted: true });
}

async function handleRefusal(
  context: ManagerContext,
  record: TransactionRecord,
  error: unknown,
  sidecar: BlobSidecar | undefined,
): Promise<void> {
  const { client, account, state, metrics } = context;
  const { nonce } = record;
  const refusal = classifyRefusal(error);
  metrics.countBroadcast(refusal.kind);
  switch (refusal.kind) {
    case "already-known":
      await recordAccepted(context, record);
      return;
    // The next step finds its receipt, or that another transaction used the nonce.
    case "nonce-too-low":
    case "reverted":
      state.progress.set(nonce, { trouble: undefined });
      return;
    case "replacement-underpriced":
    case "fee-too-low":
      state.progress.set(nonce, { underpriced: true });
      setTrouble(context, record, { kind: "rejected", message: errorText(error) });
      return;
    case "insufficient-funds": {
      state.progress.set(nonce, { broadcastAt: undefined });
      const balance = await client.getBalance({ address: account });
      setTrouble(context, record, { kind: "insufficient-funds", account, balance, required: highestCost(record) });
      return;
    }
    case "sidecar-form":
      state.progress.set(nonce, { broadcastAt: undefined });
      if (sidecar !== undefined && !context.wrapperVersionFixed) await tryOtherForm(context, record, sidecar);
      setTrouble(context, record, { kind: "rejected", message: errorText(error) });
      return;
    case "other":
      // Whatever it is may be over the next time; blobs on a Hardhat node, for one, wait for an empty pool.
      state.progress.set(nonce, { broadcastAt: undefined });
      setTrouble(context, record, { kind: "rejected", message: refusal.message });
      return;
  }
}

/** Has the next broadcast carry its blobs in the form the L1 node was not offered now. */
async function tryOtherForm(
  { book, state, log }: ManagerContext,
  record: TransactionRecord,
  sidecar: BlobSidecar,
): Promise<void> {
  const version = otherWrapperVersion(sidecar.wrapperVersion);
  state.wrapperVersion = version;
  log.warn({ version }, "the L1 node does not read this form of blobs; trying the other");
  if (record.attempts.at(-1)?.cancellation ?? false) return;
  await book.saveSidecar(record.nonce, await createBlobSidecar(await loadKzg(), sidecar.blobs, version));
}

/** Remembers why a transaction cannot move, and says so in the log when the reason is new. */
function setTrouble({ state, log }: ManagerContext, record: TransactionRecord, trouble: L1TransactionTrouble): void {
  const before = state.progress.get(record.nonce).trouble;
  if (before?.kind !== trouble.kind && trouble.kind !== "behind-other-kind") {
    log.error({ purpose: record.purpose, nonce: record.nonce, trouble }, "an L1 transaction cannot move");
  }
  state.progress.set(record.nonce, { trouble });
}
