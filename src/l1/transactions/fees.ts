/** What a transaction offers, in wei per gas and wei per blob gas. */
export interface TransactionFees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Undefined for a transaction without blobs. */
  readonly maxFeePerBlobGas: bigint | undefined;
}

/** What L1 asks at present, in wei per gas and wei per blob gas. */
export interface FeeMarket {
  readonly baseFeePerGas: bigint;
  readonly priorityFeePerGas: bigint;
  readonly blobBaseFee: bigint;
}

/** Most wei per gas and wei per blob gas that may be offered. */
export interface FeeCaps {
  readonly maximumFeePerGas: bigint;
  readonly maximumFeePerBlobGas: bigint;
}

export type FeeDecision =
  | { readonly kind: "offer"; readonly fees: TransactionFees }
  | { readonly kind: "capped"; readonly fee: "gas" | "blob gas"; readonly required: bigint; readonly maximum: bigint };

/** Percent by which every fee must rise for a pool to replace a transaction: 10 (geth's `PriceBump`, and its kin). */
const REPLACEMENT_RISE = 10n;

/** Percent by which every fee must rise for a pool to replace a blob transaction: 100 (EIP-4844, "Mempool issues"). */
const BLOB_REPLACEMENT_RISE = 100n;

/**
 * Fees of a first offer: twice the base fees, which covers six full blocks in a row (EIP-1559 raises by at most 1/8 a block).
 * Falls to the caps if those are between what the next block needs and that; `capped` if they are below the former.
 */
export function offerFees(market: FeeMarket, caps: FeeCaps, withBlobs: boolean): FeeDecision {
  const needed: TransactionFees = {
    maxFeePerGas: market.baseFeePerGas + market.priorityFeePerGas,
    maxPriorityFeePerGas: market.priorityFeePerGas,
    maxFeePerBlobGas: withBlobs ? market.blobBaseFee : undefined,
  };
  const over = findOverCap(needed, caps);
  if (over !== undefined) return over;
  return {
    kind: "offer",
    fees: {
      maxFeePerGas: minimum(2n * market.baseFeePerGas + market.priorityFeePerGas, caps.maximumFeePerGas),
      maxPriorityFeePerGas: market.priorityFeePerGas,
      maxFeePerBlobGas: withBlobs ? minimum(2n * market.blobBaseFee, caps.maximumFeePerBlobGas) : undefined,
    },
  };
}

/** Fees that replace `previous` in every pool and are at least what the market asks now; `capped` if that is too much. */
export function raiseFees(previous: TransactionFees, market: FeeMarket, caps: FeeCaps): FeeDecision {
  const withBlobs = previous.maxFeePerBlobGas !== undefined;
  const rise = withBlobs ? BLOB_REPLACEMENT_RISE : REPLACEMENT_RISE;
  // Pools want more than before even of nothing, so a fee rises by at least 1 wei.
  const raise = (fee: bigint): bigint => maximum((fee * (100n + rise) + 99n) / 100n, fee + 1n);
  const priority = maximum(raise(previous.maxPriorityFeePerGas), market.priorityFeePerGas);
  const fees: TransactionFees = {
    maxFeePerGas: maximum(raise(previous.maxFeePerGas), market.baseFeePerGas + priority),
    maxPriorityFeePerGas: priority,
    maxFeePerBlobGas:
      previous.maxFeePerBlobGas === undefined
        ? undefined
        : maximum(raise(previous.maxFeePerBlobGas), market.blobBaseFee),
  };
  return findOverCap(fees, caps) ?? { kind: "offer", fees };
}

function findOverCap(fees: TransactionFees, caps: FeeCaps): Extract<FeeDecision, { kind: "capped" }> | undefined {
  if (fees.maxFeePerGas > caps.maximumFeePerGas) {
    return { kind: "capped", fee: "gas", required: fees.maxFeePerGas, maximum: caps.maximumFeePerGas };
  }
  if (fees.maxFeePerBlobGas !== undefined && fees.maxFeePerBlobGas > caps.maximumFeePerBlobGas) {
    return { kind: "capped", fee: "blob gas", required: fees.maxFeePerBlobGas, maximum: caps.maximumFeePerBlobGas };
  }
  return undefined;
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
