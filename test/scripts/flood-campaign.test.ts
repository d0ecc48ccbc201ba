import { expect } from "chai";
import { createFloods } from "../../scripts/flood/floods.ts";
import { openFloodedNode } from "../../scripts/flood/follow-flood.ts";
import { fillBlock, gasOf, lagAfter } from "../../scripts/flood/l1-block.ts";
import { measurePostingCosts } from "../../scripts/flood/posting-costs.ts";

describe("The campaign of floods", () => {
  it("fills an L1 block with as many units as its gas holds, in transactions within L1's limit", () => {
    const cost = { perTransaction: 30_000, perUnit: 28_000.5 };
    for (const gas of [0, 58_000, 58_001, 2 ** 24, 60_000_000]) {
      const transactions = fillBlock(cost, gas);
      expect(gasOf(cost, transactions)).to.be.at.most(gas);
      expect(gas - gasOf(cost, transactions)).to.be.below(cost.perTransaction + cost.perUnit);
      for (const units of transactions) expect(gasOf(cost, [units])).to.be.at.most(2 ** 24);
    }
    expect(fillBlock(cost, 60_000_000).length).to.equal(4);
  });

  it("says that a node is behind by what takes longer than it lasts, less what it catches up", () => {
    expect(lagAfter([3, 5, 11])).to.equal(0);
    expect(lagAfter([20, 15])).to.equal(11);
    expect(lagAfter([20, 6, 1, 13])).to.equal(1);
  });

  it("has a node follow what fits into L1 blocks at measured costs", async function () {
    this.timeout(180_000);
    const costs = await measurePostingCosts();
    const { floods, codes } = createFloods();
    const gas = 1_000_000;
    const node = await openFloodedNode({ costs, codes, accounts: 10, gas });
    try {
      for (const name of ["4,096 empty blocks", "deposits of ETH to new accounts", "empty batches"]) {
        const flood = floods.find((each) => each.name === name);
        if (flood === undefined) throw new Error(`expected a flood of ${name}`);
        const block = await node.follow(flood);
        expect(block.gas).to.be.within(0.9 * gas, gas);
        // A deposit or a batch in a loop takes some 28,000 gas.
        expect(block.units).to.be.within(25, 40);
        expect(block.readSeconds).to.be.above(0);
        expect(block.deriveSeconds).to.be.above(0);
        // What the bucket holds pays for blocks; all deposits are in one.
        expect(block.l2Blocks).to.equal(
          { batches: name === "empty batches" ? 0 : 1_200, messages: 1, "L2 gas": 0 }[flood.unit],
        );
      }
    } finally {
      await node.close();
    }
  });
});
