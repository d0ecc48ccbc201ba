import { DIGEST_WORDS, hashDigests } from "../../primitives/index.ts";
import type { Digest } from "../../primitives/index.ts";
import { BUFFER_DEPTH, zeroNode } from "./buffer-tree.ts";

const WORD_SIZE = 32;

/**
 * The root of a buffer (docs/machine.md §2) whose bytes are written once and in order, with zeros behind: two hashes a word and
 * one a level whenever it is asked for, in the memory of a path. Opens nothing: for that there is MerkleBuffer.
 */
export interface GrowingBuffer {
  /** The root over `bytes`, which begin with those of every call before. */
  rootOf(bytes: Uint8Array): Digest;
}

export function createGrowingBuffer(): GrowingBuffer {
  /** At level h, the root of the last full subtree of 2^h words that has no right sibling yet, where bit h of `count` is set. */
  const frontier: Digest[] = [];
  /** Whole words that are in it. */
  let count = 0;

  const append = (word: Digest): void => {
    let node = word;
    let level = 0;
    for (; ((count >>> level) & 1) === 1; level++) node = hashDigests(frontier[level] as Digest, node);
    frontier[level] = node;
    count++;
  };

  const root = (rest: Digest): Digest => {
    if (count === 2 ** BUFFER_DEPTH) return frontier[BUFFER_DEPTH] as Digest;
    let node = rest;
    for (let level = 0; level < BUFFER_DEPTH; level++) {
      if (((count >>> level) & 1) === 1) node = hashDigests(frontier[level] as Digest, node);
      else node = node === zeroNode(level) ? zeroNode(level + 1) : hashDigests(node, zeroNode(level));
    }
    return node;
  };

  return {
    rootOf: (bytes) => {
      const whole = Math.floor(bytes.length / WORD_SIZE);
      while (count < whole) append(wordAt(bytes, count * WORD_SIZE));
      return root(bytes.length === whole * WORD_SIZE ? zeroNode(0) : wordAt(bytes, whole * WORD_SIZE));
    },
  };
}

/** The word at an offset, with zeros for what the bytes do not reach. */
function wordAt(bytes: Uint8Array, offset: number): Digest {
  const word = new Int32Array(DIGEST_WORDS);
  new Uint8Array(word.buffer).set(bytes.subarray(offset, offset + WORD_SIZE));
  return word;
}
