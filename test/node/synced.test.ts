import { expect } from "chai";
import { SYNCED_LAG, whyNotSynced } from "../../src/node/index.ts";
import type { SyncStatus } from "../../src/node/index.ts";

const block = (number: number) => ({ number, hash: `0x${number.toString(16).padStart(64, "0")}` as const });
const synced: SyncStatus = {
  l1Head: block(100),
  l1Synced: block(100),
  batchCount: 5,
  derivedBatchCount: 5,
  underivedSince: undefined,
  messageCount: 9,
  latest: 7,
  safe: 7,
  finalized: 0,
};

describe("Whether a node is synced", () => {
  it("is said of one that has read and derived what L1 has, with or without a final block", () => {
    expect(whyNotSynced(synced)).to.equal(undefined);
    expect(whyNotSynced({ ...synced, l1Synced: block(100 - SYNCED_LAG) })).to.equal(undefined);
  });

  it("is said of one that has yet to derive a batch it has just read", () => {
    const behind = { ...synced, derivedBatchCount: 4 };
    expect(whyNotSynced({ ...behind, underivedSince: 100 })).to.equal(undefined);
    expect(whyNotSynced({ ...behind, underivedSince: 101 - SYNCED_LAG })).to.equal(undefined);
  });

  it("is denied with the reason", () => {
    const cases: readonly (readonly [Partial<SyncStatus>, string])[] = [
      [{ l1Problem: "the L1 endpoint hides logs" }, "the L1 endpoint hides logs"],
      [{ l1Head: undefined }, "L1 has not been read yet"],
      [{ l1Synced: undefined }, "L1 has not been read yet"],
      [{ l1Synced: block(99 - SYNCED_LAG) }, `${SYNCED_LAG + 1} blocks of L1 are still to be read`],
      [{ derivedBatchCount: 3, underivedSince: 100 - SYNCED_LAG }, "2 batches are still to be derived"],
    ];
    for (const [status, reason] of cases) expect(whyNotSynced({ ...synced, ...status })).to.equal(reason);
  });
});
