import { expect } from "chai";
import { claimStatus, countRight, judgeClaim, rightChild } from "../../src/claims/index.ts";
import type { Claim, ClaimOnL1 } from "../../src/claims/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import { claimId } from "../../src/rollup/index.ts";
import { stateOf, traceOf } from "./simulated-claims.ts";

const claimOf = (batchCount: number, version = 0): Claim => ({
  claimId: claimId(ZERO_HASH, stateOf(batchCount, version), traceOf(0, batchCount, version)),
  parentId: ZERO_HASH,
  stateHash: stateOf(batchCount, version),
  traceRoot: traceOf(0, batchCount, version),
  batchCount,
});

describe("Judge of claims", () => {
  it("knows the only right child of a claim, of a state and a trace", () => {
    const [stateHash, traceRoot] = [stateOf(4), traceOf(0, 4)];
    expect(rightChild(ZERO_HASH, { stateHash, traceRoot, batchCount: 4 })).to.eql(claimOf(4));
  });

  describe("of what is right of a path", () => {
    const path = [0, 1, 2, 3].map((count) => claimOf(count));
    const right = (wrong: number[], final: number, asked: number[] = []) =>
      countRight(
        path,
        ({ batchCount }, parent) => {
          expect(parent).to.eql(batchCount === 0 ? undefined : claimOf(batchCount - 1));
          asked.push(batchCount);
          return Promise.resolve(!wrong.includes(batchCount));
        },
        (count) => count <= final,
      );

    it("takes the claims before the first wrong one", async () => {
      expect(await right([], 0)).to.equal(4);
      expect(await right([3], 0)).to.equal(3);
      expect(await right([1], 0)).to.equal(1);
      expect(await right([0], -1)).to.equal(0);
    });

    it("looks no further than the last right one whose batches are final", async () => {
      const asked: number[] = [];
      expect(await right([3], 2, asked)).to.equal(3);
      expect(asked).to.eql([3, 2]);
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

  describe("of what a claim says", () => {
    const own = { stateHash: stateOf(2), traceRoot: traceOf(0, 2) };

    it("takes it for right if state and trace are the node's own", () => {
      expect(judgeClaim(claimOf(2), own)).to.eql({ kind: "right" });
    });

    it("takes another state for wrong, whatever the trace, and before there is one", () => {
      const wrong = { kind: "wrong", expectedStateHash: own.stateHash, expectedTraceRoot: undefined };
      for (const traceRoot of [own.traceRoot, traceOf(0, 2, 1)]) {
        expect(judgeClaim({ stateHash: stateOf(2, 1), traceRoot }, own)).to.eql(wrong);
        expect(judgeClaim({ stateHash: stateOf(2, 1), traceRoot }, { ...own, traceRoot: undefined })).to.eql(wrong);
      }
    });

    it("takes the right state by another trace for wrong", () => {
      expect(judgeClaim({ stateHash: own.stateHash, traceRoot: traceOf(0, 2, 1) }, own)).to.eql({
        kind: "wrong",
        expectedStateHash: own.stateHash,
        expectedTraceRoot: own.traceRoot,
      });
    });

    it("is undecided while the node has not derived, or not traced, as far", () => {
      expect(judgeClaim(claimOf(2), { stateHash: undefined, traceRoot: undefined })).to.eql({ kind: "undecided" });
      expect(judgeClaim(claimOf(2), { ...own, traceRoot: undefined })).to.eql({ kind: "undecided" });
    });
  });
});
