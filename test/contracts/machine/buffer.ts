import { concat, keccak256, size, slice, toHex } from "viem";
import type { Hex } from "viem";

const DEPTH = 17;

const ZERO: readonly Hex[] = zeroHashes();

function zeroHashes(): Hex[] {
  const hashes: Hex[] = [toHex(0, { size: 32 })];
  for (let level = 0; level < DEPTH; level++) hashes.push(keccak256(concat([hashes[level]!, hashes[level]!])));
  return hashes;
}

/** Root of the buffer of zeros. */
export const EMPTY_ROOT = ZERO[DEPTH]!;

/** A Region of contracts/machine/types/Witness.sol. */
export interface Region {
  readonly words: Hex;
  readonly siblings: Hex[];
}

/** A buffer by its definition (docs/machine.md §2): every level as a list of the nodes that are not zeros. */
export class TestBuffer {
  readonly bytes: Hex;
  readonly #levels: Map<number, Hex>[];

  /** @param bytes The buffer from offset 0; zeros behind. */
  constructor(bytes: Hex) {
    this.bytes = bytes;
    let nodes = new Map<number, Hex>();
    for (let offset = 0; offset < size(bytes); offset += 32) {
      const word = slice(bytes, offset, Math.min(offset + 32, size(bytes)));
      nodes.set(offset / 32, `0x${word.slice(2).padEnd(64, "0")}`);
    }
    this.#levels = [nodes];
    for (let level = 0; level < DEPTH; level++) {
      const parents = new Map<number, Hex>();
      for (const index of new Set([...nodes.keys()].map((index) => index >> 1))) {
        parents.set(index, keccak256(concat([this.#node(level, 2 * index), this.#node(level, 2 * index + 1)])));
      }
      nodes = parents;
      this.#levels.push(nodes);
    }
  }

  get root(): Hex {
    return this.#node(DEPTH, 0);
  }

  /** Opens the words that hold `length` > 0 bytes from `offset` on. */
  region(offset: number, length: number): Region {
    let first = Math.floor(offset / 32);
    let last = Math.floor((offset + length - 1) / 32);
    const words: Hex[] = [];
    for (let index = first; index <= last; index++) words.push(this.#node(0, index));
    const siblings: Hex[] = [];
    for (let level = 0; level < DEPTH; level++) {
      if (first % 2 === 1) siblings.push(this.#node(level, first - 1));
      if (last % 2 === 0) siblings.push(this.#node(level, last + 1));
      first >>= 1;
      last >>= 1;
    }
    return { words: concat(words), siblings };
  }

  #node(level: number, index: number): Hex {
    return this.#levels[level]!.get(index) ?? ZERO[level]!;
  }
}
