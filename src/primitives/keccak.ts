import { KECCAK_RATE as RATE, instantiateKeccak } from "./keccak-module.ts";
import type { Hash } from "./hex.ts";

export { KECCAK_RATE } from "./keccak-module.ts";
/** Bytes of the keccak state. */
export const KECCAK_STATE_SIZE = 200;

// keccak256 of everything: tries, hashes of blocks and transactions, the machine's KECCAK256, and the millions of nodes of 64
// bytes and structs of some 400 that the machine's commitments are made of. In WebAssembly for its 64-bit integers. Our own
// module (keccak-module.ts) and not a library's for its speed, as callers write their input where it is hashed. Measured in
// one run on Node.js 24, in µs, with hash-wasm 4.13 and @noble/hashes 2.4:
//
//                                            here   hash-wasm    noble
//   64 bytes, written in place (`hasherOf`)  0.39        0.81      5.4
//   64 bytes, any (`keccak256Bytes`)         0.50        0.81      5.4
//   4 KiB                                    13.8        16.6      143
//   64 blocks onto a state (`absorbBlocks`)  25.3        34.3      295
//
// The last is what a step of the machine does. (Both libraries give the state between two blocks: hash-wasm by `save` and
// `load`, noble by `keccakP`.) It is tested against the native package `keccak`.

/**
 * 32 bytes as 8 words of 32 bits as they lie in memory (so the number a word has means nothing): copied word by word faster
 * than bytes, and no garbage but itself.
 */
export type Digest = Int32Array;

/** Words of a digest. */
export const DIGEST_WORDS = 8;

/** `keccak256` of inputs of one length: write all of `words`, call `hash`, read `digest`. */
export interface Hasher {
  /** The input; keeps what was written last. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** The result of the last `hash` of any hasher. */
  readonly digest: Digest;
  hash(): void;
}

// Where things are in the module's memory: the state, behind the round constants a state of zeros, long inputs, and what
// hashers have.
const STATE = 0;
const FRESH = 512;
const BULK = FRESH + KECCAK_STATE_SIZE;
const BULK_BLOCKS = 512;
const HASHERS = BULK + BULK_BLOCKS * RATE;
const BLOCK_WORDS = RATE / 4;

const { memory, absorb } = instantiateKeccak();
const bytes = new Uint8Array(memory.buffer);
const digest: Digest = new Int32Array(memory.buffer, STATE, DIGEST_WORDS);
const digestView = new DataView(memory.buffer, STATE, 32);
const digestBuffer = Buffer.from(memory.buffer, STATE, 32);

const hashers = new Map<number, Hasher>();
let nextFree = HASHERS;

/** The hasher of inputs of `length` bytes, a multiple of 4 and at most 4,096; there is one for each length. */
export function hasherOf(length: number): Hasher {
  const known = hashers.get(length);
  if (known !== undefined) return known;
  if (length % 4 !== 0 || length > 4096) throw new RangeError(`no hasher for inputs of ${length} bytes`);
  const blocks = blocksOf(length);
  const input = allocate(blocks * RATE);
  pad(input, length);
  const words = new Int32Array(memory.buffer, input, length / 4);
  const hasher: Hasher = {
    words,
    bytes: new Uint8Array(memory.buffer, input, length),
    digest,
    hash: blocks === 1 ? () => absorb(input, 1, FRESH) : hashWithPrefix(words, input, blocks),
  };
  hashers.set(length, hasher);
  return hasher;
}

/**
 * Hashes an input of several blocks. The state after the first block is kept, because the structs that are hashed most
 * often begin with fields that change the least.
 */
function hashWithPrefix(words: Int32Array, input: number, blocks: number): () => void {
  const prefix = new Int32Array(BLOCK_WORDS);
  const afterPrefix = allocate(KECCAK_STATE_SIZE);
  absorb(input, 1, FRESH);
  bytes.copyWithin(afterPrefix, STATE, KECCAK_STATE_SIZE);
  return () => {
    let isSame = true;
    for (let word = 0; word < BLOCK_WORDS; word++) {
      const value = words[word] as number;
      if (value === prefix[word]) continue;
      prefix[word] = value;
      isSame = false;
    }
    if (!isSame) {
      absorb(input, 1, FRESH);
      bytes.copyWithin(afterPrefix, STATE, KECCAK_STATE_SIZE);
    }
    absorb(input + RATE, blocks - 1, afterPrefix);
  };
}

function allocate(size: number): number {
  const place = nextFree;
  nextFree += size;
  if (nextFree > memory.buffer.byteLength) throw new RangeError("too many hashers");
  return place;
}

function blocksOf(length: number): number {
  return Math.floor(length / RATE) + 1;
}

function pad(input: number, length: number): void {
  const end = input + blocksOf(length) * RATE;
  bytes.fill(0, input + length, end);
  bytes[input + length] = 1;
  bytes[end - 1] = (bytes[end - 1] as number) | 0x80;
}

const pair = hasherOf(64);
const pairWords = pair.words;

/** keccak256(left ‖ right) of the digests at these positions (in words); the result is written to `output`. */
export function hashPairInto(
  left: Int32Array,
  leftAt: number,
  right: Int32Array,
  rightAt: number,
  output: Int32Array,
  outputAt: number,
): void {
  for (let word = 0; word < DIGEST_WORDS; word++) {
    pairWords[word] = left[leftAt + word] as number;
    pairWords[DIGEST_WORDS + word] = right[rightAt + word] as number;
  }
  pair.hash();
  for (let word = 0; word < DIGEST_WORDS; word++) output[outputAt + word] = digest[word] as number;
}

/** keccak256(left ‖ right). */
export function hashDigests(left: Digest, right: Digest): Digest {
  const result = new Int32Array(DIGEST_WORDS);
  hashPairInto(left, 0, right, 0, result, 0);
  return result;
}

/** keccak256 of any bytes. */
export function hashBytes(input: Uint8Array): Digest {
  absorbMessage(input);
  return digest.slice();
}

/** keccak256 as 32 bytes. */
export function keccak256Bytes(input: Uint8Array): Uint8Array {
  absorbMessage(input);
  return bytes.slice(STATE, STATE + 32);
}

/** keccak256 as lowercase hex. */
export function keccak256(input: Uint8Array): Hash {
  absorbMessage(input);
  return `0x${digestBuffer.toString("hex")}`;
}

/** keccak256 as a view of its 32 bytes that is good until anything else is hashed. */
export function keccak256View(input: Uint8Array): DataView {
  absorbMessage(input);
  return digestView;
}

/** Hashes a message; the digest is the begin of the state. */
function absorbMessage(input: Uint8Array): void {
  let rest = input;
  let from = FRESH;
  while (rest.length >= BULK_BLOCKS * RATE) {
    bytes.set(rest.subarray(0, BULK_BLOCKS * RATE), BULK);
    absorb(BULK, BULK_BLOCKS, from);
    from = STATE;
    rest = rest.subarray(BULK_BLOCKS * RATE);
  }
  bytes.set(rest, BULK);
  pad(BULK, rest.length);
  absorb(BULK, blocksOf(rest.length), from);
}

/**
 * Absorbs blocks of 136 bytes, already padded, into a keccak state of 200 bytes (25 lanes of 8 bytes, little-endian, lane
 * x + 5y), one keccak-f[1600] each. Changes `state`. Throws a RangeError if there is part of a block.
 */
export function absorbBlocks(state: Uint8Array, blocks: Uint8Array): void {
  if (blocks.length % RATE !== 0) {
    throw new RangeError(`expected whole blocks of ${RATE} bytes, got ${blocks.length} bytes`);
  }
  bytes.set(state, STATE);
  for (let offset = 0; offset < blocks.length; offset += BULK_BLOCKS * RATE) {
    const part = blocks.subarray(offset, offset + BULK_BLOCKS * RATE);
    bytes.set(part, BULK);
    absorb(BULK, part.length / RATE, STATE);
  }
  state.set(bytes.subarray(STATE, STATE + KECCAK_STATE_SIZE));
}

/** The last bytes of a message (fewer than a block beyond whole blocks), with the padding of keccak256: 0x01, zeros, 0x80. */
export function padMessage(tail: Uint8Array): Uint8Array {
  const padded = new Uint8Array(blocksOf(tail.length) * RATE);
  padded.set(tail);
  padded[tail.length] = 0x01;
  padded[padded.length - 1] = (padded[padded.length - 1] as number) | 0x80;
  return padded;
}

export function equalDigests(left: Digest, right: Digest): boolean {
  for (let word = 0; word < DIGEST_WORDS; word++) if (left[word] !== right[word]) return false;
  return true;
}

/** The 32 bytes of a digest, copied. */
export function digestToBytes(source: Digest): Uint8Array {
  return new Uint8Array(source.buffer, source.byteOffset, 32).slice();
}

/** The digest with these 32 bytes. */
export function digestFromBytes(source: Uint8Array): Digest {
  const result = new Int32Array(DIGEST_WORDS);
  new Uint8Array(result.buffer).set(source);
  return result;
}
