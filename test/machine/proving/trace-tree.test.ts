import { expect } from "chai";
import fc from "fast-check";
import { treeOfTrace } from "../../../src/machine/index.ts";
import type { TraceTree } from "../../../src/machine/index.ts";
import {
  DIGEST_WORDS,
  digestFromBytes,
  hashPair,
  hexToBytes,
  keccak256,
  merkleProof,
  merkleRoot,
} from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

const BEFORE = keccak256(Buffer.from("before"));
const hashes = Array.from({ length: 1_200 }, (_, index) => keccak256(Buffer.from(`state ${index}`)));

/** A tree over the first `length` hashes, and how many entries were read at most at a time. */
function treeOver(length: number): { readonly tree: TraceTree; readonly largestRead: () => number } {
  let largest = 0;
  const tree = treeOfTrace(BEFORE, {
    length,
    read(first, count, target) {
      expect(first).to.be.at.least(0);
      expect(first + count).to.be.at.most(length);
      largest = Math.max(largest, count);
      for (let index = 0; index < count; index++)
        target.set(digestFromBytes(hexToBytes(hashes[first + index]!)), index * DIGEST_WORDS);
    },
  });
  return { tree, largestRead: () => largest };
}

/** What bisecting the span (0, `top`) down to the entry `start` makes of the prefix. */
function bisectTo(tree: TraceTree, start: number, top: number): Hash {
  let prefix = tree.before;
  let first = 0;
  for (let height = top; height > 0; height--) {
    const { left } = tree.halves(first, height);
    if (start < first + 2 ** (height - 1)) continue;
    prefix = hashPair(prefix, left);
    first += 2 ** (height - 1);
  }
  expect(first).to.equal(start);
  return prefix;
}

/** The root of a tree whose last leaf is `leaf`. */
const foldLast = (leaf: Hash, siblings: readonly Hash[]): Hash =>
  siblings.reduce((node, sibling) => hashPair(sibling, node), leaf);

describe("The tree over a trace", () => {
  it("is the plain Merkle tree of its entries, wherever they are read from and however many there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: hashes.length }), fc.integer({ min: 0, max: 11 }), (length, height) => {
        const { tree } = treeOver(length);
        const entries = Array.from({ length: 2 ** 11 }, (_, index) => hashes[Math.min(index, length - 1)]!);
        for (const start of [0, 2 ** height, 2 ** 11 - 2 ** height].filter((first) => first < 2 ** 11))
          expect(tree.root(start, height)).to.equal(merkleRoot(entries.slice(start, start + 2 ** height)));
        for (const index of [0, length - 1, Math.min(length, 2 ** 11 - 1)]) {
          expect(tree.stateHash(index)).to.equal(entries[index]);
          expect(tree.proof(index, 11)).to.eql(merkleProof(entries, index));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("has as the prefix of any entry what bisecting down to it commits to", () => {
    for (const length of [1, 2, 255, 256, 257, 1_199, 1_200]) {
      const { tree } = treeOver(length);
      for (const start of [0, 1, 2, 3, 5, 127, 128, 255, 256, 300, 511, 512, 1_023, 1_024, 1_500, 2_047]) {
        expect(tree.prefix(start)).to.equal(bisectTo(tree, start, 11));
        expect(tree.prefix(start)).to.equal(bisectTo(tree, start, 32));
      }
    }
  });

  it("opens the last state of a prefix, and of an empty one there is none to open", () => {
    const { tree } = treeOver(700);
    for (const start of [1, 2, 3, 4, 6, 96, 256, 257, 384, 512, 699, 700, 701, 1_024, 3 * 2 ** 30]) {
      const { state, prefix, siblings } = tree.openPrefix(start);
      expect(state).to.equal(tree.stateHash(start - 1));
      expect(start % 2 ** siblings.length).to.equal(0);
      expect((start / 2 ** siblings.length) % 2).to.equal(1);
      expect(hashPair(prefix, foldLast(state, siblings))).to.equal(tree.prefix(start));
    }
    expect(tree.prefix(0)).to.equal(BEFORE);
    expect(() => tree.openPrefix(0)).to.throw(RangeError);
  });

  it("shows the last of 2^32 entries without holding them, and reads no more than 256 at a time", () => {
    const { tree, largestRead } = treeOver(1_000);
    expect(tree.stateHash(2 ** 32 - 1)).to.equal(hashes[999]);
    const siblings = tree.proof(2 ** 32 - 1, 32);
    expect(siblings).to.have.length(32);
    expect(foldLast(hashes[999]!, siblings)).to.equal(tree.root(0, 32));
    expect(largestRead()).to.equal(256);
  });

  it("refuses a trace without entries", () => {
    expect(() => treeOver(0)).to.throw(RangeError);
  });
});
