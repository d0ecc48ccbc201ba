import { countStorageKeys, intrinsicGas, TRANSACTION_GAS_CAP } from "../ethereum/index.ts";
import type { SignedTransaction, SkipReason } from "../ethereum/index.ts";
import { dataGas } from "../rollup/index.ts";

/** What the next block will ask of a transaction, as far as the latest one tells. */
export interface PoolEnvironment {
  /** Wei per gas in a block of that timestamp in seconds: without gas, time alone lowers the base fee. */
  readonly baseFeeAt: (timestamp: number) => bigint;
  /** Wei per gas; no later block's base fee is lower while the data price stays. */
  readonly minimumBaseFee: bigint;
  /** Wei per calldata token. */
  readonly dataPrice: bigint;
  readonly blockGasLimit: bigint;
}

/**
 * Why a decoded transaction can run in no block like the next one, whatever its sender's account, or undefined. A fee cap
 * under the next base fee is no reason: the base fee may fall to its floor.
 *
 * @param now seconds
 */
export function validateTransaction(
  transaction: SignedTransaction,
  environment: PoolEnvironment,
  now: number,
): SkipReason | undefined {
  const { gasLimit, maxFeePerGas } = transaction;
  if (gasLimit > TRANSACTION_GAS_CAP) {
    return {
      kind: "invalid",
      message: `expected a gas limit of at most ${TRANSACTION_GAS_CAP} (EIP-7825), got ${gasLimit}`,
    };
  }
  if (gasLimit > environment.blockGasLimit) {
    return { kind: "block-gas-exceeded", gasLimit, available: environment.blockGasLimit };
  }
  if (maxFeePerGas < environment.minimumBaseFee) {
    return { kind: "fee-below-base-fee", maxFeePerGas, baseFee: environment.minimumBaseFee };
  }
  const required =
    executionGas(transaction) + dataGas(transaction.tokens, environment.dataPrice, environment.baseFeeAt(now));
  if (gasLimit < required) return { kind: "gas-below-intrinsic", gasLimit, required };
  return undefined;
}

/** Gas that a transaction needs before its first instruction, or at least in all (EIP-7623). */
function executionGas({ to, data, accessList, authorizations }: SignedTransaction): bigint {
  const { intrinsic, floor } = intrinsicGas({
    isCreation: to === undefined,
    data,
    accessListAddresses: accessList.length,
    accessListSlots: countStorageKeys(accessList),
    authorizations: authorizations.length,
  });
  return intrinsic > floor ? intrinsic : floor;
}
