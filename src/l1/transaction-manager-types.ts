import type { Abi, PublicClient } from "viem";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { L1BlockReference, RecordStore } from "../storage/index.ts";
import type { BlobWrapperVersion } from "./transaction-manager-sidecar.ts";

/** The L1 calls the roles make; a viem client over any transport. */
export type L1Client = PublicClient;

/** What a caller wants done on L1, once. */
export interface L1TransactionRequest {
  /** Names the deed. A purpose stands for one transaction for ever: asking again gives the first one's status. */
  readonly purpose: string;
  readonly to: Address;
  readonly data: Uint8Array;
  /** Wei; default 0. */
  readonly value?: bigint;
  /** Gas; estimated when absent. At most 2^24 (EIP-7825). */
  readonly gasLimit?: bigint;
  /** Makes it a blob transaction (EIP-4844) of one to six blobs of 131,072 bytes. */
  readonly blobs?: readonly Uint8Array[];
}

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

/** Why a call reverted, decoded by the ABIs given to the manager. */
export interface L1Revert {
  /** Error name with its arguments, as `ClaimNotFound(0x…)`, or the revert's bytes when no ABI knows it. */
  readonly message: string;
  /** Name of the custom error, if known. */
  readonly errorName: string | undefined;
  readonly data: Hex;
}

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

export interface TransactionManagerOptions {
  readonly client: L1Client;
  readonly chainId: number;
  /** 32-byte private key. The manager must be the only user of it. */
  readonly privateKey: Hex;
  /** A namespace of its own. */
  readonly records: RecordStore;
  /** ABIs whose custom errors are decoded. */
  readonly abis?: readonly Abi[];
  /** Blocks, counting its own, after which a mined transaction is confirmed; default 1. */
  readonly confirmations?: number;
  /** Seconds without being mined after which fees are raised; default 60. */
  readonly feeBumpInterval?: number;
  /** Seconds after which an unmined transaction is broadcast again as it is; default 15. */
  readonly rebroadcastInterval?: number;
  /** Most wei per gas ever offered; default 500 gwei. */
  readonly maximumFeePerGas?: bigint;
  /** Most wei per blob gas ever offered; default 1,000 gwei. */
  readonly maximumFeePerBlobGas?: bigint;
  /** Default: 0 on a Hardhat node (it knows no other), else 1. */
  readonly wrapperVersion?: BlobWrapperVersion;
  /** Seconds between the steps of the loop; default 2. */
  readonly pollingInterval?: number;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
}

/**
 * Sends the L1 transactions of one key, in nonce order, each at most once. Everything is on disk before it is broadcast,
 * so a process killed at any moment continues where it was: it recognises what was mined and broadcasts the rest again.
 */
export interface TransactionManager {
  readonly account: Address;
  /**
   * Gives the request the next nonce, records it and broadcasts it. Resolves once it is on disk: network trouble later on
   * is retried by `step`. A purpose already known is not sent again.
   *
   * @throws L1TransactionError `would-revert` or `invalid-request`; an RPC error if L1 cannot be asked for nonce and gas.
   *   In each case nothing was recorded.
   */
  submit(request: L1TransactionRequest): Promise<L1TransactionStatus>;
  status(purpose: string): L1TransactionStatus | undefined;
  /** All remembered transactions, lowest nonce first. */
  statuses(): readonly L1TransactionStatus[];
  /**
   * Resolves once the transaction is mined, or confirmed if `confirmed` is set. Needs the loop (or someone calling `step`).
   * Rejects with the signal's reason when aborted and with `unknown-purpose`.
   */
  wait(
    purpose: string,
    options?: { readonly confirmed?: boolean; readonly signal?: AbortSignal },
  ): Promise<L1TransactionStatus>;
  /** Tries to give the nonce of an unmined transaction to an empty one. Which of the two was mined shows in the status. */
  cancel(purpose: string): Promise<void>;
  /** Drops a confirmed transaction from memory and disk; its purpose may then be used again. */
  forget(purpose: string): Promise<void>;
  /** Called when a transaction is mined, and again when a reorg puts it in another block. Returns the unsubscriber. */
  onMined(listener: (status: L1TransactionStatus) => void): () => void;
  /** One pass: looks what was mined, confirmed or lost, broadcasts, raises fees. Rejects if L1 cannot be reached. */
  step(): Promise<void>;
  /** Starts the loop of steps. Errors are logged and retried. */
  start(): void;
  /** Ends the loop after the step under way. */
  stop(): Promise<void>;
}
