import type { L1Revert } from "../revert.ts";

export type L1TransactionErrorReason =
  /** The call would revert, found before a nonce was given to it. */
  | { readonly kind: "would-revert"; readonly purpose: string; readonly revert: L1Revert }
  | { readonly kind: "invalid-request"; readonly purpose: string; readonly message: string }
  | { readonly kind: "unknown-purpose"; readonly purpose: string }
  /** The records were written by another account or for another L1 chain. */
  | { readonly kind: "foreign-records"; readonly expected: string; readonly found: string }
  | { readonly kind: "wrong-chain"; readonly expected: number; readonly actual: number };

export class L1TransactionError extends Error {
  readonly reason: L1TransactionErrorReason;

  constructor(reason: L1TransactionErrorReason) {
    super(describe(reason));
    this.name = "L1TransactionError";
    this.reason = reason;
  }
}

function describe(reason: L1TransactionErrorReason): string {
  switch (reason.kind) {
    case "would-revert":
      return `L1 transaction "${reason.purpose}" would revert: ${reason.revert.message}`;
    case "invalid-request":
      return `L1 transaction "${reason.purpose}": ${reason.message}`;
    case "unknown-purpose":
      return `no L1 transaction has the purpose "${reason.purpose}"`;
    case "foreign-records":
      return `the records of L1 transactions belong to ${reason.found}, expected ${reason.expected}`;
    case "wrong-chain":
      return `the L1 node is on chain ${reason.actual}, expected chain ${reason.expected}`;
  }
}
