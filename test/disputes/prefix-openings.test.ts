/// <reference path="../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import { network } from "hardhat";
import type { Hash } from "../../src/primitives/index.ts";
import { Phase, canonicalStateHash } from "../../src/machine/index.ts";
import type { DisputeLibraries } from "../../types/ethers-contracts/index.ts";
import { ZERO_HASH, stateBefore } from "./dispute-fixture.ts";
import { hashWords } from "./positions.ts";
import { treeOver } from "./views.ts";

const STARTS = 64;
const HEIGHT = 6;

describe("openings of the state before a position, in both languages", function () {
  this.timeout(300_000);
  const first: Hash = hashWords(9);
  const tree = treeOver(
    first,
    Array.from({ length: 50 }, (_, index) => hashWords(1, index)),
  );
  let libraries: DisputeLibraries;
  let ethers: Awaited<ReturnType<typeof network.create>>["ethers"];

  before(async () => {
    ({ ethers } = await network.create());
    libraries = await ethers.deployContract("DisputeLibraries", []);
  });

  const position = (start: number) => ({ level: 1, context: ZERO_HASH, start, height: 0, prefix: tree.prefix(start) });
  const trailingZeros = (start: number): number => {
    let count = 0;
    while (start % 2 ** (count + 1) === 0) count++;
    return count;
  };

  it("every start below 64 is taken with the opening of the trace, and with no other length or state", async () => {
    for (let start = 0; start < STARTS; start++) {
      const opening = stateBefore(tree, start);
      const expected = start === 0 ? 0 : trailingZeros(start);
      expect(opening.siblings.length).to.equal(expected);
      expect(opening.state).to.equal(start === 0 ? first : tree.stateHash(start - 1));
      await libraries.check(opening, position(start));
      const longer = [...opening.siblings, hashWords(2)];
      await expect(libraries.check({ ...opening, siblings: longer }, position(start)))
        .to.be.revertedWithCustomError(libraries, "SiblingsMismatch")
        .withArgs(expected, expected + 1);
      if (expected > 0) {
        await expect(libraries.check({ ...opening, siblings: opening.siblings.slice(1) }, position(start)))
          .to.be.revertedWithCustomError(libraries, "SiblingsMismatch")
          .withArgs(expected, expected - 1);
        const other = [...opening.siblings.slice(1), hashWords(3)];
        await expect(libraries.check({ ...opening, siblings: other }, position(start))).to.be.revertedWithCustomError(
          libraries,
          "WrongStateBefore",
        );
      }
      await expect(
        libraries.check({ ...opening, siblings: [...opening.siblings], state: hashWords(4) }, position(start)),
      ).to.be.revertedWithCustomError(libraries, "WrongStateBefore");
    }
  });

  it("the opening of one start is not that of another", async () => {
    for (let start = 0; start < 16; start++) {
      for (let other = 0; other < 16; other++) {
        if (start === other) continue;
        const opening = stateBefore(tree, start);
        await expect(libraries.check(opening, position(other))).to.be.revert(ethers);
      }
    }
  });

  it("a trace's root is that of its last leaf and as many siblings as it is high, and of no other number", async () => {
    for (let height = 0; height <= HEIGHT; height++) {
      const last = 2 ** height - 1;
      const siblings = tree.proof(last, height);
      expect(await libraries.rootOfLast(tree.stateHash(last), siblings, height)).to.equal(tree.root(0, height));
      for (const wrong of [[...siblings, hashWords(5)], ...(height > 0 ? [siblings.slice(1)] : [])]) {
        await expect(libraries.rootOfLast(tree.stateHash(last), wrong, height))
          .to.be.revertedWithCustomError(libraries, "SiblingsMismatch")
          .withArgs(height, wrong.length);
      }
    }
  });

  it("the boundary states before a batch and after the last are those of the machine", async () => {
    for (const state of [hashWords(6), hashWords(7)]) {
      expect(await libraries.beforeBatch(state)).to.equal(canonicalStateHash(Phase.LoadBatch, state));
      expect(await libraries.halted(state)).to.equal(canonicalStateHash(Phase.Halt, state));
    }
  });
});
