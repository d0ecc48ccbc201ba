import type { Interval } from "../concurrency/index.ts";
import type { BlobArchive, L1Client, TransactionManager } from "../l1/index.ts";
import type { Chain } from "../node/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { RecordStore } from "../storage/index.ts";

/** Where batches put their data; `auto` takes what costs less at the time of posting. */
export type DataKind = "auto" | "calldata" | "blobs";

export interface BatcherOptions {
  readonly chain: Chain;
  readonly client: L1Client;
  /** Of the operator's key. */
  readonly transactions: TransactionManager;
  /** A namespace of its own. */
  readonly records: RecordStore;
  /** Keeps what is posted in blobs; needed on an L1 that does not serve them. */
  readonly blobArchive?: BlobArchive;
  readonly dataKind: DataKind;
  /** Age in seconds of the oldest block not posted at which a batch is posted; default 60. */
  readonly interval?: number;
  /** Payload bytes at which a batch is posted before that; default `maximumPayloadBytes`. */
  readonly targetPayloadBytes?: number;
  /** Default and upper bound: what six blobs hold, or for `calldata` 65,536 bytes. */
  readonly maximumPayloadBytes?: number;
  /**
   * Seconds before the end of the force inclusion delay of a message by which it must be read; default a quarter of the
   * delay, at most 3,600. A batch is posted whatever its size when twice this is left.
   */
  readonly inclusionMargin?: number;
  /**
   * Most batches sent and not yet derived; default 1. With more, a batch whose predecessor reverts may be mined before it
   * is cancelled, and is then derived on another parent than it was built on: L2 blocks already given out are replaced.
   */
  readonly maximumInFlight?: number;
  /** Seconds before a batch is tried again after one reverted, doubling up to 600; default 12. */
  readonly retryDelay?: number;
  /** Seconds between the steps of the loop; default 2. */
  readonly pollingInterval?: Interval;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
}

/** A batch on its way to L1: what is on disk of it. */
export interface InFlightBatch {
  /** Counts the batches of this batcher from 0. */
  readonly sequence: number;
  /** Purpose of its L1 transaction. */
  readonly purpose: string;
  /** L2 block numbers. */
  readonly firstBlock: number;
  readonly lastBlock: number;
  readonly lastBlockHash: Hash;
  readonly messagesUpTo: number;
  readonly dataKind: "calldata" | "blobs";
  readonly payloadBytes: number;
}

/** Why a batch was posted when it was. */
export type PostingReason = "requested" | "interval" | "size" | "inclusion";

/** What a step came to. */
export type BatcherStep =
  | { readonly kind: "posted"; readonly batch: InFlightBatch; readonly reason: PostingReason }
  /** Every block is posted. */
  | { readonly kind: "idle" }
  /** There are blocks, but no reason to post them yet. */
  | { readonly kind: "not-due"; readonly blocks: number; readonly payloadBound: number }
  /** The blocks were collected for blobs, whose price L1 does not tell: the next step collects fewer, for calldata. */
  | { readonly kind: "rebuilding"; readonly blocks: number }
  /** As many batches as allowed are on their way. */
  | { readonly kind: "backpressure"; readonly inFlight: number }
  /** A batch reverted or is being cancelled: nothing is posted until that is confirmed. */
  | { readonly kind: "settling"; readonly batch: InFlightBatch }
  /** A batch reverted; the next attempt is at this time, in milliseconds. */
  | { readonly kind: "backing-off"; readonly until: number }
  /** The node has not derived what the Inbox holds, or knows messages the Inbox lost. */
  | { readonly kind: "waiting-for-sync"; readonly message: string }
  /** The blocks' timestamps (seconds) are ahead of L1 by more than derivation allows. */
  | { readonly kind: "ahead-of-l1"; readonly timestamp: number; readonly l1Timestamp: number };

/**
 * Posts the unsafe blocks of the chain to the Inbox, in order, each once. Continues after a kill with what is on disk;
 * gives up batches of blocks that left the chain; posts again what an L1 reorg took.
 */
export interface Batcher {
  /**
   * One pass: settles what is in flight, then posts at most one batch. @throws BatcherError; RPC errors.
   */
  step(): Promise<BatcherStep>;
  /** A step that posts whatever there is without waiting for interval or size; if it cannot now, the next that can will. */
  postNow(): Promise<BatcherStep>;
  inFlight(): readonly InFlightBatch[];
  /** What keeps it from posting, in words, if it has for a minute. */
  problems(): readonly string[];
  /** Starts the loop of steps. Errors are logged and retried. */
  start(): void;
  /** Ends the loop after the step under way. What is in flight stays recorded. */
  stop(): Promise<void>;
}
