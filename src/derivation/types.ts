import type { Hash } from "../primitives/index.ts";

/** A batch as the Inbox recorded it (specification §2), with its payload bytes fetched and checked against `dataHash`. */
export interface Batch {
  readonly index: number;
  readonly kind: "calldata" | "blobs";
  readonly dataHash: Hash;
  readonly messagesUpTo: number;
  /** L1 block number. */
  readonly number: number;
  /** L1 timestamp, seconds. */
  readonly timestamp: number;
  /** As posted: version byte and DEFLATE stream; for blobs the concatenated low 31 bytes of all field elements. */
  readonly payload: Uint8Array;
}

/** Where derivation stands: the next batch, the next message, and the timestamp of the last block. */
export interface DerivationCursor {
  readonly nextBatch: number;
  readonly nextMessage: number;
  readonly parentTimestamp: number;
}
