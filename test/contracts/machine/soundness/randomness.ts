import { bigintToBytes32, bytesToBigint, concatBytes, keccak256Bytes } from "../../../../src/primitives/index.ts";

/** A source of numbers that a seed determines. */
export interface Randomness {
  /** 0 … bound - 1; `bound` at least 1. */
  below(bound: number): number;
  bytes(length: number): Uint8Array;
  /** One of `items`, of which there must be one. */
  pick<Item>(items: readonly Item[]): Item;
}

/** Numbers of xorshift128, begun with the keccak256 of the seed. */
export function createRandomness(seed: string): Randomness {
  const digest = keccak256Bytes(new TextEncoder().encode(seed));
  const state = new Uint32Array(digest.slice(0, 16).buffer);
  const next = (): number => {
    let bits = state[3] as number;
    const first = state[0] as number;
    state.copyWithin(1, 0, 3);
    bits ^= bits << 11;
    bits ^= bits >>> 8;
    state[0] = bits ^ first ^ (first >>> 19);
    return state[0];
  };
  const below = (bound: number) => next() % bound;
  return {
    below,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    pick: (items) => items[below(items.length)] as (typeof items)[number],
  };
}

const POWERS = [8n, 16n, 17n, 22n, 24n, 32n, 53n, 64n, 128n, 160n, 255n, 256n];

/** 32-byte numbers at which arithmetic goes wrong if it does: around 0, powers of two and `value`. */
export function edgeWords(value: bigint): Uint8Array[] {
  const numbers = [0n, 1n, 2n, 31n, 32n, 33n, value - 1n, value + 1n, value + 32n, value - 32n, -value];
  for (const power of POWERS) numbers.push(2n ** power - 1n, 2n ** power, value + 2n ** power);
  return numbers.map((number) => bigintToBytes32(BigInt.asUintN(256, number)));
}

/** The word at byte `position` of `data`. */
export function wordAt(data: Uint8Array, position: number): bigint {
  return bytesToBigint(data.subarray(position, position + 32));
}

/** `data` with `word` at byte `position`. */
export function withWord(data: Uint8Array, position: number, word: Uint8Array): Uint8Array {
  return concatBytes([data.subarray(0, position), word, data.subarray(position + word.length)]);
}
