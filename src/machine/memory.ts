import type { BufferTree, Recorder } from "./commitments.ts";
import { EMPTY_SLICE } from "./slice.ts";
import type { Slice } from "./slice.ts";

/** Memory of a running frame. */
export interface Memory {
  /** At least `size` bytes; what lies beyond is 0. Growing replaces it, so views of it keep what they showed. */
  bytes: Uint8Array;
  /** Over `bytes`. */
  view: DataView;
  /** Size as the EVM has it, in words. */
  words: number;
  /** The same in bytes. */
  size: number;
  /** Commitment to the contents as of the last `takeDirty`, set by the prover; undefined: no word was ever written. */
  tree: BufferTree | undefined;
  /** Words written since the last `takeDirty`: from `dirtyFrom` up to but without `dirtyTo`. */
  dirtyFrom: number;
  dirtyTo: number;
}

/** Bytes of memory that are allocated at first. */
const FIRST_CAPACITY = 1_024;

const NO_BYTES = new Uint8Array();
const NO_VIEW = new DataView(NO_BYTES.buffer);

export function createMemory(): Memory {
  return {
    bytes: NO_BYTES,
    view: NO_VIEW,
    words: 0,
    size: 0,
    tree: undefined,
    dirtyFrom: Number.MAX_SAFE_INTEGER,
    dirtyTo: 0,
  };
}

/** Makes memory hold `length` bytes from `offset` on (nothing if `length` is 0), in whole words. The gas is paid already. */
export function expand(memory: Memory, offset: number, length: number): void {
  const end = offset + length;
  if (length === 0 || end <= memory.size) return;
  const words = Math.ceil(end / 32);
  const size = 32 * words;
  if (size > memory.bytes.length) {
    const bytes = new Uint8Array(Math.max(size, 2 * memory.bytes.length, FIRST_CAPACITY));
    bytes.set(memory.bytes);
    memory.bytes = bytes;
    memory.view = new DataView(bytes.buffer);
  }
  memory.words = words;
  memory.size = size;
}

/** Notes that bytes were written; `length` is not 0. */
export function markDirty(memory: Memory, offset: number, length: number): void {
  const from = Math.floor(offset / 32);
  const to = Math.ceil((offset + length) / 32);
  if (from < memory.dirtyFrom) memory.dirtyFrom = from;
  if (to > memory.dirtyTo) memory.dirtyTo = to;
}

/** The words written since the last call, as one range; undefined if there are none. */
export function takeDirty(memory: Memory): { readonly first: number; readonly count: number } | undefined {
  if (memory.dirtyTo === 0) return undefined;
  const first = memory.dirtyFrom;
  const count = memory.dirtyTo - first;
  memory.dirtyFrom = Number.MAX_SAFE_INTEGER;
  memory.dirtyTo = 0;
  return { first, count };
}

/** Writes `length` bytes of `source` from `sourceOffset` on, zeros beyond its end. Memory is large enough. */
export function copyIn(
  memory: Memory,
  destination: number,
  source: Uint8Array,
  sourceOffset: number,
  length: number,
): void {
  if (length === 0) return;
  const present = Math.max(0, Math.min(length, source.length - sourceOffset));
  if (present > 0) memory.bytes.set(source.subarray(sourceOffset, sourceOffset + present), destination);
  memory.bytes.fill(0, destination + present, destination + length);
  markDirty(memory, destination, length);
}

/**
 * A range of memory (docs/machine.md §2), which is large enough. Its bytes are a view: they are good until the range is
 * written, so they may be handed to a callee or a caller, and must be copied by whoever keeps them while this frame
 * runs on.
 */
export function sliceOf(memory: Memory, offset: number, length: number): Slice {
  if (length === 0) return EMPTY_SLICE;
  return { bytes: memory.bytes.subarray(offset, offset + length), tree: memory.tree, offset };
}

/** Tells that a step opens the words of `length` bytes from `offset` of a buffer; nothing if there are none. */
export function tellBytes(recorder: Recorder, tree: BufferTree | undefined, offset: number, length: number): void {
  if (length === 0) return;
  const first = Math.floor(offset / 32);
  recorder.region(tree, first, Math.ceil((offset + length) / 32) - first);
}

/** Tells that a step opens those of `length` bytes from `offset` of a slice that lie inside it. */
export function tellSlice(recorder: Recorder, slice: Slice, offset: number, length: number): void {
  const end = Math.min(offset + length, slice.bytes.length);
  if (end > offset) tellBytes(recorder, slice.tree, slice.offset + offset, end - offset);
}
