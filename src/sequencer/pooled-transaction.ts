import type { SignedTransaction } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";

/** What a sender's transactions are held against. */
export interface SenderAccount {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
  /** Code of the account: EIP-7702 delegations may send transactions, other code may not (EIP-3607). */
  readonly code: "none" | "delegation" | "contract";
}

export interface MempoolLimits {
  /** Transactions in the pool. */
  readonly transactions: number;
  /** Raw bytes of all transactions in the pool. */
  readonly bytes: number;
  /** Transactions of one sender. */
  readonly perSender: number;
  /**
   * Transactions of one sender whose account is delegated, or about to be by a pooled authorization (EIP-7702): code
   * anybody can call may spend such an account's balance and nonces, and so invalidate all of them at once.
   */
  readonly perDelegatedSender: number;
  /** How much more a replacement must offer in both fee fields, in percent. */
  readonly priceBump: number;
}

/** A transaction and what the pool knows of it. */
export interface PooledTransaction {
  readonly transaction: SignedTransaction;
  /** Order of arrival; the tie-break between equal tips. */
  readonly arrival: number;
  /** Unix time in milliseconds. */
  readonly receivedAt: number;
  /** Accounts whose EIP-7702 authorizations it carries. */
  readonly authorities: readonly Address[];
}

/** A pooled transaction with its standing. */
export interface Entry extends PooledTransaction {
  /** The most it can take from its sender, wei. */
  readonly cost: bigint;
  /** Whether it is still pooled. */
  pooled: boolean;
  executable: boolean;
  /** Whether it was told that it became executable. */
  announced: boolean;
}
