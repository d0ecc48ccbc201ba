import { expect } from "chai";
import { appendSiblings } from "../../../src/machine/proving/append-only-proof.ts";
import {
  EMPTY_APPEND_ONLY_MERKLE_TREE,
  ZERO_HASH,
  appendLeaf,
  keccak256,
  rootFromProof,
} from "../../../src/primitives/index.ts";
import { wordsOf } from "./check-witness.ts";

describe("Siblings of the next leaf", () => {
  it("prove that it is zero, in a tree of any number of leaves that is not full", () => {
    let tree = EMPTY_APPEND_ONLY_MERKLE_TREE;
    for (let count = 0; count <= 70; count++) {
      const siblings = appendSiblings(tree);
      // A tree of 2^n leaves grows by a level.
      if (count === 0 || Number.isInteger(Math.log2(count))) expect(siblings, `${count} leaves`).to.have.length(0);
      else {
        expect(siblings, `${count} leaves`).to.have.length(32 * Math.ceil(Math.log2(count)));
        expect(rootFromProof(ZERO_HASH, count, count + 1, wordsOf(siblings)), `${count} leaves`).to.equal(tree.root);
      }
      tree = appendLeaf(tree, keccak256(Uint8Array.of(count)));
    }
  });
});
