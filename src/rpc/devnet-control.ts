import type { TransactionSerializable } from "viem";
import type { ExclusiveRunner } from "../concurrency/index.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";

/** When a devnet's sequencer makes blocks. */
export type MiningMode =
  /** As soon as there is something to put into one. */
  | { readonly kind: "automatic" }
  /** Every so many seconds. */
  | { readonly kind: "interval"; readonly seconds: number }
  /** When it is told to. */
  | { readonly kind: "manual" };

/** A call on L2 that an L1 account asks for through the Inbox. */
export interface L1Message {
  readonly from: Address;
  readonly to: Address;
  /** Wei, which the sender has on L2. */
  readonly value: bigint;
  /** At most 2^24. */
  readonly gasLimit: bigint;
  readonly data: Uint8Array;
}

/**
 * What the helper methods of development nodes do to a devnet, on both layers together: whatever they do, every node derives the
 * same L2 from L1. All of it throws an RpcError for what cannot be done, with the reason.
 */
export interface DevnetControl {
  /** Accounts whose keys everybody knows, so that the node signs for them. */
  readonly accounts: readonly Address[];
  /** Signs for one of the accounts, as raw bytes. */
  signTransaction(from: Address, transaction: TransactionSerializable): Promise<Hex>;
  /** Runs tasks one after another, so that each finds the nonces that those before it took. */
  readonly inTurn: ExclusiveRunner;

  /** Ports, addresses and accounts: what the devnet prints at its start. */
  info(): object;
  /** 32 random bytes, other ones after each start and reset: what is known of the chain before holds no longer. */
  instanceId(): Hash;

  /** Remembers both layers as they are; gives an identifier that holds for one `revert`. */
  snapshot(): Promise<bigint>;
  /** Takes both layers back. False if there is no such snapshot (any more); later ones are forgotten. */
  revert(snapshot: bigint): Promise<boolean>;
  /** Takes both layers back to how they were when the devnet was ready, with the same chain ids. */
  reset(): Promise<void>;
  /** Both layers in one file, with which a devnet can begin. */
  dump(): Promise<Uint8Array>;

  /**
   * Makes blocks, empty ones where there is nothing to put into them.
   * @param request `interval`: seconds between them; `timestamp`: of the first, in seconds
   */
  mine(request: { readonly count: number; readonly interval: number; readonly timestamp?: number }): Promise<void>;
  miningMode(): MiningMode;
  setMiningMode(mode: MiningMode): Promise<void>;
  /** Moves both clocks on; gives the seconds they are ahead of the wall clock. */
  increaseTime(seconds: number): Promise<number>;
  /** Has the next block have a timestamp, and moves L1's clock with it. */
  setNextTimestamp(timestamp: number): Promise<void>;

  /** Makes an account's balance so many wei: by a deposit, or by a transfer away. */
  setBalance(account: Address, balance: bigint): Promise<void>;
  /** Deposits so many wei for an account. */
  addBalance(account: Address, amount: bigint): Promise<void>;

  /** Whether transactions may be sent in an account's name without its key. */
  isImpersonated(account: Address): boolean;
  impersonate(account: Address): Promise<void>;
  /** False if it was not impersonated. */
  stopImpersonating(account: Address): boolean;
  impersonateAll(enabled: boolean): void;
  /** Sends a message from an impersonated account; gives the hash of its L2 transaction, which is in a block in automatic mode. */
  sendAs(message: L1Message): Promise<Hash>;
}
