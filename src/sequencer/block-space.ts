import { encodedBlockSize } from "../batch/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";

/** What is left of a block that is being filled. */
export interface BlockSpace {
  /** Bytes of a block's encoding in a batch. */
  readonly maximumBytes: number;
  /** Bytes of the encoding so far. */
  bytes: number;
  /** Transactions taken. */
  count: number;
  /** Transactions passed over because they did not fit. */
  misfits: number;
}

/** What becomes of a transaction whose turn has come. */
export type Fit =
  | "fits"
  /** In a block with more room it would. */
  | "misfit"
  /** No block is large enough. */
  | "too-large";

/** Bytes of the encoding of a block without transactions (specification §3 rule 2). */
const EMPTY_BLOCK_BYTES = encodedBlockSize({ timestamp: 0, messages: 0, transactions: [] });
/** Gas that the cheapest transaction needs. */
const MINIMUM_TRANSACTION_GAS = 21_000n;
/** Transactions passed over because they do not fit before a block counts as full. */
const MAXIMUM_MISFITS = 32;

export function emptyBlockSpace(maximumBytes: number): BlockSpace {
  return { maximumBytes, bytes: EMPTY_BLOCK_BYTES, count: 0, misfits: 0 };
}

/** Whether no more transactions are to be tried. */
export function isFull({ misfits }: BlockSpace, gasLeft: bigint): boolean {
  return misfits >= MAXIMUM_MISFITS || gasLeft < MINIMUM_TRANSACTION_GAS;
}

/** Whether a transaction that adds `size` bytes has room; `isPaidFor`: whether there is the gas that it needs. */
export function fitOf({ bytes, maximumBytes }: BlockSpace, size: number, isPaidFor: boolean): Fit {
  if (EMPTY_BLOCK_BYTES + size > maximumBytes) return "too-large";
  return bytes + size > maximumBytes || !isPaidFor ? "misfit" : "fits";
}

/** Bytes a transaction adds to its block's encoding (specification §3 rule 2). */
export function encodedTransactionSize({ raw }: Pick<SignedTransaction, "raw">): number {
  return encodedBlockSize({ timestamp: 0, messages: 0, transactions: [raw] }) - EMPTY_BLOCK_BYTES;
}
