import { expect } from "chai";
import { claimStatus, countRight, judgeProposals, rightChild } from "../../src/claims/index.ts";
import type { Claim, ClaimOnL1, ProposedClaim } from "../../src/claims/index.ts";
import { ZERO_ADDRESS, ZERO_HASH } from "../../src/primitives/index.ts";
import { claimId } from "../../src/rollup/index.ts";
import { stateOf } from "./simulated-claims.ts";

const claimOf = (batchCount: number, version = 0): Claim => ({
  claimId: claimId(ZERO_HASH, stateOf(batchCount, version)),
  parentId: ZERO_HASH,
  stateHash: stateOf(batchCount, version),
  batchCount,
});

describe("Judge of claims", () => {
  it("knows the only right child of a claim, if as many batches are derived", () => {
    const stateHashAt = (count: number) => (count > 4 ? undefined : stateOf(count));
    expect(rightChild(ZERO_HASH, 4, stateHashAt)).to.eql(claimOf(4));
    expect(rightChild(ZERO_HASH, 5, stateHashAt)).to.equal(undefined);
  });

  describe("of what is right of a path", () => {
    const path = [0, 1, 2, 3].map((count) => claimOf(count));
    const right = (wrong: number[], final: number, asked: number[] = []) =>
      countRight(
        path,
        (count) => {
          asked.push(count);
          return stateOf(count, wrong.includes(count) ? 1 : 0);
        },
        (count) => count <= final,
      );

    it("takes the claims before the first wrong one", () => {
      expect(right([], 0)).to.equal(4);
      expect(right([3], 0)).to.equal(3);
      expect(right([1], 0)).to.equal(1);
      expect(right([0], -1)).to.equal(0);
    });

    it("looks no further than the last right one whose batches are final", () => {
      const asked: number[] = [];
      expect(right([3], 2, asked)).to.equal(3);
      expect(asked).to.eql([3, 2]);
    });

    it("takes a claim for wrong whose batches are not derived", () => {
      expect(
        countRight(
          path,
          (count) => (count > 2 ? undefined : stateOf(count)),
          () => false,
        ),
      ).to.equal(3);
    });
  });

  describe("of where a claim stands", () => {
    const statusAt = (l1Timestamp: number, status: ClaimOnL1["status"], children: ClaimOnL1["children"] = "single") =>
      claimStatus({ status, proposedAt: 1_000 }, { children }, l1Timestamp, 500);

    it("lets the challenge period end a claim without rivals", () => {
      expect(statusAt(1_499, "proposed")).to.equal("pending");
      expect(statusAt(1_500, "proposed")).to.equal("confirmable");
    });

    it("does not let time end a dispute", () => {
      expect(statusAt(9_999, "proposed", "rivals")).to.equal("disputed");
    });

    it("takes for lost what is forfeited, and what is left beside a confirmed sibling", () => {
      expect(statusAt(0, "forfeited")).to.equal("lost");
      expect(statusAt(9_999, "proposed", "decided")).to.equal("lost");
    });

    it("leaves to L1 what it knows and has confirmed", () => {
      expect(statusAt(0, "confirmed", "decided")).to.equal("confirmed");
      expect(statusAt(0, "unknown")).to.equal("unknown");
    });
  });

  it("tells wrong proposals, right ones, and those it cannot judge yet", () => {
    const seen = (claim: Claim): ProposedClaim => ({ ...claim, proposer: ZERO_ADDRESS, blockNumber: 7 });
    const stateHashAt = (count: number) => (count > 2 ? undefined : stateOf(count));
    const proposals = [claimOf(1), claimOf(2, 1), claimOf(3), claimOf(2, 1)].map(seen);
    expect(judgeProposals(proposals, stateHashAt)).to.eql({
      undecided: [seen(claimOf(3))],
      wrong: [{ ...seen(claimOf(2, 1)), expectedStateHash: stateOf(2) }],
    });
  });
});
