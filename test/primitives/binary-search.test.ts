import { expect } from "chai";
import fc from "fast-check";
import { partitionPoint, partitionPointAsync } from "../../src/primitives/index.ts";

describe("Binary search", () => {
  it("finds the first index that does not precede", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.nat(250), (low, length, first) => {
        const high = low + length;
        const asked: number[] = [];
        const found = partitionPoint(low, high, (index) => {
          asked.push(index);
          return index < first;
        });
        expect(found).to.equal(Math.min(Math.max(first, low), high));
        for (const index of asked) expect(index).to.be.within(low, high - 1);
        expect(asked.length).to.be.at.most(Math.ceil(Math.log2(length + 1)));
      }),
    );
  });

  it("finds the same when the answers take time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100), fc.nat(100), fc.nat(250), async (low, length, first) => {
        const found = await partitionPointAsync(low, low + length, (index) => Promise.resolve(index < first));
        expect(found).to.equal(partitionPoint(low, low + length, (index) => index < first));
      }),
    );
  });

  it("works on indices above 2^32", () => {
    const first = 2 ** 40 + 3;
    expect(partitionPoint(2 ** 33, 2 ** 52, (index) => index < first)).to.equal(first);
  });
});
