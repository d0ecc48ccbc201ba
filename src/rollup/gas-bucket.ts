import type { BlockHeader } from "./types.ts";

/** Most gas the bucket of a chain holds, and so most gas of a block, unless a genesis says otherwise. */
export const GAS_CAPACITY = 60_000_000n;

/** Gas a block takes out of the bucket beside what is in it: it is work even if it is empty. */
export const BLOCK_CHARGE = 50_000n;

/** Least gas a listed transaction takes out of the bucket: decoding it and recovering its sender are work. */
const TRANSACTION_CHARGE = 5_000n;

/** Least gas it takes out for each of its bytes. */
const BYTE_CHARGE = 16n;

/** What a parent tells of the bucket. */
export type BucketOfParent = Pick<BlockHeader, "gasLevel" | "gasCapacity" | "gasPerSecond" | "timestamp">;

/**
 * Gas in the bucket when a child of `parent` with this timestamp (seconds) begins: what the parent left, and what the seconds
 * since have added (specification §4). Blocks may share a second; this is what bounds all of them together, and so the work
 * that anyone can make every node do, by time.
 */
export function availableGas(parent: BucketOfParent, timestamp: number): bigint {
  const filled = parent.gasLevel + parent.gasPerSecond * BigInt(timestamp - parent.timestamp);
  return filled < parent.gasCapacity ? filled : parent.gasCapacity;
}

/** Whether the bucket pays for a block of a payload. Blocks that messages imply are made whatever it holds. */
export function paysForBlock(parent: BucketOfParent, timestamp: number): boolean {
  return availableGas(parent, timestamp) >= BLOCK_CHARGE;
}

/** Gas limit of the child of `parent` at `timestamp`: what is in the bucket once the block itself is paid for. */
export function nextGasLimit(parent: BucketOfParent, timestamp: number): bigint {
  const available = availableGas(parent, timestamp);
  return available > BLOCK_CHARGE ? available - BLOCK_CHARGE : 0n;
}

/**
 * Gas a listed transaction of `length` bytes takes out of the bucket, whether it is valid or not; one that is included and
 * uses more takes what it uses. A payload ends at a transaction for which the bucket has less.
 */
export function listingCharge(length: number): bigint {
  const charge = BYTE_CHARGE * BigInt(length);
  return charge > TRANSACTION_CHARGE ? charge : TRANSACTION_CHARGE;
}

/** `gas`, or the listing charge of `length` bytes where that is more. */
export function atLeastListingCharge(gas: bigint, length: number): bigint {
  const charge = listingCharge(length);
  return gas > charge ? gas : charge;
}

/** What an included transaction of `length` bytes that has used `gas` takes beyond its listing charge. */
export function chargeBeyondListing(gas: bigint, length: number): bigint {
  return atLeastListingCharge(gas, length) - listingCharge(length);
}
