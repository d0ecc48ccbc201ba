import type { Address } from "../primitives/index.ts";
import { TRANSACTION_GAS_CAP, MAX_NONCE, MAX_INITCODE_SIZE } from "./limits.ts";
import type { SkipReason } from "./skip-reason.ts";

/** What the validity of a transaction depends on (specification §4). Amounts in wei or gas. */
export interface ValidityInput {
  readonly sender: Address;
  readonly account: { readonly nonce: bigint; readonly balance: bigint };
  /** The sender has a code that is no delegation (EIP-3607, EIP-7702). */
  readonly hasForeignCode: boolean;
  /** Undefined takes the sender's current one. */
  readonly nonce: bigint | undefined;
  readonly gasLimit: bigint;
  /** Gas it needs at least, data gas included. */
  readonly minimumGas: bigint;
  /** Gas the block has left. */
  readonly availableGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly baseFee: bigint;
  readonly value: bigint;
  /** Bytes of the initcode of a creation, else 0. */
  readonly initcodeLength: number;
  /** Nobody signed it: the sender may have code, gas may exceed the cap, and a fee of 0 runs without fees. */
  readonly isSimulation: boolean;
  /** A fee of 0 does not, even so. */
  readonly validatesFees?: boolean | undefined;
}

/** Why a transaction does not run, if it does not. */
export function findInvalidity(input: ValidityInput): SkipReason | undefined {
  const { sender, account, nonce, gasLimit, minimumGas, availableGas, maxFeePerGas, baseFee, isSimulation } = input;
  if (gasLimit > TRANSACTION_GAS_CAP && !isSimulation)
    return { kind: "invalid", message: `gas limit ${gasLimit} is above the cap of ${TRANSACTION_GAS_CAP} (EIP-7825)` };
  if (maxFeePerGas < baseFee && !(isSimulation && input.validatesFees !== true && maxFeePerGas === 0n))
    return { kind: "fee-below-base-fee", maxFeePerGas, baseFee };
  if (gasLimit < minimumGas) return { kind: "gas-below-intrinsic", gasLimit, required: minimumGas };
  if (gasLimit > availableGas) return { kind: "block-gas-exceeded", gasLimit, available: availableGas };
  if (nonce !== undefined && nonce < account.nonce)
    return { kind: "nonce-too-low", expected: account.nonce, actual: nonce };
  if (nonce !== undefined && nonce > account.nonce)
    return { kind: "nonce-too-high", expected: account.nonce, actual: nonce };
  if (account.nonce >= MAX_NONCE) return { kind: "invalid", message: `the nonce of ${sender} is exhausted (EIP-2681)` };
  if (input.hasForeignCode && !isSimulation) return { kind: "sender-has-code", sender };
  if (input.initcodeLength > MAX_INITCODE_SIZE)
    return {
      kind: "invalid",
      message: `initcode of ${input.initcodeLength} bytes, above ${MAX_INITCODE_SIZE} (EIP-3860)`,
    };
  const required = gasLimit * maxFeePerGas + input.value;
  if (account.balance < required) return { kind: "insufficient-funds", balance: account.balance, required };
  return undefined;
}
