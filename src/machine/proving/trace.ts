import { DIGEST_WORDS, bytesToHex, digestToBytes, hashDigests, hashPairInto } from "../../primitives/index.ts";
import type { Digest, Hash } from "../../primitives/index.ts";
import type { ProvenStep, Prover } from "./prover.ts";

/**
 * The trace of a unit (docs/machine.md §12): entry `index` is the state hash after step `index`, step 0 being `start`. The
 * entries go on for ever, as the last one repeats. In memory it takes 32 bytes a step and an eighth of a byte for nodes.
 */
export interface Trace {
  /** The boundary state the unit starts from. */
  readonly before: Hash;
  /** Steps until the boundary state that ends the unit, `start` included; at least 1. */
  readonly length: number;
  /** Any index; beyond `length` the last state. */
  stateHash(index: number): Hash;
  /** Merkle root of the entries `start` … `start + 2^height − 1`; `start` is a multiple of 2^height. 256 + height hashes at most. */
  root(start: number, height: number): Hash;
  /** The roots of the two halves of that span, which hash to its root: what bisecting it takes. `height` ≥ 1. */
  halves(start: number, height: number): { readonly left: Hash; readonly right: Hash };
  /** The `height` siblings, lowest first, of entry `index` in the tree over the first 2^height entries. */
  proof(index: number, height: number): Hash[];
  /** The step to entry `index` with its witness: runs the unit again up to there. */
  prove(index: number): ProvenStep;
}

const CHUNK_HEIGHT = 16;
const CHUNK_ENTRIES = 2 ** CHUNK_HEIGHT;
/** Nodes from this level up are kept, those below are computed when needed. */
const LOWEST_KEPT = 8;

/**
 * Runs a unit to its end. `begin` gives a prover of a fresh machine at the begin of the unit, the same each time it is
 * called: it is again for every witness.
 */
export function traceUnit(begin: () => Prover): Trace {
  const prover = begin();
  const before = prover.stateHash();
  const chunks: Int32Array[] = [];
  let length = 0;
  while (!prover.isDone()) {
    prover.step();
    const position = length % CHUNK_ENTRIES;
    if (position === 0) chunks.push(new Int32Array(CHUNK_ENTRIES * DIGEST_WORDS));
    prover.copyStateHash(chunks[chunks.length - 1] as Int32Array, position * DIGEST_WORDS);
    length++;
  }
  const tree = treeOver(chunks, length);

  const checkSpan = (start: number, height: number) => {
    if (!Number.isSafeInteger(start) || start < 0 || height < 0 || start % 2 ** height !== 0)
      throw new RangeError(`expected the begin of a span, a multiple of 2^${height}, got ${start}`);
  };

  return {
    before,
    length,
    stateHash: (index) => {
      checkSpan(index, 0);
      return toHash(tree.node(0, index));
    },
    root: (start, height) => {
      checkSpan(start, height);
      return toHash(tree.node(height, start / 2 ** height));
    },
    halves: (start, height) => {
      if (height < 1) throw new RangeError("expected a span of at least two entries");
      checkSpan(start, height);
      const first = start / 2 ** (height - 1);
      return { left: toHash(tree.node(height - 1, first)), right: toHash(tree.node(height - 1, first + 1)) };
    },
    proof: (index, height) => {
      if (!Number.isSafeInteger(index) || index < 0 || index >= 2 ** height)
        throw new RangeError(`expected an index below 2^${height}, got ${index}`);
      return Array.from({ length: height }, (_, level) => {
        const position = Math.floor(index / 2 ** level);
        return toHash(tree.node(level, position % 2 === 0 ? position + 1 : position - 1));
      });
    },
    prove: (index) => {
      if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`expected the index of a step, got ${index}`);
      const again = begin();
      for (let position = 0; position < index && !again.isDone(); position++) again.step();
      return again.prove();
    },
  };
}

interface Tree {
  /** Node `position` of a level, those of padding too. */
  node(level: number, position: number): Digest;
}

function treeOver(chunks: readonly Int32Array[], length: number): Tree {
  const entry = (index: number): Digest => {
    const at = (index % CHUNK_ENTRIES) * DIGEST_WORDS;
    return (chunks[Math.floor(index / CHUNK_ENTRIES)] as Int32Array).subarray(at, at + DIGEST_WORDS);
  };
  const last = entry(length - 1).slice();

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

  let count = Math.ceil(length / 2 ** LOWEST_KEPT);
  const lowest = new Int32Array(count * DIGEST_WORDS);
  const scratch = new Int32Array(2 ** LOWEST_KEPT * DIGEST_WORDS);
  for (let position = 0; position < count; position++) {
    for (let index = 0; index < 2 ** LOWEST_KEPT; index++) {
      scratch.set(node(0, position * 2 ** LOWEST_KEPT + index), index * DIGEST_WORDS);
    }
    for (let width = 2 ** (LOWEST_KEPT - 1); width >= 1; width /= 2) {
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
