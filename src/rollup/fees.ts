import type { BlockHeader } from "./types.ts";

/** Gas limit of every block unless a genesis says otherwise. */
export const BLOCK_GAS_LIMIT = 60_000_000n;

/** Wei per gas at genesis, and the floor of the base fee ever after. */
export const MINIMUM_BASE_FEE = 10_000_000n;

/** EIP-1559. */
const ELASTICITY = 2n;
const BASE_FEE_CHANGE_DENOMINATOR = 8n;

function ceilingDivision(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/**
 * Wei per calldata token (specification §4) from the values `L1Context` holds in the parent state; 0 while it has read no
 * context (`number` 0).
 */
export function dataPrice(context: {
  readonly number: bigint;
  readonly baseFee: bigint;
  readonly blobBaseFee: bigint;
}): bigint {
  if (context.number === 0n) return 0n;
  const asCalldata = 10n * context.baseFee;
  const asBlob = ceilingDivision(8n * context.blobBaseFee, 31n);
  return asCalldata < asBlob ? asCalldata : asBlob;
}

/** Wei per gas below which a block's base fee cannot fall at this data price (specification §4). */
export function minimumBaseFee(price: bigint): bigint {
  const floor = ceilingDivision(price, 64n);
  return floor > MINIMUM_BASE_FEE ? floor : MINIMUM_BASE_FEE;
}

/** Base fee in wei per gas of the child of `parent` (EIP-1559 with the floor of specification §4). */
export function nextBaseFee(
  parent: Pick<BlockHeader, "gasCapacity" | "gasUsed" | "baseFeePerGas">,
  price: bigint,
): bigint {
  const target = parent.gasCapacity / ELASTICITY;
  const { baseFeePerGas, gasUsed } = parent;
  let next = baseFeePerGas;
  if (gasUsed > target) {
    const delta = (baseFeePerGas * (gasUsed - target)) / target / BASE_FEE_CHANGE_DENOMINATOR;
    next += delta > 0n ? delta : 1n;
  } else if (gasUsed < target) {
    next -= (baseFeePerGas * (target - gasUsed)) / target / BASE_FEE_CHANGE_DENOMINATOR;
  }
  const minimum = minimumBaseFee(price);
  return next > minimum ? next : minimum;
}

/**
 * Gas limit of the child of `parent` at `timestamp` (specification §4): what the parent left, and what the seconds since
 * have added. Blocks may share a second; this is what bounds the gas of all of them together, and so the work that
 * anyone can make every node do, by time.
 */
export function nextGasLimit(
  parent: Pick<BlockHeader, "gasLimit" | "gasUsed" | "gasCapacity" | "gasPerSecond" | "timestamp">,
  timestamp: number,
): bigint {
  const left = parent.gasLimit - parent.gasUsed + parent.gasPerSecond * BigInt(timestamp - parent.timestamp);
  return left < parent.gasCapacity ? left : parent.gasCapacity;
}

/** Gas that pays for posting a transaction of `tokens` calldata tokens (specification §4). `baseFee` > 0. */
export function dataGas(tokens: bigint, price: bigint, baseFee: bigint): bigint {
  return ceilingDivision(tokens * price, baseFee);
}
