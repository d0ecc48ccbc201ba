/** What a payload decompresses to: the encoded blocks, if an honest batcher made it. */
export interface PayloadContent {
  /**
   * The bytes [`position`, `position + length`) of the content; undefined if it ends before. Inflates little more than this
   * needs, and keeps all: what it gave stays as it is.
   */
  read(position: number, length: number): Uint8Array | undefined;
}

/** Content that is there already. */
export function contentOfBytes(bytes: Uint8Array): PayloadContent {
  return {
    read: (position, length) =>
      position + length > bytes.length ? undefined : bytes.subarray(position, position + length),
  };
}
