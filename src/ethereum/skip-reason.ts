import type { Address } from "../primitives/index.ts";

/** Why a transaction leaves no trace in a block (specification §3 rule 5). */
export type SkipReason =
  | { readonly kind: "nonce-too-low"; readonly expected: bigint; readonly actual: bigint }
  | { readonly kind: "nonce-too-high"; readonly expected: bigint; readonly actual: bigint }
  | { readonly kind: "insufficient-funds"; readonly balance: bigint; readonly required: bigint }
  | { readonly kind: "fee-below-base-fee"; readonly maxFeePerGas: bigint; readonly baseFee: bigint }
  | { readonly kind: "gas-below-intrinsic"; readonly gasLimit: bigint; readonly required: bigint }
  | { readonly kind: "block-gas-exceeded"; readonly gasLimit: bigint; readonly available: bigint }
  | { readonly kind: "sender-has-code"; readonly sender: Address }
  | { readonly kind: "invalid"; readonly message: string };

/** One sentence for what keeps a transaction from running. */
export function describeSkip(reason: SkipReason): string {
  switch (reason.kind) {
    case "nonce-too-low":
      return `nonce too low: expected ${reason.expected}, got ${reason.actual}`;
    case "nonce-too-high":
      return `nonce too high: expected ${reason.expected}, got ${reason.actual}`;
    case "insufficient-funds":
      return `insufficient funds for gas * price + value: have ${reason.balance}, want ${reason.required}`;
    case "fee-below-base-fee":
      return `max fee per gas less than block base fee: maxFeePerGas ${reason.maxFeePerGas}, baseFee ${reason.baseFee}`;
    case "gas-below-intrinsic":
      return `intrinsic gas too low: have ${reason.gasLimit}, want ${reason.required}`;
    case "block-gas-exceeded":
      return `gas limit ${reason.gasLimit} exceeds the ${reason.available} gas left in the block`;
    case "sender-has-code":
      return `sender not an eoa: ${reason.sender}`;
    case "invalid":
      return reason.message;
  }
}
