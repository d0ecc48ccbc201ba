import type { Address, Digest, Hash } from "../../primitives/index.ts";
import { DIGEST_WORDS } from "../../primitives/index.ts";

// The words of 32 bytes that structs are encoded in, written to 32-bit words of memory. Position `at` counts 32-bit words,
// so word n of a struct is at 8·n.

/** The bytes of a number of 32 bits in the opposite order. */
export function swapBytes(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

/** A natural number below 2^53. */
export function putNumber(target: Int32Array, at: number, value: number): void {
  for (let word = 0; word < 6; word++) target[at + word] = 0;
  target[at + 6] = value < 0x1_0000_0000 ? 0 : swapBytes(Math.floor(value / 0x1_0000_0000));
  target[at + 7] = swapBytes(value | 0);
}

const SAFE_LIMIT = 2n ** 53n;
const limbs = new BigUint64Array(4);
const halves = new Int32Array(limbs.buffer);

/** A natural number below 2^256. */
export function putBigint(target: Int32Array, at: number, value: bigint): void {
  if (value < SAFE_LIMIT) {
    putNumber(target, at, Number(value));
    return;
  }
  let rest = value;
  for (let limb = 0; limb < 4; limb++) {
    limbs[limb] = rest;
    rest >>= 64n;
  }
  for (let word = 0; word < DIGEST_WORDS; word++) target[at + word] = swapBytes(halves[7 - word] as number);
}

export function putFlag(target: Int32Array, at: number, value: boolean): void {
  putNumber(target, at, value ? 1 : 0);
}

export function putDigest(target: Int32Array, at: number, value: Digest): void {
  for (let word = 0; word < DIGEST_WORDS; word++) target[at + word] = value[word] as number;
}

const parsed = Buffer.alloc(32);
const parsedWords = new Int32Array(parsed.buffer, parsed.byteOffset, DIGEST_WORDS);

/** 32 bytes as hex. */
export function putHash(target: Int32Array, at: number, value: Hash): void {
  parsed.write(value.slice(2), 0, "hex");
  for (let word = 0; word < DIGEST_WORDS; word++) target[at + word] = parsedWords[word] as number;
}

/** 20 bytes as hex, left-padded. */
export function putAddress(target: Int32Array, at: number, value: Address): void {
  parsed.write(value.slice(2), 0, "hex");
  for (let word = 0; word < 3; word++) target[at + word] = 0;
  for (let word = 0; word < 5; word++) target[at + 3 + word] = parsedWords[word] as number;
}

/** An item of a stack: 8 limbs of 32 bits at `from`, least significant first. */
export function putItem(target: Int32Array, at: number, stack: Uint32Array, from: number): void {
  for (let word = 0; word < DIGEST_WORDS; word++) target[at + word] = swapBytes(stack[from + 7 - word] as number);
}

/** The bytes of these words, copied. */
export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice();
}
