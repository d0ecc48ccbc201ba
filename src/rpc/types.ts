import { type Chain, SYNCED_LAG, type SyncStatus, type TransactionPool } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";
import type { AllowedOrigins } from "./cors.ts";
import type { ReaderSettings } from "./readers/index.ts";

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

/** Bounds that keep one caller from taking the node from the others. Sizes in bytes, times in milliseconds. */
export interface RpcLimits {
  /** Size of an HTTP body or WebSocket message. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly batchItems: number;
  /** Heavy calls (which ask L1 or read many blocks) running at a time, and waiting for it. */
  readonly heavyConcurrency: number;
  readonly heavyQueue: number;
  /** From a call's arrival to its answer, waiting included. */
  readonly callTimeout: number;
  /** Threads that execute EVM code for callers, and threads that read blocks for them. */
  readonly executingThreads: number;
  readonly readingThreads: number;
  /** Calls that wait for a thread of either kind, and MiB of memory of each thread. */
  readonly readerQueue: number;
  readonly readerMemory: number;
  /** Longest a call may keep a reader thread; then it is ended by force. */
  readonly executionTimeout: number;
  /** Gas of one simulated call; at most 2^24 since no transaction can have more. */
  readonly callGas: bigint;
  /** Gas of all calls of one `eth_simulateV1` together. */
  readonly simulationGas: bigint;
  /** Blocks one log query may span, and logs it may give. */
  readonly logBlocks: number;
  readonly logResults: number;
  /** Time after which a filter nobody polls is dropped, and number of filters and of undelivered entries per filter. */
  readonly filterTimeout: number;
  readonly filters: number;
  readonly filterEntries: number;
  readonly webSocketConnections: number;
  readonly subscriptionsPerConnection: number;
  /** Messages of one WebSocket client being answered at a time; reading its socket pauses beyond. */
  readonly requestsPerConnection: number;
  /** Bytes a WebSocket client may leave unread before it is dropped. */
  readonly webSocketBacklog: number;
  /** Time for a client to send a whole HTTP request, and between pings of a WebSocket client. */
  readonly requestTimeout: number;
  readonly webSocketPing: number;
  /** Longest wait of `eth_sendRawTransactionSync`. */
  readonly inclusionTimeout: number;
  /** Entries (opcodes) of one trace. */
  readonly traceSteps: number;
  /** L1 blocks the node may be behind and still count as ready. */
  readonly readyLag: number;
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  requestBytes: 5 * 1024 * 1024,
  responseBytes: 25_000_000,
  batchItems: 1_000,
  heavyConcurrency: 2,
  heavyQueue: 256,
  callTimeout: 10_000,
  executingThreads: 2,
  readingThreads: 1,
  readerQueue: 256,
  readerMemory: 512,
  executionTimeout: 5_000,
  callGas: 2n ** 24n,
  simulationGas: 50_000_000n,
  logBlocks: 10_000,
  logResults: 10_000,
  filterTimeout: 300_000,
  filters: 1_000,
  filterEntries: 10_000,
  webSocketConnections: 500,
  subscriptionsPerConnection: 100,
  requestsPerConnection: 32,
  webSocketBacklog: 16 * 1024 * 1024,
  requestTimeout: 15_000,
  webSocketPing: 30_000,
  inclusionTimeout: 60_000,
  traceSteps: 500_000,
  readyLag: SYNCED_LAG,
};

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
