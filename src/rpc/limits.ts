import { SYNCED_LAG } from "../node/index.ts";

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
