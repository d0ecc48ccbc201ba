import type { Address, Hash, Hex } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import type { L1Revert } from "../revert.ts";
import type { TransactionFees } from "./fees.ts";
import { PLAIN_TRANSFER_GAS } from "./gas.ts";

/** One signed transaction that was (or was about to be) broadcast. Numbers are decimal strings: records are plain JSON. */
export interface Attempt {
  readonly hash: Hash;
  /** Signed, without sidecar. */
  readonly signed: Hex;
  readonly cancellation: boolean;
  /** Wei per gas. */
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
  /** Wei per blob gas; undefined for an attempt without blobs. */
  readonly maxFeePerBlobGas: string | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** Where an attempt was mined. */
export interface Mined {
  readonly hash: Hash;
  readonly block: L1BlockReference;
  readonly confirmed: boolean;
  /** Set if it reverted. */
  readonly revert: L1Revert | undefined;
}

/** What is on disk of a transaction, under `transaction/<nonce>`. */
export interface TransactionRecord {
  readonly purpose: string;
  readonly nonce: number;
  readonly to: Address;
  readonly data: Hex;
  /** Wei, decimal. */
  readonly value: string;
  /** Decimal. */
  readonly gasLimit: string;
  /** Empty unless it carries blobs; these are under `sidecar/<nonce>`. */
  readonly blobVersionedHashes: readonly Hash[];
  readonly cancelling: boolean;
  /** Whether an L1 node took an attempt. */
  readonly accepted: boolean;
  /** Set if another program's transaction took the nonce of one that was being cancelled anyway. */
  readonly displaced: boolean;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
  readonly mined: Mined | undefined;
}

/** The record of a deed that has a nonce, and nothing else yet. */
export function createRecord(
  deed: Pick<TransactionRecord, "purpose" | "nonce" | "to" | "data" | "value" | "gasLimit" | "blobVersionedHashes">,
): TransactionRecord {
  return { ...deed, cancelling: false, accepted: false, displaced: false, attempts: [], mined: undefined };
}

const GAP_PURPOSE = "nonce-gap/";

/** A transaction that does nothing but use up a nonce that nobody else is going to use. */
export function createGapRecord(nonce: number, account: Address): TransactionRecord {
  return createRecord({
    purpose: `${GAP_PURPOSE}${nonce}`,
    nonce,
    to: account,
    data: "0x",
    value: "0",
    gasLimit: PLAIN_TRANSFER_GAS.toString(),
    blobVersionedHashes: [],
  });
}

export function isGap(record: TransactionRecord): boolean {
  return record.purpose.startsWith(GAP_PURPOSE);
}

export function hasBlobs(record: TransactionRecord): boolean {
  return record.blobVersionedHashes.length > 0;
}

export function feesOf(attempt: Attempt): TransactionFees {
  return {
    maxFeePerGas: BigInt(attempt.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(attempt.maxPriorityFeePerGas),
    maxFeePerBlobGas: attempt.maxFeePerBlobGas === undefined ? undefined : BigInt(attempt.maxFeePerBlobGas),
  };
}

/** Blob gas of one blob (EIP-4844). */
const GAS_PER_BLOB = 131_072n;

/** Most the last attempt may cost in wei: value, gas and blob gas at their maximum fees. */
export function highestCost(record: TransactionRecord): bigint {
  const last = record.attempts.at(-1);
  if (last === undefined) return BigInt(record.value);
  const fees = feesOf(last);
  const blobGas = GAS_PER_BLOB * BigInt(record.blobVersionedHashes.length);
  return BigInt(record.value) + BigInt(record.gasLimit) * fees.maxFeePerGas + blobGas * (fees.maxFeePerBlobGas ?? 0n);
}
