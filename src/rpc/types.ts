import type { Chain, SyncStatus, TransactionPool } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { AllowedOrigins } from "./cors.ts";
import type { RpcLimits } from "./limits.ts";
import type { ReaderSettings } from "./readers/reader-protocol.ts";

/** A claim on L1 that this node holds right: its state is what the node itself derived (specification §6). */
export interface ClaimRecord {
  readonly id: Hash;
  readonly parentId: Hash;
  readonly stateHash: Hash;
  /** Last L2 block the claim covers. */
  readonly blockHash: Hash;
  readonly outboxRoot: Hash;
  /** Batches and Inbox messages the claim covers. */
  readonly batchCount: number;
  readonly messageCount: number;
  /** L1 timestamp in seconds; 0 for the genesis claim. */
  readonly proposedAt: number;
  /** L1 timestamp in seconds from which it can be confirmed if nothing rivals it. */
  readonly confirmableAt: number;
  /** `pending`: in its challenge period; `disputed`: a rival child of the same parent blocks it. */
  readonly status: "pending" | "confirmable" | "disputed" | "confirmed";
}

/** What RPC asks of L1 about claims and withdrawals. Answers may come from an L1 node, so they are promises. */
export interface ClaimsView {
  /**
   * Of the claims that agree with this node's own chain, the earliest that covers batch `index` (batches count from 0),
   * so has `batchCount > index`; the genesis claim covers none. Undefined if there is no such claim yet.
   */
  findClaimOfBatch(index: number): Promise<ClaimRecord | undefined>;
  /** Whether the Portal has executed withdrawal `index`. */
  isWithdrawalExecuted(index: number): Promise<boolean>;
}

export interface RpcServerOptions {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  readonly syncStatus: () => SyncStatus;
  /** The database of the chain, and what executes calls on it. */
  readonly readers: Omit<ReaderSettings, "config">;
  /** Told when the two engines of a shadowing node disagree in a call. */
  readonly onDifference?: (error: Error) => void;
  /** Without it the methods that need L1 claims answer that they are not available. */
  readonly claims?: ClaimsView;
  /** Keeps the index of L2→L1 messages between runs; without it the index is rebuilt from the chain at first use. */
  readonly records?: RecordStore;
  /** Address to listen on; "127.0.0.1" by default. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Origins browsers may call from; "*" (default) for any, empty for none. */
  readonly cors?: AllowedOrigins;
  readonly limits?: Partial<RpcLimits>;
  /** Smallest tip `eth_maxPriorityFeePerGas` suggests, in wei per gas; 1,000,000 by default. */
  readonly minimumPriorityFee?: bigint;
  /** Answer of `web3_clientVersion`. */
  readonly clientVersion?: string;
}

export interface RpcServer {
  /** Starts listening, and gives the bound address. Rejects if the port is taken. */
  start(): Promise<{
    readonly host: string;
    readonly port: number;
    readonly url: string;
    readonly webSocketUrl: string;
  }>;
  /** Stops listening, ends all connections and subscriptions. Safe to call twice. */
  stop(): Promise<void>;
}
