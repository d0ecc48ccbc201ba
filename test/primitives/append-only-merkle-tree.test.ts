import { expect } from "chai";
import fc from "fast-check";
import {
  EMPTY_APPEND_ONLY_MERKLE_TREE,
  ZERO_HASH,
  appendLeaf,
  appendLeaves,
  bigintToBytes32,
  bytesToHex,
  hashPair,
  keccak256,
  merkleProof,
  merkleRoot,
  proofLength,
  rootFromProof,
  verifyMerkleProof,
} from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";

const leaf = (value: number): Hash => keccak256(bigintToBytes32(BigInt(value)));
const leaves = (count: number): Hash[] => Array.from({ length: count }, (_, index) => leaf(index));

// The definition, word for word: pad with zero leaves to a power of two and hash the full tree.
function rootByDefinition(list: readonly Hash[]): Hash {
  if (list.length === 0) return ZERO_HASH;
  let width = 1;
  while (width < list.length) width *= 2;
  let level = [...list, ...Array<Hash>(width - list.length).fill(ZERO_HASH)];
  while (level.length > 1)
    level = level.flatMap((node, index) => (index % 2 === 0 ? [hashPair(node, level[index + 1] as Hash)] : []));
  return level[0] as Hash;
}

describe("append-only Merkle tree", () => {
  it("has root 0 without leaves and the leaf itself with one", () => {
    expect(EMPTY_APPEND_ONLY_MERKLE_TREE.root).to.equal(ZERO_HASH);
    expect(appendLeaf(EMPTY_APPEND_ONLY_MERKLE_TREE, leaf(7)).root).to.equal(leaf(7));
    expect(merkleRoot([leaf(7)])).to.equal(leaf(7));
  });

  it("appends to the root of the zero-padded tree for every size up to 70", () => {
    let tree = EMPTY_APPEND_ONLY_MERKLE_TREE;
    for (let count = 1; count <= 70; count++) {
      tree = appendLeaf(tree, leaf(count - 1));
      const list = leaves(count);
      expect(tree.root, `${count} leaves`).to.equal(rootByDefinition(list));
      expect(merkleRoot(list), `${count} leaves`).to.equal(tree.root);
      expect(tree.count).to.equal(count);
    }
  });

  it("appends many leaves as it does one after the other", () => {
    for (const before of [0, 1, 5, 8, 31]) {
      const tree = leaves(before).reduce(appendLeaf, EMPTY_APPEND_ONLY_MERKLE_TREE);
      for (let count = 0; count <= 20; count++) {
        const added = leaves(before + count).slice(before);
        const { root, count: size, frontier } = appendLeaves(tree, added);
        expect({ root, size }).to.eql({ root: merkleRoot(leaves(before + count)), size: before + count });
        expect(appendLeaf({ root, count: size, frontier }, leaf(99)).root).to.equal(
          merkleRoot([...leaves(before + count), leaf(99)]),
        );
      }
    }
  });

  it("does not change the tree it appends to", () => {
    const three = leaves(3).reduce(appendLeaf, EMPTY_APPEND_ONLY_MERKLE_TREE);
    const before = structuredClone(three);
    appendLeaf(three, leaf(9));
    expect(three).to.eql(before);
  });

  it("proves every leaf with exactly ⌈log₂ n⌉ siblings", () => {
    for (let count = 1; count <= 33; count++) {
      const list = leaves(count);
      for (let index = 0; index < count; index++) {
        const proof = merkleProof(list, index);
        expect(proof.length).to.equal(Math.ceil(Math.log2(count)));
        expect(verifyMerkleProof(merkleRoot(list), leaf(index), index, count, proof)).to.equal(true);
      }
    }
  });

  it("rejects a proof for another leaf, index, count or with a changed sibling", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), fc.nat(), (count, a, b) => {
        const list = leaves(count);
        const index = a % count;
        const root = merkleRoot(list);
        const proof = merkleProof(list, index);
        expect(verifyMerkleProof(root, leaf(1000), index, count, proof)).to.equal(false);
        expect(verifyMerkleProof(root, leaf(index), index, count, proof.slice(1))).to.equal(false);
        expect(verifyMerkleProof(root, leaf(index), count, count, proof)).to.equal(false);
        const other = b % count;
        if (other !== index) expect(verifyMerkleProof(root, leaf(index), other, count, proof)).to.equal(false);
        const changed = proof.map((sibling, position) => (position === b % proof.length ? leaf(2000) : sibling));
        expect(verifyMerkleProof(root, leaf(index), index, count, changed)).to.equal(false);
      }),
    );
  });

  it("gives no root for a proof of the wrong length", () => {
    expect(rootFromProof(leaf(0), 0, 4, [])).to.equal(undefined);
    expect(proofLength(4)).to.equal(2);
    expect(proofLength(5)).to.equal(3);
  });

  it("names the bound when asked to prove a leaf that is not there", () => {
    expect(() => merkleProof(leaves(2), 2)).to.throw(RangeError, "expected a leaf index below 2, got 2");
  });
});

describe("bytes", () => {
  it("hashes the empty string to the known Keccak-256 value", () => {
    expect(keccak256(new Uint8Array())).to.equal("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  });

  it("refuses integers that do not fit into 32 bytes", () => {
    expect(() => bigintToBytes32(-1n)).to.throw(RangeError);
    expect(() => bigintToBytes32(2n ** 256n)).to.throw(RangeError);
    expect(bytesToHex(bigintToBytes32(2n ** 256n - 1n))).to.equal(`0x${"ff".repeat(32)}`);
  });
});
