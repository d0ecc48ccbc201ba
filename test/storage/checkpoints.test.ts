import { expect } from "chai";
import { surplusCheckpoints } from "../../src/storage/checkpoints.ts";

describe("Checkpoints of L1 blocks", () => {
  it("stay dense near the synced block and get ever sparser, but reach to the first, whatever the depth", () => {
    const total = 50_000;
    let kept: number[] = [];
    for (let synced = 1; synced <= total; synced++) {
      kept.push(synced);
      const surplus = new Set(surplusCheckpoints(kept, synced));
      kept = kept.filter((number) => !surplus.has(number));
      if (synced % 977 !== 0 && synced !== total) continue;
      const dense = Math.min(257, synced);
      expect(kept.slice(-dense)).to.eql(Array.from({ length: dense }, (_, index) => synced - dense + 1 + index));
      expect(kept[0]).to.equal(1);
      expect(kept.length).to.be.at.most(257 + 16 * 2 * Math.log(Math.max(2, synced / 256)) + 40);
      kept.slice(1).forEach((number, index) => {
        const gap = number - kept[index]!;
        expect(gap, `gap below ${number} at ${synced}`).to.be.at.most(Math.max(1, (synced - kept[index]!) / 16));
      });
    }
  }).timeout(20_000);
});
