import { deflateRawSync, inflateRawSync } from "node:zlib";
import { encodeBlocks } from "./block-codec.ts";
import type { EncodedBlock } from "./block-codec.ts";
import { contentOf } from "./payload-content.ts";
import type { PayloadContent } from "./payload-content.ts";

/** First byte of every payload (specification §3 rule 1). */
export const PAYLOAD_VERSION = 0x01;

/** Most bytes a payload may decompress to: 4 MiB. */
export const MAXIMUM_CONTENT_SIZE = 4_194_304;

/** What a payload's bytes hold: the encoded blocks, or why they count as no blocks. */
export type DecodedPayload =
  | { readonly kind: "content"; readonly content: Uint8Array }
  | { readonly kind: "no-version" }
  | { readonly kind: "unknown-version"; readonly version: number }
  | { readonly kind: "too-large" }
  /** Not a DEFLATE stream, or a truncated one. */
  | { readonly kind: "undecodable"; readonly message: string };

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

/** Decodes a payload; total, and bounded to 4 MiB of output whatever the bytes are. */
export function decodePayload(payload: Uint8Array): DecodedPayload {
  const version = payload[0];
  if (version === undefined) return { kind: "no-version" };
  if (version !== PAYLOAD_VERSION) return { kind: "unknown-version", version };
  try {
    return { kind: "content", content: inflateRawSync(payload.subarray(1), { maxOutputLength: MAXIMUM_CONTENT_SIZE }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return { kind: "too-large" };
    // Only what the stream itself is guilty of is the payload's fault. Running out of memory (Z_MEM_ERROR) is this
    // machine's, and must not let two nodes derive different chains.
    if (code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR" || code === "Z_NEED_DICT")
      return { kind: "undecodable", message };
    throw error;
  }
}

/** TEMPORARY */
export function openPayload(payload: Uint8Array): PayloadContent {
  const decoded = decodePayload(payload);
  return contentOf(decoded.kind === "content" ? decoded.content : new Uint8Array());
}
