/** What a payload's stream gives: bytes that are read piece by piece, and come into being only as far as they are read. */
export interface PayloadContent {
  /** The bytes [`position`, `position + length`) of the content; undefined if it ends before. */
  read(position: number, length: number): Uint8Array | undefined;
}

/** Content that is there already. */
export function contentOf(bytes: Uint8Array): PayloadContent {
  return {
    read: (position, length) =>
      position + length > bytes.length ? undefined : bytes.subarray(position, position + length),
  };
}
