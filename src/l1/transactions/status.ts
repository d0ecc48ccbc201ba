import type { Address, Hash } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import type { L1Revert } from "../revert.ts";
import type { TransactionRecord } from "./record.ts";

/** Why a transaction cannot move right now; it is tried again by every step. */
export type L1TransactionTrouble =
  /** The account holds less than the transaction may cost. */
  | {
      readonly kind: "insufficient-funds";
      readonly account: Address;
      readonly balance: bigint;
      readonly required: bigint;
    }
  /** The market asks more than the configured maximum, in wei per gas. */
  | { readonly kind: "fee-cap"; readonly fee: "gas" | "blob gas"; readonly required: bigint; readonly maximum: bigint }
  /** L1 nodes keep an account's blob and other transactions apart, so this one waits for those with lower nonces. */
  | { readonly kind: "behind-other-kind"; readonly nonce: number }
  /** What the L1 node answered to the last broadcast. */
  | { readonly kind: "rejected"; readonly message: string };

/** Where a transaction stands. `confirmed`: as deep as the configured confirmations. */
export type L1TransactionStatus =
  | {
      readonly kind: "pending";
      readonly purpose: string;
      readonly nonce: number;
      readonly cancelling: boolean;
      readonly hashes: readonly Hash[];
      readonly trouble: L1TransactionTrouble | undefined;
    }
  | {
      readonly kind: "succeeded";
      readonly purpose: string;
      readonly nonce: number;
      readonly hash: Hash;
      readonly block: L1BlockReference;
      readonly confirmed: boolean;
    }
  | {
      readonly kind: "reverted";
      readonly purpose: string;
      readonly nonce: number;
      readonly hash: Hash;
      readonly block: L1BlockReference;
      readonly confirmed: boolean;
      readonly revert: L1Revert;
    }
  /** A cancellation took its nonce: the deed is not done and will not be. */
  | {
      readonly kind: "cancelled";
      readonly purpose: string;
      readonly nonce: number;
      readonly hash: Hash | undefined;
      readonly block: L1BlockReference | undefined;
      readonly confirmed: boolean;
    };

type Pending = Extract<L1TransactionStatus, { readonly kind: "pending" }>;
type Unfunded = Pending & { readonly trouble: Extract<L1TransactionTrouble, { readonly kind: "insufficient-funds" }> };

/** Whether a transaction is not sent because its account has too little ETH. */
export function waitsForFunds(status: L1TransactionStatus): status is Unfunded {
  return status.kind === "pending" && status.trouble?.kind === "insufficient-funds";
}

/** Status of what is on record; `trouble` is the last one this process met with it. */
export function statusOf(record: TransactionRecord, trouble: L1TransactionTrouble | undefined): L1TransactionStatus {
  const { purpose, nonce, mined } = record;
  if (record.displaced && mined === undefined) {
    return { kind: "cancelled", purpose, nonce, hash: undefined, block: undefined, confirmed: true };
  }
  if (mined === undefined) {
    const hashes = record.attempts.map((attempt) => attempt.hash);
    return { kind: "pending", purpose, nonce, cancelling: record.cancelling, hashes, trouble };
  }
  const { hash, block, confirmed, revert } = mined;
  if (record.attempts.some((attempt) => attempt.hash === hash && attempt.cancellation)) {
    return { kind: "cancelled", purpose, nonce, hash, block, confirmed };
  }
  if (revert !== undefined) return { kind: "reverted", purpose, nonce, hash, block, confirmed, revert };
  return { kind: "succeeded", purpose, nonce, hash, block, confirmed };
}
