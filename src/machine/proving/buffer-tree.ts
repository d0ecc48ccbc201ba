import {
  DIGEST_WORDS,
  bytesToHex,
  digestToBytes,
  equalDigests,
  hashDigests,
  hashPairInto,
} from "../../primitives/index.ts";
import type { Digest } from "../../primitives/index.ts";
import type { BufferTree } from "../commitments.ts";

/** Levels above the words (docs/machine.md §2). */
export const BUFFER_DEPTH = 17;
/** Words of a buffer. */
export const BUFFER_WORDS = 2 ** BUFFER_DEPTH;
const WORD_SIZE = 32;

/** `digest` of level 0 is the word itself. Nodes are shared between versions and never changed. */
interface Node {
  readonly digest: Digest;
  readonly left: Node | undefined;
  readonly right: Node | undefined;
}

/** What a witness holds of some words of a buffer (`Region` of contracts/machine/types/Witness.sol). */
export interface Region {
  /** 32 bytes a word. */
  readonly words: Uint8Array;
  /** 32 bytes each; level by level from the leaves up, at each the left one before the right one. */
  readonly siblings: Uint8Array;
}

/** A version of a buffer: 17 nodes are new in a version that differs in one word. */
export class MerkleBuffer implements BufferTree {
  readonly top: Node;
  #root: Uint8Array | undefined;

  constructor(top: Node) {
    this.top = top;
  }

  get root(): Uint8Array {
    return (this.#root ??= digestToBytes(this.top.digest));
  }

  get digest(): Digest {
    return this.top.digest;
  }
}

const ZERO_NODES = zeroNodes();

function zeroNodes(): readonly Node[] {
  let node: Node = { digest: new Int32Array(DIGEST_WORDS), left: undefined, right: undefined };
  const nodes = [node];
  for (let level = 0; level < BUFFER_DEPTH; level++) {
    node = { digest: hashDigests(node.digest, node.digest), left: node, right: node };
    nodes.push(node);
  }
  return nodes;
}

/** `ZERO[level]`: the node over 2^level zero words. */
export function zeroNode(level: number): Digest {
  return (ZERO_NODES[level] as Node).digest;
}

/** The buffer of zeros. */
export const EMPTY_BUFFER = new MerkleBuffer(ZERO_NODES[BUFFER_DEPTH] as Node);

/** The version behind a BufferTree as the machine holds it; undefined is the empty one. Throws if it is of another maker. */
export function bufferOf(tree: BufferTree | undefined): MerkleBuffer {
  if (tree === undefined) return EMPTY_BUFFER;
  if (!(tree instanceof MerkleBuffer)) throw new Error(`the buffer ${bytesToHex(tree.root)} is not of this prover`);
  return tree;
}

/**
 * The version with the words `first` to `last` as in `bytes`, which are the bytes of the buffer from offset 0; what they
 * do not reach is 0. At most 17 + 2·(words written) hashes. Throws a RangeError beyond the buffer.
 */
export function writeBuffer(buffer: MerkleBuffer, bytes: Uint8Array, first: number, last: number): MerkleBuffer {
  if (first < 0 || last < first || last >= BUFFER_WORDS)
    throw new RangeError(`expected words of a buffer, got ${first} to ${last}`);
  const top = write(buffer.top, BUFFER_DEPTH, bytes, first, last);
  return top === buffer.top ? buffer : new MerkleBuffer(top);
}

/** `first` and `last` are counted from the first word below `node`, as far as they reach it. `bytes` begin there too. */
function write(node: Node, level: number, bytes: Uint8Array, first: number, last: number, origin = 0): Node {
  if (level === 0) return writeWord(node, bytes, origin * WORD_SIZE);
  const half = 2 ** (level - 1);
  let left = node.left as Node;
  let right = node.right as Node;
  if (first < half) left = write(left, level - 1, bytes, first, Math.min(last, half - 1), origin);
  if (last >= half) right = write(right, level - 1, bytes, Math.max(first - half, 0), last - half, origin + half);
  if (left === node.left && right === node.right) return node;
  const zero = ZERO_NODES[level] as Node;
  if (left === zero.left && right === zero.right) return zero;
  const digest = new Int32Array(DIGEST_WORDS);
  hashPairInto(left.digest, 0, right.digest, 0, digest, 0);
  return { digest, left, right };
}

const word = new Int32Array(DIGEST_WORDS);
const wordBytes = new Uint8Array(word.buffer);
const ZERO_WORD = ZERO_NODES[0] as Node;

function writeWord(node: Node, bytes: Uint8Array, at: number): Node {
  let isZero = true;
  for (let index = 0; index < WORD_SIZE; index++) {
    const byte = at + index < bytes.length ? (bytes[at + index] as number) : 0;
    wordBytes[index] = byte;
    if (byte !== 0) isZero = false;
  }
  if (isZero) return ZERO_WORD;
  return equalDigests(node.digest, word) ? node : { digest: word.slice(), left: undefined, right: undefined };
}

/** The buffer with `bytes` from offset 0 and zeros behind. */
export function bufferFrom(bytes: Uint8Array): MerkleBuffer {
  if (bytes.length === 0) return EMPTY_BUFFER;
  return writeBuffer(EMPTY_BUFFER, bytes, 0, Math.ceil(bytes.length / WORD_SIZE) - 1);
}

/** Opens `count` ≥ 1 words from word `first`. Throws a RangeError beyond the buffer. */
export function openRegion(buffer: MerkleBuffer, first: number, count: number): Region {
  if (first < 0 || count < 1 || first + count > BUFFER_WORDS)
    throw new RangeError(`expected words of a buffer, got ${count} from ${first}`);
  const words = new Int32Array(count * DIGEST_WORDS);
  // By level: the siblings left and right of the range, found on the ways down to its first and last word.
  const siblings: Digest[] = [];
  const last = first + count - 1;
  let firstNode = buffer.top;
  let lastNode = buffer.top;
  for (let level = BUFFER_DEPTH - 1; level >= 0; level--) {
    // From the root down, so right before left; turned around at the end.
    const isLastRight = (last >>> level) % 2 === 1;
    if (!isLastRight) siblings.push((lastNode.right as Node).digest);
    lastNode = (isLastRight ? lastNode.right : lastNode.left) as Node;
    const isFirstRight = (first >>> level) % 2 === 1;
    if (isFirstRight) siblings.push((firstNode.left as Node).digest);
    firstNode = (isFirstRight ? firstNode.right : firstNode.left) as Node;
  }
  collect(buffer.top, BUFFER_DEPTH, first, last, words, 0);
  return { words: new Uint8Array(words.buffer), siblings: concatDigests(siblings.reverse()) };
}

/** Copies the words `first` to `last` below `node` to 32-bit word `at` of `words`; gives where it ended. */
function collect(node: Node, level: number, first: number, last: number, words: Int32Array, at: number): number {
  if (level === 0) {
    words.set(node.digest, at);
    return at + DIGEST_WORDS;
  }
  const half = 2 ** (level - 1);
  let position = at;
  if (first < half) {
    position = collect(node.left as Node, level - 1, first, Math.min(last, half - 1), words, position);
  }
  if (last >= half) {
    position = collect(node.right as Node, level - 1, Math.max(first - half, 0), last - half, words, position);
  }
  return position;
}

/** One after the other, 32 bytes each. */
export function concatDigests(digests: readonly Digest[]): Uint8Array {
  const words = new Int32Array(digests.length * DIGEST_WORDS);
  digests.forEach((digest, index) => words.set(digest, index * DIGEST_WORDS));
  return new Uint8Array(words.buffer);
}
