import type { TypedTransaction } from "@ethereumjs/tx";
import type { Address, Hash } from "../primitives/index.ts";

/** A decoded transaction with its sender recovered. */
export interface SignedTransaction {
  readonly hash: Hash;
  readonly raw: Uint8Array;
  readonly sender: Address;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly value: bigint;
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxPriorityFeePerGas: bigint;
  /** Calldata tokens of the raw bytes: zero bytes + 4 × other bytes. */
  readonly tokens: bigint;
  readonly inner: TypedTransaction;
}
