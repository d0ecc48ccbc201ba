import { calldataTokens } from "../ethereum/index.ts";

/** Gas of any transaction. */
const TRANSACTION_GAS = 21_000n;
/** Gas of a token of calldata where execution is paid beside it, and where it is not (EIP-7623). */
const TOKEN_GAS = 4n;
const TOKEN_FLOOR_GAS = 10n;
/** Blob gas of one blob (EIP-4844). */
const BLOB_GAS = 131_072n;

/**
 * Gas the Inbox uses at most, besides what depends on the payload's length: the tests hold it against receipts. Batch
 * entry and context message are new slots (22,100 each), the cursor an update.
 */
export const INBOX_EXECUTION_GAS = 90_000n;
/** Gas the Inbox uses for each blob: its versioned hash is read and concatenated. */
const GAS_PER_BLOB = 1_000n;

/** What L1 asks at present, in wei per gas (tip included) and wei per blob gas. */
export interface PostingPrices {
  readonly gasPrice: bigint;
  readonly blobGasPrice: bigint;
}

/** Gas of a call of `postBatch`; `input` is the whole calldata. An upper bound, fit for a gas limit. */
export function calldataPostingGas(input: Uint8Array): bigint {
  const tokens = calldataTokens(input);
  const words = BigInt(Math.ceil(input.length / 32));
  // The payload is copied into memory (3 gas a word, and memory's own price) and hashed (6 gas a word).
  const hashing = 12n * words + (words * words) / 512n;
  const executed = TOKEN_GAS * tokens + INBOX_EXECUTION_GAS + hashing;
  const floor = TOKEN_FLOOR_GAS * tokens;
  return TRANSACTION_GAS + (executed > floor ? executed : floor);
}

/** Gas of a call of `postBlobBatch`. An upper bound, fit for a gas limit. */
export function blobPostingGas(input: Uint8Array, blobs: number): bigint {
  return TRANSACTION_GAS + TOKEN_GAS * calldataTokens(input) + INBOX_EXECUTION_GAS + GAS_PER_BLOB * BigInt(blobs);
}

/** Wei of a calldata batch. */
export function calldataPostingCost(input: Uint8Array, prices: PostingPrices): bigint {
  return calldataPostingGas(input) * prices.gasPrice;
}

/** Wei of a blob batch. */
export function blobPostingCost(input: Uint8Array, blobs: number, prices: PostingPrices): bigint {
  return blobPostingGas(input, blobs) * prices.gasPrice + BLOB_GAS * BigInt(blobs) * prices.blobGasPrice;
}
