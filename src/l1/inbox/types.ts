import type { EventEmitter } from "node:events";
import type { Interval } from "../../concurrency/index.ts";
import type { RollupConfig } from "../../rollup/index.ts";
import type { InboxStore, L1BlockReference } from "../../storage/index.ts";
import type { BlobSource } from "../blob-source.ts";
import type { L1Client } from "../l1-client.ts";

/** When an L1 block counts as final: by the endpoint's `finalized` tag, or so many blocks below the head. */
export type L1Finality = { readonly kind: "tag" } | { readonly kind: "confirmations"; readonly depth: number };

export interface InboxReaderOptions {
  readonly config: RollupConfig;
  readonly client: L1Client;
  readonly inbox: InboxStore;
  readonly blobs: BlobSource;
  readonly finality: L1Finality;
  /** Blocks the reader stays behind the L1 head; default 0. */
  readonly confirmations?: number;
  /** Seconds between looks at the L1 head; default 2. */
  readonly pollInterval?: Interval;
  /** Most L1 blocks of one `eth_getLogs`; default 5,000. */
  readonly logRange?: number;
  /**
   * Seconds an L1 head below what was read already is taken for an endpoint that lags; after that the blocks above it
   * count as gone. Default 60.
   */
  readonly lagTolerance?: number;
  /**
   * Seconds without a new L1 block after which the endpoint is taken to be stuck, however readily it answers; undefined for never,
   * as on an L1 that mines with transactions only.
   */
  readonly longestSilence?: number | undefined;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
}

export interface InboxReaderStatus {
  /** As last seen. */
  readonly l1Head: L1BlockReference | undefined;
  /** Of the L1 head, in seconds. */
  readonly l1Timestamp: number | undefined;
  /** The last L1 block read. */
  readonly synced: L1BlockReference | undefined;
  /** Number of the highest L1 block that is both read and final, as far as known since the start. */
  readonly finalized: number | undefined;
  /** Whether the last look at L1 ended with everything read. */
  readonly caughtUp: boolean;
  /** Seconds since the endpoint first named the block that it names as the latest; undefined before the first look. */
  readonly headAge: number | undefined;
  /** Seconds since a look at L1 ended with everything read; undefined before the first that did. */
  readonly readAge: number | undefined;
  /** Why what was read may not be all that L1 has; undefined if a look in the last minute or so ended with everything read and L1 goes on. */
  readonly problem: string | undefined;
}

export interface InboxReorg {
  /** The highest L1 block still there; undefined if none of those known is. */
  readonly ancestor: L1BlockReference | undefined;
  /** Entries left. */
  readonly batchCount: number;
  readonly messageCount: number;
}

export interface InboxReaderEvents {
  /** More of L1 was read. */
  advanced: [synced: L1BlockReference];
  /** L1 took back blocks that were read; what they held is dropped. */
  reorg: [reorg: InboxReorg];
  /** A look at L1 has ended; the status is new. */
  polled: [status: InboxReaderStatus];
}

/** Reads the Inbox's two lists from L1 into the store, and follows L1's reorgs. */
export interface InboxReader {
  /**
   * Looks at the L1 head and reads up to it; calls queue up.
   * @throws RPC errors, InconsistentL1Error and BlobUnavailableError; what was read before stays, and the next call goes on
   */
  syncOnce(): Promise<InboxReaderStatus>;
  status(): InboxReaderStatus;
  readonly events: EventEmitter<InboxReaderEvents>;
  /** Starts reading at intervals. Errors are logged and retried. */
  start(): void;
  /** Ends after the request under way. */
  stop(): Promise<void>;
}
