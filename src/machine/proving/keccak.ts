import { RATE, instantiateKeccak } from "./keccak-module.ts";

// keccak256 of the small inputs that commitments are made of: millions of nodes of 64 bytes and structs of some 400.
// In WebAssembly for its 64-bit integers, and because callers write their input where it is hashed and
// copy nothing more than the result (`hash-wasm`, which the rest of the node uses, takes longer for its calls than for
// the permutation; benchmarks/machine-proving.md has the measure).

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
const STATE_SIZE = 200;
const FRESH = 512;
const BULK = FRESH + STATE_SIZE;
const BULK_BLOCKS = 512;
const HASHERS = BULK + BULK_BLOCKS * RATE;
const BLOCK_WORDS = RATE / 4;

const { memory, absorb } = instantiateKeccak();
const bytes = new Uint8Array(memory.buffer);
const digest: Digest = new Int32Array(memory.buffer, STATE, DIGEST_WORDS);

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
  const afterPrefix = allocate(STATE_SIZE);
  absorb(input, 1, FRESH);
  bytes.copyWithin(afterPrefix, STATE, STATE_SIZE);
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
      bytes.copyWithin(afterPrefix, STATE, STATE_SIZE);
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
  const whole = Math.floor(input.length / RATE);
  let from = FRESH;
  for (let block = 0; block < whole; block += BULK_BLOCKS) {
    const count = Math.min(BULK_BLOCKS, whole - block);
    bytes.set(input.subarray(block * RATE, (block + count) * RATE), BULK);
    absorb(BULK, count, from);
    from = STATE;
  }
  const rest = input.subarray(whole * RATE);
  bytes.set(rest, BULK);
  pad(BULK, rest.length);
  absorb(BULK, 1, from);
  return digest.slice();
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
