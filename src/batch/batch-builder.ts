import { constants, deflateRawSync } from "node:zlib";
import { MAXIMUM_BLOCKS, encodeBlocks } from "./block-codec.ts";
import type { EncodedBlock } from "./block-codec.ts";
import { PAYLOAD_VERSION } from "./inflate.ts";
import { MAXIMUM_CONTENT_SIZE, compressContent } from "./payload.ts";

/** DEFLATE matches reach back 32 KiB (RFC 1951). */
const WINDOW_SIZE = 32_768;

/** An empty final block with fixed Huffman codes, which ends a stream of flushed segments. */
const STREAM_END = Uint8Array.of(0x03, 0x00);

export interface BatchBuilderOptions {
  /** Most payload bytes, version byte included: for blobs, their number × `BLOB_PAYLOAD_SIZE`. */
  readonly maximumBytes: number;
}

/** Collects consecutive blocks into one payload that stays within a limit after compression. */
export interface BatchBuilder {
  /** Adds the block, or says that the payload would exceed a limit with it and leaves it out. */
  add(block: EncodedBlock): boolean;
  readonly blockCount: number;
  /** Bytes the payload has at most, if it were built now. */
  readonly sizeBound: number;
  /** The payload of the blocks added so far; at most `maximumBytes` long. The builder stays usable. */
  build(): Uint8Array;
}

/**
 * A builder whose work is linear in the bytes added. Blocks wait uncompressed as long as they would fit even if they did
 * not compress at all; when they might not, they are compressed for good as a segment of the DEFLATE stream, flushed to
 * a byte boundary. As each segment is about half of the room that is left, few are needed; `build` tries a single
 * stream too and takes the shorter.
 */
export function createBatchBuilder({ maximumBytes }: BatchBuilderOptions): BatchBuilder {
  const minimumBytes = 1 + STREAM_END.length;
  if (!Number.isSafeInteger(maximumBytes) || maximumBytes < minimumBytes) {
    throw new RangeError(`expected a payload limit of at least ${minimumBytes} bytes, got ${maximumBytes}`);
  }
  const contentParts: Uint8Array[] = [];
  let contentSize = 0;
  const segments: Uint8Array[] = [Uint8Array.of(PAYLOAD_VERSION)];
  /** Of the version byte, the closed segments and the stream's end. */
  let closedSize = minimumBytes;
  let window: Uint8Array = new Uint8Array(0);
  let pendingParts: Uint8Array[] = [];
  let pendingSize = 0;

  const compressPendingWith = (parts: readonly Uint8Array[]) => {
    const content = Buffer.concat([...pendingParts, ...parts]);
    return { content, segment: compressSegment(content, window) };
  };

  return {
    add: (block) => {
      if (contentParts.length === MAXIMUM_BLOCKS) return false;
      const encoded = encodeBlocks([block]);
      if (contentSize + encoded.length > MAXIMUM_CONTENT_SIZE) return false;
      if (closedSize + segmentBound(pendingSize + encoded.length) <= maximumBytes) {
        pendingParts.push(encoded);
        pendingSize += encoded.length;
      } else {
        const { content, segment } = compressPendingWith([encoded]);
        if (closedSize + segment.length > maximumBytes) return false;
        segments.push(segment);
        closedSize += segment.length;
        window = Buffer.concat([window, content]).subarray(-WINDOW_SIZE);
        pendingParts = [];
        pendingSize = 0;
      }
      contentParts.push(encoded);
      contentSize += encoded.length;
      return true;
    },
    get blockCount() {
      return contentParts.length;
    },
    get sizeBound() {
      return closedSize + (pendingSize === 0 ? 0 : segmentBound(pendingSize));
    },
    build: () => {
      const single = compressContent(Buffer.concat(contentParts));
      const lastSegment = pendingSize === 0 ? [] : [compressPendingWith([]).segment];
      const segmented = Buffer.concat([...segments, ...lastSegment, STREAM_END]);
      return single.length <= segmented.length ? single : segmented;
    },
  };
}

/** DEFLATE blocks of `content`, ending on a byte boundary without a final block, that may refer back into `window`. */
function compressSegment(content: Uint8Array, window: Uint8Array): Uint8Array {
  return deflateRawSync(content, {
    level: 9,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(window.length > 0 ? { dictionary: window } : {}),
  });
}

/** Most bytes of a block's encoding that always fit into a payload of `maximumBytes`, however little they compress. */
export function largestFittingBlock(maximumBytes: number): number {
  return Math.floor(((maximumBytes - 1 - STREAM_END.length - FLUSH_OVERHEAD) * SEGMENT_PART) / (SEGMENT_PART + 1)) - 1;
}

const SEGMENT_PART = 512;
const FLUSH_OVERHEAD = 64;

/**
 * Most bytes `compressSegment` makes of `size` bytes. zlib stores what does not compress, at 5 bytes for every 16,383 or
 * more, and a flush adds 5; this is several times that.
 */
function segmentBound(size: number): number {
  return size + Math.ceil(size / SEGMENT_PART) + FLUSH_OVERHEAD;
}
