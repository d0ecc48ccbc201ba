import type { Abi } from "viem";
import type { Interval } from "../../concurrency/index.ts";
import type { Address, Hex } from "../../primitives/index.ts";
import type { RecordStore } from "../../storage/index.ts";
import type { L1Client } from "../l1-client.ts";
import type { L1TransactionRequest } from "./request.ts";
import type { BlobWrapperVersion } from "./sidecar.ts";
import type { L1TransactionStatus } from "./status.ts";

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
  readonly pollingInterval?: Interval;
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
