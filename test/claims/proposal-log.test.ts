import { expect } from "chai";
import { createClaimWatch, createProposalLog } from "../../src/claims/index.ts";
import type { ProposedClaim, WrongClaim } from "../../src/claims/index.ts";
import { ZERO_ADDRESS } from "../../src/primitives/index.ts";
import { createTestDisk } from "../l1-transactions/memory-record-store.ts";
import { createSimulatedClaims, stateOf, traceOf } from "./simulated-claims.ts";

describe("Log of proposals", () => {
  const { states, ...simulated } = createSimulatedClaims();
  const first = simulated.propose(states.genesis, 1, 2);
  const second = simulated.propose(first, 2, 3);
  const rival = { ...second, claimId: stateOf(77), traceRoot: traceOf(1, 2, 1) };
  const proposals: ProposedClaim[] = [first, second, rival].map((claim, index) => ({
    ...claim,
    proposer: ZERO_ADDRESS,
    blockNumber: 300 * (index + 1),
  }));
  const START = 100;

  /** A log on an L1 that gives the logs of 200 blocks at once. */
  function open(disk = createTestDisk()) {
    const ranges: (readonly [from: number, to: number])[] = [];
    const log = createProposalLog({
      readProposals: (from, to) => {
        const last = Math.min(to, from + 199);
        ranges.push([from, last]);
        const claims = proposals.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= last);
        return Promise.resolve({ last, claims });
      },
      startBlock: START,
      records: disk.open(),
    });
    const read = async (l1Number: number): Promise<readonly ProposedClaim[]> => {
      const taken: ProposedClaim[] = [];
      await log.read(l1Number, (claims) => Promise.resolve(void taken.push(...claims)));
      return taken;
    };
    return { log, read, ranges };
  }

  it("hands over what is proposed from the deployment on, range by range, and the last 128 blocks again", async () => {
    const { read, ranges } = open();
    expect(await read(650)).to.eql(proposals.slice(0, 2));
    expect(ranges).to.eql([
      [100, 299],
      [300, 499],
      [500, 650],
    ]);
    expect(await read(950)).to.eql(proposals.slice(1));
    expect(ranges[3]).to.eql([651 - 128, 722]);
    // A lower head: L1 may have put other claims there.
    expect(await read(600)).to.eql(proposals.slice(1, 2));
  });

  it("knows a claim by its id and by its parent's, after a restart too", async () => {
    const disk = createTestDisk();
    await open(disk).read(950);
    const { log } = open(disk);
    expect(log.get(first.claimId)).to.eql(proposals[0]);
    expect(log.get(stateOf(5))).to.equal(undefined);
    expect(log.childrenOf(first.claimId)).to.have.deep.members(proposals.slice(1));
    expect(log.childrenOf(second.claimId)).to.eql([]);
  });

  it("hands over again what was not taken", async () => {
    const disk = createTestDisk();
    const { log } = open(disk);
    const failure = await log
      .read(950, (claims) => (claims.length > 0 ? Promise.reject(new Error("killed")) : Promise.resolve()))
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(await open(disk).read(950)).to.eql(proposals);
  });

  describe("with a watch on it", () => {
    function watch({ disk = createTestDisk(), rewinds = { count: 0 } } = {}) {
      const reported: WrongClaim[] = [];
      const asked: number[] = [];
      const watching = createClaimWatch({
        log: open(disk).log,
        states,
        traces: {
          rootOf: (range) => {
            asked.push(range.toBatch);
            return simulated.traces.rootOf(range);
          },
        },
        rewindCount: () => rewinds.count,
        records: disk.open(),
        onWrong: (claim) => reported.push(claim),
      });
      return { watching, reported, asked };
    }
    const wrong = { ...proposals[2], expectedStateHash: stateOf(2), expectedTraceRoot: traceOf(1, 2) };

    it("finds the claim of a right state by a wrong trace, once, and knows it after a restart", async () => {
      const disk = createTestDisk();
      const { watching, reported } = watch({ disk });
      await watching.scan(950);
      await watching.scan(950);
      expect(reported).to.eql([wrong]);
      const again = watch({ disk });
      expect(again.watching.wrongClaims()).to.eql([wrong]);
      await again.watching.scan(950);
      expect(again.reported).to.eql([]);
      expect(again.watching.wrongClaims()).to.eql([wrong]);
    });

    it("judges no claim twice until L1 takes something back, and then all that were wrong", async () => {
      const rewinds = { count: 0 };
      const { watching, asked } = watch({ rewinds });
      await watching.scan(950);
      expect(asked).to.eql([1, 2, 2]);
      await watching.scan(960);
      expect(asked).to.have.length(3);
      rewinds.count++;
      await watching.scan(960);
      expect(asked).to.have.length(4);
      expect(watching.wrongClaims()).to.eql([wrong]);
    });
  });
});
