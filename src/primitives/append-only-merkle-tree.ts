import { concatBytes, hexToBytes } from "./bytes.ts";
import { ZERO_HASH } from "./hex.ts";
import type { Hash } from "./hex.ts";
import { keccak256 } from "./keccak.ts";

/**
 * Append-only binary Merkle tree (specification §4), twin of `contracts/libraries/AppendOnlyMerkleTree.sol`.
 *
 * `count` leaves are padded with zero leaves to the smallest power of two ≥ `count`; inner node keccak256(left ‖ right);
 * no leaf ⇒ root 0; one leaf ⇒ root is the leaf. A proof has exactly ⌈log₂ count⌉ siblings, lowest first.
 */
export interface AppendOnlyMerkleTree {
  readonly count: number;
  /**
   * At level h, the root of the last full subtree of 2^h leaves that has no right sibling yet; meaningful where bit h of
   * `count` is set. At most 64 levels.
   */
  readonly frontier: readonly Hash[];
  readonly root: Hash;
}

export const EMPTY_APPEND_ONLY_MERKLE_TREE: AppendOnlyMerkleTree = { count: 0, frontier: [], root: ZERO_HASH };

/** keccak256(left ‖ right). */
export function hashPair(left: Hash, right: Hash): Hash {
  return keccak256(concatBytes([hexToBytes(left), hexToBytes(right)]));
}

const zeroSubtrees: Hash[] = [ZERO_HASH];

/** Root of a full subtree of 2^level zero leaves. */
export function zeroSubtree(level: number): Hash {
  for (let known = zeroSubtrees.length; known <= level; known++) {
    const below = zeroSubtrees[known - 1] as Hash;
    zeroSubtrees.push(hashPair(below, below));
  }
  return zeroSubtrees[level] as Hash;
}

/** ⌈log₂ count⌉: the number of siblings of a proof; 0 for trees of at most one leaf. */
export function proofLength(count: number): number {
  let length = 0;
  while (2 ** length < count) length++;
  return length;
}

/**
 * The tree with one more leaf; two hashes a level at most. The contract's tree holds 2^64 − 1 leaves; this one throws a
 * RangeError where its count would no longer be exact, at 2^53 − 1.
 */
export function appendLeaf(tree: AppendOnlyMerkleTree, leaf: Hash): AppendOnlyMerkleTree {
  return appendLeaves(tree, [leaf]);
}

/** The tree with these leaves behind; as `appendLeaf`, for two hashes a leaf and two a level. */
export function appendLeaves(tree: AppendOnlyMerkleTree, leaves: readonly Hash[]): AppendOnlyMerkleTree {
  if (leaves.length === 0) return tree;
  const frontier = [...tree.frontier];
  let { count } = tree;
  for (const leaf of leaves) {
    if (count >= Number.MAX_SAFE_INTEGER) throw new RangeError(`tree is full: ${count} leaves`);
    let level = 0;
    let node = leaf;
    while (Math.floor(count / 2 ** level) % 2 === 1) {
      node = hashPair(frontier[level] as Hash, node);
      level++;
    }
    frontier[level] = node;
    count++;
  }
  return { count, frontier, root: rootOfFrontier(count, frontier) };
}

// The lowest set bit of `count` names the subtree that ends at the last leaf; everything right of it is zero padding.
function rootOfFrontier(count: number, frontier: readonly Hash[]): Hash {
  const depth = proofLength(count);
  let level = 0;
  while (Math.floor(count / 2 ** level) % 2 === 0) level++;
  let node = frontier[level] as Hash;
  for (; level < depth; level++) {
    const isRight = Math.floor((count - 1) / 2 ** level) % 2 === 1;
    node = isRight ? hashPair(frontier[level] as Hash, node) : hashPair(node, zeroSubtree(level));
  }
  return node;
}

/** Root of the tree over `leaves`; n − 1 hashes and the padding's. */
export function merkleRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return ZERO_HASH;
  let level: readonly Hash[] = leaves;
  for (let height = 0; level.length > 1; height++) level = parents(level, height);
  return level[0] as Hash;
}

/** The ⌈log₂ n⌉ siblings of leaf `index` of `leaves`, lowest first. Throws a RangeError if there is no such leaf. */
export function merkleProof(leaves: readonly Hash[], index: number): Hash[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`expected a leaf index below ${leaves.length}, got ${index}`);
  }
  const siblings: Hash[] = [];
  let level: readonly Hash[] = leaves;
  let position = index;
  for (let height = 0; level.length > 1; height++) {
    siblings.push(level[position % 2 === 0 ? position + 1 : position - 1] ?? zeroSubtree(height));
    level = parents(level, height);
    position = Math.floor(position / 2);
  }
  return siblings;
}

/** The root that `proof` gives for `leaf` at `index` in a tree of `count` leaves; undefined if the shape is wrong. */
export function rootFromProof(leaf: Hash, index: number, count: number, proof: readonly Hash[]): Hash | undefined {
  if (index < 0 || index >= count || proof.length !== proofLength(count)) return undefined;
  let node = leaf;
  let position = index;
  for (const sibling of proof) {
    node = position % 2 === 0 ? hashPair(node, sibling) : hashPair(sibling, node);
    position = Math.floor(position / 2);
  }
  return node;
}

/** Whether `proof` shows `leaf` at `index` in the tree of `count` leaves with this root. */
export function verifyMerkleProof(
  root: Hash,
  leaf: Hash,
  index: number,
  count: number,
  proof: readonly Hash[],
): boolean {
  return rootFromProof(leaf, index, count, proof) === root;
}

function parents(level: readonly Hash[], height: number): Hash[] {
  const result: Hash[] = [];
  for (let position = 0; position < level.length; position += 2) {
    result.push(hashPair(level[position] as Hash, level[position + 1] ?? zeroSubtree(height)));
  }
  return result;
}
