import type { SkipReason } from "../ethereum/index.ts";
import type { SubmissionOutcome, TransactionPool } from "../node/index.ts";
import { keccak256 } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { RPC_ERROR, rejected, RpcError } from "./protocol/errors.ts";

/**
 * Offers a transaction to the pool and gives its hash. Throws {@link RpcError} −32000 worded as go-ethereum words it,
 * because wallets and libraries tell these errors apart by their text.
 */
export async function submitTransaction(
  pool: TransactionPool,
  raw: Uint8Array,
  { acceptKnown = false } = {},
): Promise<Hash> {
  if (raw.length === 0) throw rejected("typed transaction too short: expected a signed transaction, got no bytes");
  const outcome = await pool.submit(raw);
  switch (outcome.kind) {
    case "accepted":
      return outcome.hash;
    case "known":
      if (acceptKnown) return outcome.hash;
      throw rejected("already known");
    default:
      throw submissionError(outcome, raw);
  }
}

function submissionError(
  outcome: Exclude<SubmissionOutcome, { kind: "accepted" | "known" }>,
  raw: Uint8Array,
): RpcError {
  switch (outcome.kind) {
    case "replacement-underpriced":
      return rejected(
        `replacement transaction underpriced: expected maxFeePerGas ≥ ${outcome.requiredMaxFeePerGas} and maxPriorityFeePerGas ≥ ${outcome.requiredPriorityFeePerGas}`,
      );
    case "pool-full":
      return new RpcError(RPC_ERROR.rejected, "txpool is full");
    case "sender-limit":
      return rejected(`account limit exceeded: at most ${outcome.limit} transactions of one sender in the pool`);
    case "rejected":
      return rejected(describeRefusal(outcome.reason, raw));
  }
}

/** Why a transaction is not valid, in go-ethereum's words. */
export function describeRefusal(reason: SkipReason, raw: Uint8Array): string {
  switch (reason.kind) {
    case "nonce-too-low":
      return `nonce too low: next nonce ${reason.expected}, tx nonce ${reason.actual}`;
    case "nonce-too-high":
      return `nonce too high: next nonce ${reason.expected}, tx nonce ${reason.actual}`;
    case "insufficient-funds": {
      const overshot = reason.required - reason.balance;
      return `insufficient funds for gas * price + value: balance ${reason.balance}, tx cost ${reason.required}, overshot ${overshot}`;
    }
    case "fee-below-base-fee":
      return `max fee per gas less than block base fee: tx ${keccak256(raw)}, maxFeePerGas: ${reason.maxFeePerGas}, baseFee: ${reason.baseFee}`;
    case "gas-below-intrinsic":
      return `intrinsic gas too low: gas ${reason.gasLimit}, minimum needed ${reason.required}`;
    case "block-gas-exceeded":
      return `exceeds block gas limit: gas ${reason.gasLimit}, available ${reason.available}`;
    case "sender-has-code":
      return `sender not an eoa: address ${reason.sender}`;
    case "invalid":
      return `invalid transaction: ${reason.message}`;
  }
}
