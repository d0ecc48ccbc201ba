import type { InstructionObserver, StepReport } from "../machine/index.ts";
import type { Address, Hash } from "../primitives/index.ts";

/** The state as it is while an observed transaction runs; not to be used after `onTransactionEnd`. */
export interface ObservedState {
  getAccount(
    address: Address,
  ): { readonly nonce: bigint; readonly balance: bigint; readonly code: Uint8Array } | undefined;
  getStorageAt(address: Address, slot: Hash): Hash;
}

/** Callbacks during execution; all optional, all synchronous. */
export interface ExecutionObserver extends InstructionObserver {
  /**
   * After every step of a signed transaction on the machine, decoding and settlement included. Where this is given, the
   * machine calls nothing else; other engines never call it.
   */
  onMachineStep?(step: StepReport): void;
  /** Before anything of the transaction (of a deposit: the mint too) has changed the state. */
  onTransactionStart?(transaction: {
    readonly from: Address;
    readonly to: Address | undefined;
    readonly coinbase: Address;
    /** Who signed the EIP-7702 authorizations, whether they hold or not. */
    readonly authorities: readonly Address[];
    /** Of a deposit, who gets what of the mint is left. */
    readonly refundTo: Address | undefined;
    /** Lives on until `onTransactionEnd`. */
    readonly state: ObservedState;
  }): void;
  /** When fees and refunds are settled. */
  onTransactionEnd?(transaction: { readonly state: ObservedState }): void;
  /** A call or creation, also one that is refused (too deep, too little balance, address taken) and ends at once. */
  onCallStart?(call: {
    readonly depth: number;
    readonly kind: "CALL" | "DELEGATECALL" | "STATICCALL" | "CALLCODE" | "CREATE" | "CREATE2";
    readonly from: Address;
    readonly to: Address | undefined;
    readonly value: bigint;
    readonly gas: bigint;
    readonly input: Uint8Array;
  }): void;
  onCallEnd?(result: {
    readonly depth: number;
    readonly gasUsed: bigint;
    readonly output: Uint8Array;
    /** Why it failed, in go-ethereum's words; of a revert `REVERT_ERROR`. */
    readonly error: string | undefined;
    readonly createdAddress: Address | undefined;
  }): void;
}
