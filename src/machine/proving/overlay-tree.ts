import type { Digest } from "../../primitives/index.ts";
import { DIGEST_WORDS, digestToBytes, equalDigests, hashPairInto, hasherOf } from "../../primitives/index.ts";
import { concatDigests } from "./buffer-tree.ts";
import { bytesOf, putDigest, putNumber } from "./words.ts";

// The Merkle map of docs/machine.md §4. Versions share nodes, and a node is hashed when a root that needs it is asked for.

interface Leaf {
  readonly kind: "leaf";
  readonly key: Digest;
  /** `abi.encode` of the entry. */
  readonly value: Int32Array;
  readonly valueHash: Digest;
  readonly digest: Digest;
}
interface Inner {
  readonly kind: "inner";
  readonly left: OverlayTree;
  readonly right: OverlayTree;
  digest: Digest | undefined;
}

/** A version of the map; undefined is the one without entries. */
export type OverlayTree = Leaf | Inner | undefined;

/** The path to a key (`OverlayOpening` of contracts/machine/types/Witness.sol). */
export interface OverlayOpening {
  /** 32 bytes each, from the root down. */
  readonly siblings: Uint8Array;
  /** `abi.encode` of the entry; no bytes if the key is absent. */
  readonly value: Uint8Array;
  /** 32 bytes; the leaf in the place of an absent key, else 0. */
  readonly otherKey: Uint8Array;
  readonly otherValue: Uint8Array;
}

const ZERO: Digest = new Int32Array(DIGEST_WORDS);
const LEAF_TAG = 1;

/** 0 for no entry. */
export function overlayRoot(tree: OverlayTree): Digest {
  if (tree === undefined) return ZERO;
  if (tree.kind === "leaf") return tree.digest;
  if (tree.digest !== undefined) return tree.digest;
  const left = overlayRoot(tree.left);
  const right = overlayRoot(tree.right);
  const digest = new Int32Array(DIGEST_WORDS);
  hashPairInto(left, 0, right, 0, digest, 0);
  tree.digest = digest;
  return digest;
}

/** The words of the entry under a key; undefined if it is absent. */
export function getOverlay(tree: OverlayTree, key: Digest): Int32Array | undefined {
  let node = tree;
  for (let depth = 0; node !== undefined; depth++) {
    if (node.kind === "leaf") return equalDigests(node.key, key) ? node.value : undefined;
    node = bitOf(key, depth) === 0 ? node.left : node.right;
  }
  return undefined;
}

/** The version with `value` (a multiple of 8 words; kept, so not to be changed) under `key`. */
export function setOverlay(tree: OverlayTree, key: Digest, value: Int32Array): OverlayTree {
  return insert(tree, 0, leafOf(key, value));
}

function leafOf(key: Digest, value: Int32Array): Leaf {
  const entry = hasherOf(value.byteLength);
  entry.words.set(value);
  entry.hash();
  const valueHash = entry.digest.slice();
  const leaf = hasherOf(96);
  putNumber(leaf.words, 0, LEAF_TAG);
  putDigest(leaf.words, DIGEST_WORDS, key);
  putDigest(leaf.words, 2 * DIGEST_WORDS, valueHash);
  leaf.hash();
  return { kind: "leaf", key, value, valueHash, digest: leaf.digest.slice() };
}

function insert(node: OverlayTree, depth: number, leaf: Leaf): OverlayTree {
  if (node === undefined) return leaf;
  if (node.kind === "leaf") return equalDigests(node.key, leaf.key) ? leaf : split(node, leaf, depth);
  if (bitOf(leaf.key, depth) === 0) return inner(insert(node.left, depth + 1, leaf), node.right);
  return inner(node.left, insert(node.right, depth + 1, leaf));
}

/** Two leaves in one subtree: it goes down until their keys part. */
function split(one: Leaf, other: Leaf, depth: number): Inner {
  const bit = bitOf(one.key, depth);
  if (bit !== bitOf(other.key, depth)) return bit === 0 ? inner(one, other) : inner(other, one);
  const below = split(one, other, depth + 1);
  return bit === 0 ? inner(below, undefined) : inner(undefined, below);
}

function inner(left: OverlayTree, right: OverlayTree): Inner {
  return { kind: "inner", left, right, digest: undefined };
}

/** The path to `key`, present or not. */
export function openOverlay(tree: OverlayTree, key: Digest): OverlayOpening {
  const siblings: Digest[] = [];
  let node = tree;
  while (node?.kind === "inner") {
    const isLeft = bitOf(key, siblings.length) === 0;
    siblings.push(overlayRoot(isLeft ? node.right : node.left));
    node = isLeft ? node.left : node.right;
  }
  const isPresent = node !== undefined && equalDigests(node.key, key);
  return {
    siblings: concatDigests(siblings),
    value: node !== undefined && isPresent ? bytesOf(node.value) : new Uint8Array(),
    otherKey: digestToBytes(node === undefined || isPresent ? ZERO : node.key),
    otherValue: digestToBytes(node === undefined || isPresent ? ZERO : node.valueHash),
  };
}

/** Bit `index` of a key, from the most significant one of its first byte. */
function bitOf(key: Digest, index: number): number {
  return ((key[index >>> 5] as number) >>> (((index >>> 3) & 3) * 8 + 7 - (index & 7))) & 1;
}
