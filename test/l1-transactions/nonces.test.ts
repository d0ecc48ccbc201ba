import { expect } from "chai";
import fc from "fast-check";
import { findGap, noncesOfGap } from "../../src/l1/transactions/nonce-gap.ts";
import { findFirstBlock } from "../../src/l1/transactions/nonce-search.ts";
import { nonceAfter } from "../../src/l1/transactions/nonces.ts";

describe("Nonces of L1 transactions", () => {
  it("follow both those given out and those L1 has pending", () => {
    expect(nonceAfter([], 0)).to.equal(0);
    expect(nonceAfter([3, 4], 2)).to.equal(5);
    expect(nonceAfter([3, 4], 9)).to.equal(9);
  });

  it("leave a gap when L1 wants one below the lowest of ours that is not used up", () => {
    expect(findGap([], 4, undefined, 0)).to.equal(undefined);
    expect(findGap([4, 5], 4, undefined, 0)).to.equal(undefined);
    expect(findGap([2, 3], 4, undefined, 0)).to.equal(undefined);
    const gap = findGap([2, 7], 4, undefined, 50);
    expect(gap).to.eql({ nonce: 4, since: 50 });
    expect(noncesOfGap(gap!, [2, 7])).to.eql([4, 5, 6]);
  });

  it("keep the time of a gap while L1 wants the same", () => {
    const known = { nonce: 4, since: 50 };
    expect(findGap([7], 4, known, 90)).to.equal(known);
    expect(findGap([7], 5, known, 90)).to.eql({ nonce: 5, since: 90 });
    expect(findGap([4], 4, known, 90)).to.equal(undefined);
  });

  it("are found in the first block in which they are used up, with few questions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100_000 }), fc.nat(), async (highest, random) => {
        const first = 1 + (random % highest);
        let questions = 0;
        const found = await findFirstBlock(highest, async (block) => {
          questions++;
          return block >= first;
        });
        expect(found).to.equal(first);
        expect(questions).to.be.at.most(2 * Math.ceil(Math.log2(highest - first + 2)) + 1);
      }),
    );
    expect(await findFirstBlock(0, async () => true)).to.equal(0);
  });
});
