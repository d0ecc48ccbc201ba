import type { Hash } from "../primitives/index.ts";
import type { BlockHeader } from "../rollup/index.ts";

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

/** Where derivation stands: the next batch, the next message, and what matters of the last block. */
export interface DerivationCursor {
  readonly nextBatch: number;
  readonly nextMessage: number;
  /** Seconds. */
  readonly parentTimestamp: number;
  /** Gas the last block left in the bucket. */
  readonly gasLevel: bigint;
}

/** Rules of the chain that derivation depends on (specification §4): gas the bucket holds, at least 2^24, and its refill. */
export type DerivationRules = Pick<BlockHeader, "gasCapacity" | "gasPerSecond">;

/** What execution tells derivation of a block. */
export interface BlockResult {
  /** Gas it left in the bucket. */
  readonly gasLevel: bigint;
  /** Whether the bucket could not pay for one of its listed transactions, at which the payload ends. */
  readonly isCut: boolean;
}
