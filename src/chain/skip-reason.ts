import type { SkipReason } from "./execution-engine.ts";

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
