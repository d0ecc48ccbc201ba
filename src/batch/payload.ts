import { deflateRawSync } from "node:zlib";
import { encodeBlocks } from "./block-codec.ts";
import type { EncodedBlock } from "./block-codec.ts";
import { PAYLOAD_VERSION, createInflater } from "./inflate.ts";
import type { Inflater } from "./inflate.ts";

/** Most bytes of content that a payload has: 4 MiB, where what it decompresses to is cut. */
export const MAXIMUM_CONTENT_SIZE = 4_194_304;

/** The payload of a batch: version byte and raw DEFLATE stream. Throws a RangeError if the content exceeds 4 MiB. */
export function encodePayload(blocks: readonly EncodedBlock[]): Uint8Array {
  return compressContent(encodeBlocks(blocks));
}

/** The payload around already encoded blocks. Throws a RangeError if they exceed 4 MiB. */
export function compressContent(content: Uint8Array): Uint8Array {
  if (content.length > MAXIMUM_CONTENT_SIZE) {
    throw new RangeError(
      `expected at most ${MAXIMUM_CONTENT_SIZE} bytes of blocks in a payload, got ${content.length}`,
    );
  }
  return Buffer.concat([Uint8Array.of(PAYLOAD_VERSION), deflateRawSync(content, { level: 9 })]);
}

/**
 * Opens a payload without inflating it. Total: after the first error of the stream there is no more content, after
 * `MAXIMUM_CONTENT_SIZE` bytes neither, and without the right version byte there is none.
 */
export function openPayload(payload: Uint8Array): Inflater {
  return createInflater(payload, MAXIMUM_CONTENT_SIZE);
}
