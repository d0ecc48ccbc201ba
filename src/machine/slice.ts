import type { BufferTree } from "./commitments.ts";

/**
 * A range of bytes of a buffer (docs/machine.md §2): `bytes` are the `length` bytes themselves. `tree` and `offset` say where
 * they lie in which version of the buffer; `tree` is undefined when nothing is proven (fast mode).
 */
export interface Slice {
  readonly bytes: Uint8Array;
  readonly tree: BufferTree | undefined;
  readonly offset: number;
}

export const EMPTY_SLICE: Slice = { bytes: new Uint8Array(), tree: undefined, offset: 0 };
