import type { BufferTree } from "./commitments.ts";
import { EMPTY_SLICE } from "./slice.ts";
import type { Slice } from "./slice.ts";

/** The code a frame runs, with what is known of it. */
export interface Code {
  readonly bytes: Uint8Array;
  /** Where the bytes begin in the buffer `tree` commits to: 0 but for an initcode, which lies in its creator's memory. */
  readonly offset: number;
  /** Set by the prover. */
  tree: BufferTree | undefined;
  /** Commitment to `jumpBitmap`, set by the prover. */
  jumpsTree: BufferTree | undefined;
  /** `bytes` with 33 zeros: beyond its end code is STOP, and immediate bytes are 0. Made when the code first runs. */
  padded: Uint8Array | undefined;
  /** Over `padded`. */
  view: DataView | undefined;
  /** A bit for each byte, the lowest of its word first: whether it is data of a PUSH. Made at the first jump. */
  pushData: Int32Array | undefined;
}

const JUMPDEST = 0x5b;
const PUSH0 = 0x5f;
const PADDING = 33;

const codes = new WeakMap<Uint8Array, Code>();

/** A code of the state. Found by the identity of its bytes, which the state shares between calls: nobody writes to them. */
export function codeOf(bytes: Uint8Array): Code {
  let code = codes.get(bytes);
  if (code === undefined) {
    code = createCode(bytes, 0, undefined);
    codes.set(bytes, code);
  }
  return code;
}

/** Code that lies in a slice: an initcode, which runs once. */
export function codeOfSlice(slice: Slice): Code {
  return createCode(slice.bytes, slice.offset, slice.tree);
}

function createCode(bytes: Uint8Array, offset: number, tree: BufferTree | undefined): Code {
  return { bytes, offset, tree, jumpsTree: undefined, padded: undefined, view: undefined, pushData: undefined };
}

/** The code of a frame that has none yet. */
export const EMPTY_CODE: Code = codeOf(new Uint8Array());

/** The code as the slice of the buffer it lies in. */
export function codeSlice(code: Code): Slice {
  return code.bytes.length === 0 ? EMPTY_SLICE : { bytes: code.bytes, tree: code.tree, offset: code.offset };
}

/** `bytes` followed by 33 zeros. */
export function paddedCode(code: Code): Uint8Array {
  return (code.padded ??= paddedInPlace(code.bytes) ?? padded(code.bytes));
}

/** Codes of the state mostly have the zeros behind them, and nothing else in their buffer. */
function paddedInPlace({ buffer, byteOffset, length }: Uint8Array): Uint8Array | undefined {
  if (byteOffset !== 0 || buffer.byteLength !== length + PADDING) return undefined;
  const whole = new Uint8Array(buffer);
  return whole.subarray(length).every((byte) => byte === 0) ? whole : undefined;
}

function padded(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + PADDING);
  copy.set(bytes);
  return copy;
}

/** A view of the same. */
export function paddedCodeView(code: Code): DataView {
  return (code.view ??= new DataView(paddedCode(code).buffer));
}

/** Which bytes are data of a PUSH, a bit for each, the lowest of its word first: a JUMPDEST among them is not to be jumped to. */
export function pushDataOf(code: Code): Int32Array {
  return (code.pushData ??= findPushData(code.bytes));
}

/** Whether execution may jump to a byte of the code. */
export function isJumpDestination({ bytes }: Code, pushData: Int32Array, position: number): boolean {
  return bytes[position] === JUMPDEST && (((pushData[position >> 5] as number) >> (position & 31)) & 1) === 0;
}

/** Somebody who has many long codes can make a node look through one at every cold call, so this sets all bits of a PUSH at once. */
function findPushData(bytes: Uint8Array): Int32Array {
  // The data of a PUSH may end behind the code.
  const pushData = new Int32Array((bytes.length + 63) >> 5);
  for (let position = 0; position < bytes.length;) {
    const size = (bytes[position++] as number) - PUSH0;
    if (size < 1 || size > 32) continue;
    const word = position >> 5;
    const shift = position & 31;
    const bits = size === 32 ? -1 : (1 << size) - 1;
    pushData[word] = (pushData[word] as number) | (bits << shift);
    if (shift + size > 32) pushData[word + 1] = (pushData[word + 1] as number) | (bits >>> (32 - shift));
    position += size;
  }
  return pushData;
}

/**
 * The buffer of jump destinations (docs/machine.md §1): bit `i mod 256`, counted from the least significant, of the
 * big-endian word `i ÷ 256` is set if byte `i` is a jump destination. As many words as that takes.
 */
export function jumpBitmap(code: Code): Uint8Array {
  const pushData = pushDataOf(code);
  const { length } = code.bytes;
  const bitmap = new Uint8Array(32 * Math.ceil(length / 256));
  for (let position = 0; position < length; position++) {
    if (!isJumpDestination(code, pushData, position)) continue;
    const bit = position & 255;
    const index = 32 * (position >> 8) + 31 - (bit >> 3);
    bitmap[index] = (bitmap[index] as number) | (1 << (bit & 7));
  }
  return bitmap;
}
