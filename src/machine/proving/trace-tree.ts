import {
  DIGEST_WORDS,
  bytesToHex,
  digestFromBytes,
  digestToBytes,
  hashDigests,
  hashPairInto,
  hexToBytes,
} from "../../primitives/index.ts";
import type { Digest, Hash } from "../../primitives/index.ts";

/** The entries of a trace up to the one that repeats for ever, wherever they are kept. */
export interface TraceEntries {
  /** At least 1. From entry `length − 1` on all are the same. */
  readonly length: number;
  /** Writes `count` digests from entry `first` on to `target`, from its begin; all of them are below `length`. */
  read(first: number, count: number, target: Int32Array): void;
}

/** What shows a state to be the last of those that a prefix commits to. */
export interface PrefixOpening {
  /** The entry before `start`. */
  readonly state: Hash;
  /** The prefix before the last of its parts: `keccak256(prefix ‖ root of that part)` is the prefix of `start`. */
  readonly prefix: Hash;
  /** Of the state in that part, whose last leaf it is: lowest first, all of them left ones. */
  readonly siblings: readonly Hash[];
}

/**
 * The Merkle trees over a trace (docs/machine.md §12), of any height: entries go on for ever, as the last one repeats. Throws a
 * RangeError where an index or a span is none.
 */
export interface TraceTree {
  /** The state before entry 0. */
  readonly before: Hash;
  /** Entries until they repeat. */
  readonly length: number;
  /** Any index; beyond `length` the last state. */
  stateHash(index: number): Hash;
  /** Root of the entries `start` … `start + 2^height − 1`; `start` is a multiple of 2^height. 256 + height hashes at most. */
  root(start: number, height: number): Hash;
  /** The roots of the two halves of that span, which hash to its root: what bisecting it takes. `height` ≥ 1. */
  halves(start: number, height: number): { readonly left: Hash; readonly right: Hash };
  /**
   * The commitment to `before` and all entries below `start`: `before`, hashed with the root of each part to the left of
   * `start`, the largest first. It is what bisecting down to a span that begins there makes of `before`.
   */
  prefix(start: number): Hash;
  /** Opens the last state of the prefix of `start`, which is not 0. */
  openPrefix(start: number): PrefixOpening;
  /** The `height` siblings, lowest first, of entry `index` in the tree over the first 2^height entries. */
  proof(index: number, height: number): Hash[];
}

/** Nodes from this level up are kept, those below are computed when needed. */
const LOWEST_KEPT = 8;
const BLOCK_ENTRIES = 2 ** LOWEST_KEPT;

/** Reads all entries once. In memory it takes a quarter of a byte for each of them. */
export function treeOfTrace(before: Hash, entries: TraceEntries): TraceTree {
  const { length } = entries;
  if (!Number.isSafeInteger(length) || length < 1) throw new RangeError(`expected entries of a trace, got ${length}`);
  const nodes = nodesOver(entries);
  const rootOf = (level: number, position: number): Hash => toHash(nodes.node(level, position));

  const checkSpan = (start: number, height: number): void => {
    if (!Number.isSafeInteger(start) || start < 0 || height < 0 || start % 2 ** height !== 0)
      throw new RangeError(`expected the begin of a span, a multiple of 2^${height}, got ${start}`);
  };

  const prefixDigest = (start: number): Digest => {
    let prefix = digestFromBytes(hexToBytes(before));
    for (let level = Math.floor(Math.log2(start)) + 1; level >= 0; level--) {
      const position = Math.floor(start / 2 ** level);
      if (position % 2 === 1) prefix = hashDigests(prefix, nodes.node(level, position - 1));
    }
    return prefix;
  };

  return {
    before,
    length,
    stateHash: (index) => {
      checkSpan(index, 0);
      return rootOf(0, index);
    },
    root: (start, height) => {
      checkSpan(start, height);
      return rootOf(height, start / 2 ** height);
    },
    halves: (start, height) => {
      if (height < 1) throw new RangeError("expected a span of at least two entries");
      checkSpan(start, height);
      const first = start / 2 ** (height - 1);
      return { left: rootOf(height - 1, first), right: rootOf(height - 1, first + 1) };
    },
    prefix: (start) => {
      checkSpan(start, 0);
      return start === 0 ? before : toHash(prefixDigest(start));
    },
    openPrefix: (start) => {
      checkSpan(start, 0);
      if (start === 0) throw new RangeError("the prefix of 0 is a state");
      let height = 0;
      while (Math.floor(start / 2 ** height) % 2 === 0) height++;
      const earlier = start - 2 ** height;
      const siblings = Array.from({ length: height }, (_, level) => rootOf(level, start / 2 ** level - 2));
      return {
        state: rootOf(0, start - 1),
        prefix: earlier === 0 ? before : toHash(prefixDigest(earlier)),
        siblings,
      };
    },
    proof: (index, height) => {
      if (!Number.isSafeInteger(index) || index < 0 || index >= 2 ** height)
        throw new RangeError(`expected an index below 2^${height}, got ${index}`);
      return Array.from({ length: height }, (_, level) => {
        const position = Math.floor(index / 2 ** level);
        return rootOf(level, position % 2 === 0 ? position + 1 : position - 1);
      });
    },
  };
}

interface Nodes {
  /** Node `position` of a level, those of padding too; good until the next call. */
  node(level: number, position: number): Digest;
}

function nodesOver({ length, read }: TraceEntries): Nodes {
  // The entries of one node of the lowest kept level, the one asked for last, filled up with the last entry.
  const block = new Int32Array(BLOCK_ENTRIES * DIGEST_WORDS);
  let blockPosition = -1;
  const last = new Int32Array(DIGEST_WORDS);
  read(length - 1, 1, last);

  const loadBlock = (position: number): void => {
    if (position === blockPosition) return;
    const first = position * BLOCK_ENTRIES;
    const count = Math.min(BLOCK_ENTRIES, length - first);
    read(first, count, block);
    for (let index = count; index < BLOCK_ENTRIES; index++) block.set(last, index * DIGEST_WORDS);
    blockPosition = position;
  };
  const entry = (index: number): Digest => {
    loadBlock(Math.floor(index / BLOCK_ENTRIES));
    const at = (index % BLOCK_ENTRIES) * DIGEST_WORDS;
    return block.slice(at, at + DIGEST_WORDS);
  };

  // paddings[level]: a subtree of nothing but the last entry.
  const paddings: Digest[] = [last];
  const padding = (level: number): Digest => {
    for (let known = paddings.length; known <= level; known++) {
      const below = paddings[known - 1] as Digest;
      paddings.push(hashDigests(below, below));
    }
    return paddings[level] as Digest;
  };

  // kept[n]: the nodes of level LOWEST_KEPT + n that are not padding, up to the first level with only one.
  const kept: Int32Array[] = [];

  const node = (level: number, position: number): Digest => {
    // From entry `length − 1` on all are the same.
    if (position * 2 ** level >= length - 1) return padding(level);
    if (level === 0) return entry(position);
    const nodes = kept[level - LOWEST_KEPT];
    if (nodes !== undefined) return nodes.subarray(position * DIGEST_WORDS, (position + 1) * DIGEST_WORDS);
    return hashDigests(node(level - 1, 2 * position), node(level - 1, 2 * position + 1));
  };

  let count = Math.ceil(length / BLOCK_ENTRIES);
  const lowest = new Int32Array(count * DIGEST_WORDS);
  const scratch = new Int32Array(block.length);
  for (let position = 0; position < count; position++) {
    loadBlock(position);
    scratch.set(block);
    for (let width = BLOCK_ENTRIES / 2; width >= 1; width /= 2) {
      for (let index = 0; index < width; index++) {
        const at = index * DIGEST_WORDS;
        hashPairInto(scratch, 2 * at, scratch, 2 * at + DIGEST_WORDS, scratch, at);
      }
    }
    lowest.set(scratch.subarray(0, DIGEST_WORDS), position * DIGEST_WORDS);
  }
  kept.push(lowest);
  for (let level = LOWEST_KEPT + 1; count > 1; level++) {
    count = Math.ceil(count / 2);
    const nodes = new Int32Array(count * DIGEST_WORDS);
    for (let position = 0; position < count; position++) {
      nodes.set(hashDigests(node(level - 1, 2 * position), node(level - 1, 2 * position + 1)), position * DIGEST_WORDS);
    }
    kept.push(nodes);
  }
  return { node };
}

function toHash(digest: Digest): Hash {
  return bytesToHex(digestToBytes(digest));
}
