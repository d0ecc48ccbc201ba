import { expect } from "chai";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import { costOfProposal, countFinalBatches, decideProposal } from "../../src/proposer/proposal.ts";

describe("Proposal of a claim", () => {
  const claim = { claimId: ZERO_HASH, parentId: ZERO_HASH, stateHash: ZERO_HASH, batchCount: 5 };
  const tip = { nextBatchCount: 5, proposedAt: 1_000 };

  it("waits for batches that are derived and certain, then for the interval since its parent", () => {
    expect(decideProposal(undefined, tip, 9, 9_999, 60)).to.eql({ kind: "waiting-for-batches" });
    expect(decideProposal(claim, tip, 4, 9_999, 60)).to.eql({ kind: "waiting-for-batches" });
    expect(decideProposal(claim, tip, 5, 1_059, 60)).to.eql({ kind: "not-due", at: 1_060 });
    expect(decideProposal(claim, tip, 5, 1_060, 60)).to.eql({ kind: "propose", claim });
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
});
