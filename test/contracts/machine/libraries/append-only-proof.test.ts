import { expect } from "chai";
import fc from "fast-check";
import {
  EMPTY_APPEND_ONLY_MERKLE_TREE,
  ZERO_HASH,
  appendLeaf,
  keccak256,
  merkleProof,
  merkleRoot,
} from "../../../../src/primitives/index.ts";
import type { Hash } from "../../../../src/primitives/index.ts";
import type { MachineLibraries } from "../../../../types/ethers-contracts/index.ts";
import { deployLibraries, expectRevert } from "./libraries-fixture.ts";

const leafAt = (index: number): Hash => keccak256(Uint8Array.of(index & 0xff, index >> 8, 7));

/** The siblings of the zero leaf that stands at the end of the leaves. */
function openingOf(leaves: readonly Hash[]): Hash[] {
  const count = leaves.length;
  return count === 0 || (count & (count - 1)) === 0 ? [] : [...merkleProof([...leaves, ZERO_HASH], count)];
}

describe("AppendOnlyProof, on chain", () => {
  let libraries: MachineLibraries;
  before(async () => {
    ({ libraries } = await deployLibraries());
  });

  it("grows the tree as AppendOnlyMerkleTree does", async () => {
    let tree = EMPTY_APPEND_ONLY_MERKLE_TREE;
    const leaves: Hash[] = [];
    for (let count = 0; count < 70; count += 1) {
      const root = await libraries.append(merkleRoot(leaves), count, leafAt(count), openingOf(leaves));
      leaves.push(leafAt(count));
      tree = appendLeaf(tree, leafAt(count));
      expect(root, `${count} leaves before`).to.equal(tree.root);
    }
  });

  it("refuses a wrong root, count or sibling, and any sibling too many or too few", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 80 }), fc.nat(), async (count, at) => {
        fc.pre((count & (count - 1)) !== 0);
        const leaves = Array.from({ length: count }, (_, i) => leafAt(i));
        const root = merkleRoot(leaves);
        const siblings = openingOf(leaves);
        const chosen = at % siblings.length;
        const wrong = siblings.map((sibling, i) => (i === chosen ? leafAt(999) : sibling));
        await expectRevert(libraries.append(root, count, leafAt(count), wrong), "AppendNotProven");
        await expectRevert(libraries.append(leafAt(998), count, leafAt(count), siblings), "AppendNotProven");
        // A place that is taken is not the next one.
        await expectRevert(libraries.append(root, count - 1, leafAt(count), siblings));
        await expectRevert(libraries.append(root, count, leafAt(count), siblings.slice(1)), "AppendSiblingsMismatch");
        await expectRevert(
          libraries.append(root, count, leafAt(count), [...siblings, ZERO_HASH]),
          "AppendSiblingsMismatch",
        );
      }),
      { numRuns: 30 },
    );
  });

  it("takes no siblings where root and count say all", async () => {
    for (const count of [0, 1, 2, 64]) {
      await expectRevert(libraries.append(leafAt(1), count, leafAt(2), [ZERO_HASH]), "AppendSiblingsMismatch");
    }
  });
});
