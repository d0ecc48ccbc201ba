import type { L1TransactionStatus } from "../l1/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { DataKind, InFlightBatch } from "./types.ts";

/** Why a batch that is not mined is cancelled. */
export type GiveUpReason =
  | { readonly kind: "blocks-left" }
  /** Mined without its predecessor, it would be derived on another parent than it was built on. */
  | { readonly kind: "predecessor-failed" }
  | { readonly kind: "predecessor-given-up" }
  | { readonly kind: "posted-by-other" }
  /** The L1 node has refused blobs for a while, and calldata would do. */
  | { readonly kind: "blobs-refused"; readonly message: string };

/** What became of a batch in flight. */
export type BatchVerdict =
  /** Its record is there, its transaction is not: killed before that was recorded, so it was never sent. */
  | { readonly kind: "never-sent" }
  /** On its way (or mined, and not derived yet). */
  | { readonly kind: "open"; readonly mined: boolean }
  /** Derived, but a reorg could still undo it. */
  | { readonly kind: "derived" }
  /** Derived for good; not canonical if that gave other blocks than it was built of. */
  | { readonly kind: "done"; readonly canonical: boolean }
  | { readonly kind: "give-up"; readonly reason: GiveUpReason }
  /** Being cancelled, or reverted or cancelled where a reorg could still let it succeed. */
  | { readonly kind: "unsettled" }
  /** Reverted or cancelled for good; `revert` says why it reverted. */
  | { readonly kind: "failed"; readonly revert: string | undefined };

/** What the node knows of chain and Inbox at the time of a settlement. */
export interface SettlementView {
  /** Number of the safe L2 block. */
  readonly safe: number;
  readonly derivedBatches: number;
  readonly blockHash: (number: number) => Hash | undefined;
  /** Index of the batch a transaction posted, if the node has it. */
  readonly findBatch: (transactionHash: Hash) => number | undefined;
  /** Where batches may put their data. */
  readonly dataKind: DataKind;
  /** Milliseconds for which an L1 node must refuse blobs until they are given up. */
  readonly refusalPatience: number;
  /** Milliseconds of the wall clock. */
  readonly now: number;
}

export interface Settlement {
  /** In the order of the batches. */
  readonly verdicts: readonly { readonly batch: InFlightBatch; readonly verdict: BatchVerdict }[];
  /** On their way or not derived yet, in order. */
  readonly open: readonly InFlightBatch[];
  /** How many of those are on L1. */
  readonly mined: number;
  /** A batch whose end is not certain while nothing may be posted. */
  readonly unsettled: InFlightBatch | undefined;
  /** Milliseconds; since when the L1 node refuses a blob batch. */
  readonly blobsRefusedSince: number | undefined;
}

/** What became of the batches in flight, by the status of their transactions. */
export function settleBatches(
  batches: readonly InFlightBatch[],
  statusOf: (batch: InFlightBatch) => L1TransactionStatus | undefined,
  view: SettlementView,
  refusedSince: number | undefined,
): Settlement {
  const verdicts: { batch: InFlightBatch; verdict: BatchVerdict }[] = [];
  const open: InFlightBatch[] = [];
  let mined = 0;
  let unsettled: InFlightBatch | undefined;
  let blobsRefusedSince = refusedSince;
  for (const batch of batches) {
    const status = statusOf(batch);
    let verdict = judgeBatch(batch, status, view, {
      lastBlock: Math.max(open.at(-1)?.lastBlock ?? 0, view.safe),
      settled: unsettled === undefined,
    });
    if (verdict.kind === "open" && status?.kind === "pending") {
      const refusal = refusalOfBlobs(batch, status, view.dataKind);
      blobsRefusedSince = refusal === undefined ? undefined : (blobsRefusedSince ?? view.now);
      if (refusal !== undefined && view.now - (blobsRefusedSince ?? view.now) >= view.refusalPatience) {
        verdict = { kind: "give-up", reason: { kind: "blobs-refused", message: refusal } };
      }
    }
    verdicts.push({ batch, verdict });
    if (verdict.kind === "give-up" || verdict.kind === "unsettled") unsettled ??= batch;
    else if (verdict.kind === "open") {
      open.push(batch);
      if (verdict.mined) mined++;
    }
  }
  return { verdicts, open, mined, unsettled, blobsRefusedSince };
}

/** What matters of the batches before one. */
export interface Predecessors {
  /** The block those on their way end with, or the safe one. */
  readonly lastBlock: number;
  /** Whether none of them is given up, or failed in a way that may be undone. */
  readonly settled: boolean;
}

/** What became of one batch, but for blobs that the L1 node refuses: those are given up only after a while. */
export function judgeBatch(
  batch: InFlightBatch,
  status: L1TransactionStatus | undefined,
  view: SettlementView,
  predecessors: Predecessors,
): BatchVerdict {
  if (status === undefined) return { kind: "never-sent" };
  switch (status.kind) {
    case "pending": {
      if (status.cancelling) return { kind: "unsettled" };
      const reason = reasonToGiveUp(batch, status, view, predecessors);
      return reason === undefined ? { kind: "open", mined: false } : { kind: "give-up", reason };
    }
    case "succeeded": {
      const index = view.findBatch(status.hash);
      if (index === undefined || view.derivedBatches <= index) return { kind: "open", mined: true };
      return status.confirmed ? { kind: "done", canonical: isCanonical(batch, view) } : { kind: "derived" };
    }
    case "reverted":
    case "cancelled":
      if (!status.confirmed) return { kind: "unsettled" };
      return { kind: "failed", revert: status.kind === "reverted" ? status.revert.message : undefined };
  }
}

type PendingStatus = Extract<L1TransactionStatus, { kind: "pending" }>;

function reasonToGiveUp(
  batch: InFlightBatch,
  status: PendingStatus,
  view: SettlementView,
  { lastBlock, settled }: Predecessors,
): GiveUpReason | undefined {
  if (!settled) return { kind: "predecessor-given-up" };
  if (!isCanonical(batch, view)) return { kind: "blocks-left" };
  if (batch.firstBlock > lastBlock + 1) return { kind: "predecessor-failed" };
  // If it is one of its own hashes, L1 has just lost it, and the node has yet to notice.
  const isOwn = status.hashes.some((hash) => view.findBatch(hash) !== undefined);
  return view.safe >= batch.lastBlock && !isOwn ? { kind: "posted-by-other" } : undefined;
}

function isCanonical(batch: InFlightBatch, { blockHash }: SettlementView): boolean {
  return blockHash(batch.lastBlock) === batch.lastBlockHash;
}

/** What the L1 node says to a batch in blobs that could be posted as calldata; undefined if it does not refuse it. */
function refusalOfBlobs(batch: InFlightBatch, { trouble }: PendingStatus, dataKind: DataKind): string | undefined {
  if (batch.dataKind !== "blobs" || dataKind === "blobs") return undefined;
  return trouble?.kind === "rejected" ? trouble.message : undefined;
}

/** For the log. */
export function describeGiveUp(reason: GiveUpReason): string {
  switch (reason.kind) {
    case "blocks-left":
      return "its blocks left the chain";
    case "predecessor-failed":
      return "its predecessor failed";
    case "predecessor-given-up":
      return "its predecessor is given up";
    case "posted-by-other":
      return "its blocks were posted by somebody else";
    case "blobs-refused":
      return `L1 takes no blobs: ${reason.message}`;
  }
}

const LONGEST_RETRY_DELAY = 600_000;

/** Milliseconds before a batch is tried again after so many in a row reverted. */
export function retryDelay(failures: number, firstDelay: number): number {
  return Math.min(firstDelay * 2 ** (failures - 1), LONGEST_RETRY_DELAY);
}
