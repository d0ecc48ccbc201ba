import { contentOfBytes, encodeBlocks, readBlock } from "../batch/index.ts";
import type { EncodedBlock } from "../batch/index.ts";
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";

/** An unsafe block as the sequencer tells of it; `docs/feed.md` has the byte layout. */
export interface FeedBlock extends FeedBlockHead {
  readonly block: EncodedBlock;
}

/** What can be read of a block message without parsing the transactions. */
export interface FeedBlockHead {
  /** Grows with every message the sequencer signs; of two blocks with the same number the later signed one holds. */
  readonly sequence: number;
  readonly number: number;
  readonly parentHash: Hash;
  readonly blockHash: Hash;
  /** Index of the first Inbox message the block consumes, were it to consume any. */
  readonly firstMessage: number;
}

export interface SignedFeedBlock {
  /** r ‖ s ‖ recovery id, 65 bytes. */
  readonly signature: Uint8Array;
  /** What is signed. */
  readonly content: Uint8Array;
}

/** Bytes are not a message of the feed. */
export class FeedMessageError extends Error {
  override readonly name = "FeedMessageError";
}

export const FEED_VERSION = 1;
const BLOCK_KIND = 1;
const SUBSCRIBE_KIND = 2;
const PREFIX_SIZE = 2;
export const SIGNATURE_SIZE = 65;
const HEAD_SIZE = 88;
export const SUBSCRIBE_SIZE = PREFIX_SIZE + 8;
/** Largest frame: a block's encoding cannot be larger than a payload's 4 MiB (specification §3 rule 1). */
export const MAXIMUM_FRAME_SIZE = PREFIX_SIZE + SIGNATURE_SIZE + HEAD_SIZE + 4 * 1024 * 1024;

/** The signed part of a block message. Throws a RangeError if a number does not fit. */
export function encodeFeedBlock(message: FeedBlock): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(24));
  numbers.setBigUint64(0, BigInt(message.sequence));
  numbers.setBigUint64(8, BigInt(message.number));
  numbers.setBigUint64(16, BigInt(message.firstMessage));
  const bytes = new Uint8Array(numbers.buffer);
  return concatBytes([
    bytes,
    hexToBytes(message.parentHash),
    hexToBytes(message.blockHash),
    encodeBlocks([message.block]),
  ]);
}

/** Reads the fixed-size part. Throws a FeedMessageError for anything `encodeFeedBlock` cannot give. */
export function decodeFeedBlockHead(content: Uint8Array): FeedBlockHead {
  if (content.length < HEAD_SIZE) {
    throw new FeedMessageError(`expected a block message of at least ${HEAD_SIZE} bytes, got ${content.length}`);
  }
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return {
    sequence: readNatural(view, 0, "sequence"),
    number: readNatural(view, 8, "block number"),
    firstMessage: readNatural(view, 16, "message index"),
    parentHash: bytesToHex(content.subarray(24, 56)),
    blockHash: bytesToHex(content.subarray(56, HEAD_SIZE)),
  };
}

/** Inverse of `encodeFeedBlock`. Throws a FeedMessageError for anything it cannot give. */
export function decodeFeedBlock(content: Uint8Array): FeedBlock {
  const head = decodeFeedBlockHead(content);
  const encoding = content.subarray(HEAD_SIZE);
  const block = readBlock(contentOfBytes(encoding), 0);
  // The parser is as lenient as derivation must be; here only a block's one encoding is good.
  if (block === undefined || !equalBytes(encodeBlocks([block]), encoding)) {
    throw new FeedMessageError(`expected the encoding of one block in the message of block ${head.number}`);
  }
  const { timestamp, messages, transactions } = block;
  return { ...head, block: { timestamp, messages, transactions } };
}

/** A block message as it goes over the wire. */
export function encodeBlockFrame({ signature, content }: SignedFeedBlock): Uint8Array {
  return concatBytes([Uint8Array.of(FEED_VERSION, BLOCK_KIND), signature, content]);
}

/** Splits a block frame; signature and content are still to be checked. Throws a FeedMessageError. */
export function decodeBlockFrame(frame: Uint8Array): SignedFeedBlock {
  checkPrefix(frame, BLOCK_KIND);
  if (frame.length < PREFIX_SIZE + SIGNATURE_SIZE) {
    throw new FeedMessageError(`expected a signature of ${SIGNATURE_SIZE} bytes, got a frame of ${frame.length}`);
  }
  return {
    signature: frame.subarray(PREFIX_SIZE, PREFIX_SIZE + SIGNATURE_SIZE),
    content: frame.subarray(PREFIX_SIZE + SIGNATURE_SIZE),
  };
}

/** A client's request for all blocks from a number on. */
export function encodeSubscribeFrame(from: number): Uint8Array {
  const frame = new DataView(new ArrayBuffer(SUBSCRIBE_SIZE));
  frame.setUint8(0, FEED_VERSION);
  frame.setUint8(1, SUBSCRIBE_KIND);
  frame.setBigUint64(PREFIX_SIZE, BigInt(from));
  return new Uint8Array(frame.buffer);
}

/** The block number asked for. Throws a FeedMessageError for anything `encodeSubscribeFrame` cannot give. */
export function decodeSubscribeFrame(frame: Uint8Array): number {
  checkPrefix(frame, SUBSCRIBE_KIND);
  if (frame.length !== SUBSCRIBE_SIZE) {
    throw new FeedMessageError(`expected a subscription of ${SUBSCRIBE_SIZE} bytes, got ${frame.length}`);
  }
  return readNatural(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), PREFIX_SIZE, "block number");
}

function checkPrefix(frame: Uint8Array, kind: number): void {
  if (frame[0] !== FEED_VERSION || frame[1] !== kind) {
    throw new FeedMessageError(
      `expected a frame of version ${FEED_VERSION} and kind ${kind}, got ${bytesToHex(frame.subarray(0, PREFIX_SIZE))}`,
    );
  }
}

function readNatural(view: DataView, offset: number, what: string): number {
  const value = view.getBigUint64(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new FeedMessageError(`expected a ${what} below 2^53, got ${value}`);
  return Number(value);
}
