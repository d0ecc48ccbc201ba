import { MAXIMUM_CONTENT_SIZE, openPayload } from "../../src/batch/index.ts";
import type { PayloadContent } from "../../src/batch/index.ts";

/** All that a content has, by halving what may be left. */
export function readAll(content: PayloadContent): Buffer {
  let size = 0;
  for (let step = MAXIMUM_CONTENT_SIZE; step >= 1; step /= 2) if (content.read(size, step) !== undefined) size += step;
  return Buffer.from(content.read(0, size)!);
}

/** All of a payload's content. */
export function contentOf(payload: Uint8Array): Buffer {
  return readAll(openPayload(payload));
}
