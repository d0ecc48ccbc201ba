import { hashPair, proofLength, zeroSubtree, ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";

/**
 * The append-only Merkle tree of specification §4 with all leaves, for proofs against any earlier count of leaves. Full
 * subtrees never change, so each is hashed once; a root or proof then takes O(log² n) hashes. About 2 × 66 bytes a leaf.
 */
export interface WithdrawalTree {
  readonly count: number;
  append(leaf: Hash): void;
  /** Forgets the leaves from `count` on. */
  truncate(count: number): void;
  /** Root of the first `count` leaves. */
  root(count: number): Hash;
  /** Siblings of leaf `index` in the tree of the first `count` leaves, lowest first. Throws a RangeError if there is no such leaf. */
  proof(index: number, count: number): Hash[];
}

export function createWithdrawalTree(): WithdrawalTree {
  // levels[h][i]: root of the full subtree over leaves i·2^h … (i+1)·2^h − 1.
  const levels: Hash[][] = [[]];
  const leaves = levels[0] as Hash[];

  function subtree(height: number, position: number, count: number): Hash {
    const size = 2 ** height;
    if (position * size >= count) return zeroSubtree(height);
    if ((position + 1) * size <= count) return levels[height]?.[position] as Hash;
    return hashPair(subtree(height - 1, 2 * position, count), subtree(height - 1, 2 * position + 1, count));
  }

  function checkCount(count: number): void {
    if (!Number.isInteger(count) || count < 0 || count > leaves.length) {
      throw new RangeError(`expected a count of at most ${leaves.length} leaves, got ${count}`);
    }
  }

  return {
    get count() {
      return leaves.length;
    },
    append(leaf) {
      leaves.push(leaf);
      for (let height = 0; (levels[height] as Hash[]).length % 2 === 0; height++) {
        const level = levels[height] as Hash[];
        const above = (levels[height + 1] ??= []);
        if (above.length === level.length / 2) break;
        above.push(hashPair(level[level.length - 2] as Hash, level[level.length - 1] as Hash));
      }
    },
    truncate(count) {
      checkCount(count);
      for (const [height, level] of levels.entries()) level.length = Math.floor(count / 2 ** height);
    },
    root(count) {
      checkCount(count);
      return count === 0 ? ZERO_HASH : subtree(proofLength(count), 0, count);
    },
    proof(index, count) {
      checkCount(count);
      if (!Number.isInteger(index) || index < 0 || index >= count) {
        throw new RangeError(`expected a leaf index below ${count}, got ${index}`);
      }
      return Array.from({ length: proofLength(count) }, (_, height) =>
        subtree(height, Math.floor(index / 2 ** height) ^ 1, count),
      );
    },
  };
}
