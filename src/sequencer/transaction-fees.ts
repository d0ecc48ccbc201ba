import type { SignedTransaction } from "../ethereum/index.ts";

/** The most a transaction can take from its sender's balance, in wei. */
export function maximumCost(transaction: SignedTransaction): bigint {
  return transaction.gasLimit * transaction.maxFeePerGas + transaction.value;
}

/** Wei per gas that goes to the block's producer at this base fee; negative if the base fee is not covered. */
export function effectiveTip(transaction: SignedTransaction, baseFee: bigint): bigint {
  const room = transaction.maxFeePerGas - baseFee;
  return room < transaction.maxPriorityFeePerGas ? room : transaction.maxPriorityFeePerGas;
}

/** The least fee that replaces one: `percent` more, rounded up, and at least 1 wei more. */
export function bumped(fee: bigint, percent: number): bigint {
  const raised = (fee * BigInt(100 + percent) + 99n) / 100n;
  return raised > fee ? raised : fee + 1n;
}

/** By highest fee, then by highest priority fee. */
export function compareFees(a: SignedTransaction, b: SignedTransaction): number {
  if (a.maxFeePerGas !== b.maxFeePerGas) return a.maxFeePerGas < b.maxFeePerGas ? -1 : 1;
  if (a.maxPriorityFeePerGas === b.maxPriorityFeePerGas) return 0;
  return a.maxPriorityFeePerGas < b.maxPriorityFeePerGas ? -1 : 1;
}
