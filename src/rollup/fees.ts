import { fakeExponential } from "../ethereum/index.ts";
import type { BlockHeader } from "./types.ts";

/** Wei per gas at genesis, and the floor of the base fee ever after. */
export const MINIMUM_BASE_FEE = 10_000_000n;

/** The target is this part of a chain's speed, as in EIP-1559. */
const ELASTICITY = 2n;

/**
 * Seconds at twice the target in which the base fee grows by the factor e, and seconds without any gas in which it falls by
 * it: 12 ÷ ln(9/8), which is what an eighth every 12 seconds (EIP-1559 on Ethereum) amounts to.
 */
const RESPONSE_SECONDS = 102n;

/**
 * The excess stops growing where the base fee is e^32 times its floor, which nobody pays. So the fee is a number of bounded
 * size, and is back at the floor within 55 minutes without load, whatever came before.
 */
const MAXIMUM_EXPONENT = 32n;

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

/** What the base fee's excess depends on. */
export type ExcessOfParent = Pick<BlockHeader, "gasExcess" | "gasUsed" | "gasPerSecond" | "timestamp">;

/**
 * Gas used beyond the target, half of the speed, as the child of `parent` with this timestamp (seconds) finds it (specification
 * §4). It depends on gas and time, not on how the gas is spread over blocks.
 */
export function nextGasExcess(parent: ExcessOfParent, timestamp: number): bigint {
  const target = parent.gasPerSecond / ELASTICITY;
  const excess = parent.gasExcess + parent.gasUsed - target * BigInt(timestamp - parent.timestamp);
  const maximum = MAXIMUM_EXPONENT * responseGas(parent.gasPerSecond);
  return excess < 0n ? 0n : excess > maximum ? maximum : excess;
}

/** Wei per gas of a block with this excess: the floor times e^(excess ÷ (target × 102 s)). */
export function baseFeeOf(excess: bigint, gasPerSecond: bigint, price: bigint): bigint {
  return fakeExponential(minimumBaseFee(price), excess, responseGas(gasPerSecond));
}

/** Gas of excess that raises the base fee by the factor e. */
function responseGas(gasPerSecond: bigint): bigint {
  return (gasPerSecond / ELASTICITY) * RESPONSE_SECONDS;
}

/** Gas that pays for posting a transaction of `tokens` calldata tokens (specification §4). `baseFee` > 0. */
export function dataGas(tokens: bigint, price: bigint, baseFee: bigint): bigint {
  return ceilingDivision(tokens * price, baseFee);
}
