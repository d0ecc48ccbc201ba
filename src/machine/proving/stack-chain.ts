import { DIGEST_WORDS, hashPairInto } from "../../primitives/index.ts";
import { putItem } from "./words.ts";

/** Items a stack can hold. */
export const STACK_LIMIT = 1024;

/** The stack of a frame as a hash chain (docs/machine.md §3) at every height; twin of StackChain.sol. */
export interface StackChain {
  /** By height, 8 words each, from the 0 of the empty stack on. */
  readonly hashes: Int32Array;
  /** Items of the stack as it was last followed: up to there `hashes` are right. */
  height: number;
}

export function newStackChain(): StackChain {
  return { hashes: new Int32Array((STACK_LIMIT + 1) * DIGEST_WORDS), height: 0 };
}

const itemWords = new Int32Array(DIGEST_WORDS);

/** Brings the chain up to a stack whose lowest `unchanged` items are as they were when it was last followed. */
export function followStack(chain: StackChain, stack: Uint32Array, stackSize: number, unchanged: number): void {
  const { hashes } = chain;
  const item = itemWords;
  for (let height = Math.min(chain.height, unchanged, stackSize); height < stackSize; height++) {
    putItem(item, 0, stack, height * DIGEST_WORDS);
    hashPairInto(hashes, height * DIGEST_WORDS, item, 0, hashes, (height + 1) * DIGEST_WORDS);
  }
  chain.height = stackSize;
}

/** Writes the hash of the whole stack to 32-bit word `at` of `target`. */
export function putStackHash(target: Int32Array, at: number, { hashes, height }: StackChain): void {
  const top = height * DIGEST_WORDS;
  for (let word = 0; word < DIGEST_WORDS; word++) target[at + word] = hashes[top + word] as number;
}

/**
 * The `count` topmost items of the stack that the chain has followed, top first, and the hash below them, 32 bytes each.
 * Nothing if the stack has not that many, or none are asked for.
 */
export function openStack({ hashes, height }: StackChain, stack: Uint32Array, count: number): Uint8Array {
  if (count === 0 || count > height) return new Uint8Array();
  const words = new Int32Array((count + 1) * DIGEST_WORDS);
  for (let index = 0; index < count; index++) {
    putItem(words, index * DIGEST_WORDS, stack, (height - 1 - index) * DIGEST_WORDS);
  }
  const below = (height - count) * DIGEST_WORDS;
  words.set(hashes.subarray(below, below + DIGEST_WORDS), count * DIGEST_WORDS);
  return new Uint8Array(words.buffer);
}
