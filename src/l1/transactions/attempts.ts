import { keccak256 } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { offerFees, raiseFees } from "./fees.ts";
import type { FeeCaps, FeeDecision, TransactionFees } from "./fees.ts";
import { PLAIN_TRANSFER_GAS } from "./gas.ts";
import type { L1Market } from "./l1-view.ts";
import type { Progress } from "./progress.ts";
import { feesOf, hasBlobs } from "./record.ts";
import type { Attempt, TransactionRecord } from "./record.ts";
import { createZeroSidecar } from "./sidecar.ts";

/** When an attempt is repeated, and when it is replaced by one with higher fees. Milliseconds. */
export interface AttemptIntervals {
  readonly feeBumpInterval: number;
  readonly rebroadcastInterval: number;
}

/** What a step is to do about a transaction that is not mined. */
export type AttemptPlan =
  /** L1 nodes keep an account's blob and other transactions apart: it waits for the one of this nonce. */
  | { readonly kind: "behind-other-kind"; readonly nonce: number }
  | { readonly kind: "sign"; readonly reason: "first" | "cancellation" | "raise" }
  | { readonly kind: "rebroadcast" }
  | { readonly kind: "wait" };

/** What is so at the time of a step. */
export interface AttemptSituation {
  /** All that are not mined, in ascending order of nonces. */
  readonly pending: readonly TransactionRecord[];
  /** Nonce L1 takes next. */
  readonly nextNonce: number;
  readonly progress: Progress;
  readonly intervals: AttemptIntervals;
  /** Milliseconds of the wall clock. */
  readonly now: number;
}

export function planAttempt(record: TransactionRecord, situation: AttemptSituation): AttemptPlan {
  const { pending, nextNonce, progress, intervals, now } = situation;
  const behind = pending.find((other) => other.nonce < record.nonce && hasBlobs(other) !== hasBlobs(record));
  if (behind !== undefined) return { kind: "behind-other-kind", nonce: behind.nonce };
  const last = record.attempts.at(-1);
  if (last === undefined) return { kind: "sign", reason: "first" };
  if (record.cancelling && !record.attempts.some(({ cancellation }) => cancellation)) {
    return { kind: "sign", reason: "cancellation" };
  }
  // Only the first can be mined next; raising the fees of those behind it would be bidding against oneself.
  const stuck = record.nonce === nextNonce && now - last.createdAt >= intervals.feeBumpInterval;
  if (stuck || progress.underpriced) return { kind: "sign", reason: "raise" };
  return isBroadcastDue(progress, intervals, now) ? { kind: "rebroadcast" } : { kind: "wait" };
}

/** Whether an attempt that is not to be replaced is to be broadcast as it is. */
export function isBroadcastDue(
  { broadcastAt }: Progress,
  { rebroadcastInterval }: AttemptIntervals,
  now: number,
): boolean {
  return now - (broadcastAt ?? -Infinity) >= rebroadcastInterval;
}

/** Fees of the next attempt. */
export function priceAttempt(
  record: TransactionRecord,
  market: L1Market,
  caps: FeeCaps,
): FeeDecision | { readonly kind: "no-blob-price" } {
  const withBlobs = hasBlobs(record);
  if (withBlobs && market.blobBaseFee === undefined) return { kind: "no-blob-price" };
  const prices = { ...market, blobBaseFee: market.blobBaseFee ?? 0n };
  const last = record.attempts.at(-1);
  // A cancellation without blobs does not replace the attempt with blobs before it, which no node took.
  const replaces = last !== undefined && withBlobs === (last.maxFeePerBlobGas !== undefined);
  return replaces ? raiseFees(feesOf(last), prices, caps) : offerFees(prices, caps, withBlobs);
}

/** What signs for one account on one chain. */
export interface AttemptSigner {
  readonly signer: PrivateKeyAccount;
  readonly chainId: number;
}

/** Signs what the record stands for, or the empty transaction that cancels it. `createdAt` is in milliseconds. */
export async function signAttempt(
  record: TransactionRecord,
  fees: TransactionFees,
  { signer, chainId }: AttemptSigner,
  createdAt: number,
): Promise<Attempt> {
  const cancellation = record.cancelling;
  const common = {
    chainId,
    nonce: record.nonce,
    to: cancellation ? signer.address : record.to,
    data: cancellation ? ("0x" as const) : record.data,
    value: cancellation ? 0n : BigInt(record.value),
    gas: cancellation ? PLAIN_TRANSFER_GAS : BigInt(record.gasLimit),
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  };
  const signed =
    fees.maxFeePerBlobGas === undefined
      ? await signer.signTransaction({ type: "eip1559", ...common })
      : await signer.signTransaction({
          type: "eip4844",
          ...common,
          maxFeePerBlobGas: fees.maxFeePerBlobGas,
          // A pool replaces a blob transaction by a blob transaction only, so a cancellation carries a blob of zeros.
          blobVersionedHashes: cancellation
            ? [...createZeroSidecar(0).versionedHashes]
            : [...record.blobVersionedHashes],
          sidecars: false,
        });
  return {
    hash: keccak256(signed),
    signed,
    cancellation,
    maxFeePerGas: fees.maxFeePerGas.toString(),
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas.toString(),
    maxFeePerBlobGas: fees.maxFeePerBlobGas?.toString(),
    createdAt,
  };
}
