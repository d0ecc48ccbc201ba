import { expect } from "chai";
import { ZERO_ADDRESS } from "../../src/primitives/index.ts";
import { isBindingSpent } from "../../src/proposer/l1-binding.ts";
import { bondOfChild, costOfProposal, countFinalBatches, decideProposal } from "../../src/proposer/proposal.ts";

describe("Proposal of a claim", () => {
  const tip = { nextBatchCount: 5, proposedAt: 1_000 };

  it("waits for batches that are derived and certain, then for the interval since its parent", () => {
    expect(decideProposal(tip, { derived: 4, final: 9 }, 9_999, 60)).to.eql({ kind: "waiting-for-batches" });
    expect(decideProposal(tip, { derived: 9, final: 4 }, 9_999, 60)).to.eql({ kind: "waiting-for-batches" });
    expect(decideProposal(tip, { derived: 5, final: 5 }, 1_059, 60)).to.eql({ kind: "not-due", at: 1_060 });
    expect(decideProposal(tip, { derived: 5, final: 5 }, 1_060, 60)).to.eql({ kind: "propose" });
  });

  it("counts certain batches from the end, and asks about none that is claimed already", () => {
    const asked: number[] = [];
    const count = (derived: number, claimed: number, final: number) =>
      countFinalBatches(derived, claimed, (index) => {
        asked.push(index);
        return index < final;
      });
    expect(count(5, 0, 3)).to.equal(3);
    expect(asked).to.eql([4, 3, 2]);
    expect(count(5, 4, 0)).to.equal(4);
    expect(count(2, 4, 0)).to.equal(2);
  });

  it("needs the bond, and gas at twice the base fee", () => {
    expect(costOfProposal(7n, 10n)).to.equal(7n + 300_000n * 20n);
  });

  it("takes the bond, unless the account's own is on the parent", () => {
    const [account, other] = [`0x${"0a".repeat(20)}`, `0x${"0b".repeat(20)}`] as const;
    expect(bondOfChild({ proposer: account }, account, 7n)).to.equal(0n);
    expect(bondOfChild({ proposer: other }, account, 7n)).to.equal(7n);
    expect(bondOfChild({ proposer: ZERO_ADDRESS }, account, 7n)).to.equal(7n);
  });

  it("is bound to a block until 256 others are after it", () => {
    expect(isBindingSpent(1_000, 1_255)).to.equal(false);
    expect(isBindingSpent(1_000, 1_256)).to.equal(true);
  });
});
