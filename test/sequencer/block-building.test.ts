import { expect } from "chai";
import fc from "fast-check";
import { encodedBlockSize } from "../../src/batch/index.ts";
import type { InboxMessage } from "../../src/rollup/index.ts";
import { chooseSequencerMode, isEmptyDue, nextTime, stepAfter } from "../../src/sequencer/block-scheduler.ts";
import { earliestTimestamp, latestTimestamp, plannedTimestamp } from "../../src/sequencer/block-timestamp.ts";
import { emptyBlockSpace, encodedTransactionSize, fitOf, isFull } from "../../src/sequencer/block-space.ts";
import { areUrgent, countConfirmed } from "../../src/sequencer/due-messages.ts";
import { deposit, hashOf, makeBlock } from "../storage/fixtures.ts";

describe("Space of a block", () => {
  it("is counted in bytes of the encoding, a transaction's size included", () => {
    const raws = [new Uint8Array(3), new Uint8Array(300), new Uint8Array(70_000)];
    const sizes = raws.map((raw) => encodedTransactionSize({ raw }));
    const { bytes } = emptyBlockSpace(100);
    expect(bytes + sizes.reduce((sum, size) => sum + size)).to.equal(
      encodedBlockSize({ timestamp: 0, messages: 0, transactions: raws }),
    );
  });

  it("takes what fits in bytes and gas", () => {
    const space = emptyBlockSpace(1_000);
    const size = 1_000 - space.bytes;
    expect(fitOf(space, size, true)).to.equal("fits");
    expect(fitOf(space, size, false)).to.equal("misfit");
    space.bytes += 1;
    expect(fitOf(space, size, true)).to.equal("misfit");
    expect(fitOf(space, size - 1, true)).to.equal("fits");
  });

  it("is never enough for what is larger than an empty block, whatever its gas", () => {
    const space = emptyBlockSpace(1_000);
    expect(fitOf(space, 1_001 - space.bytes, false)).to.equal("too-large");
  });

  it("ends with the gas of the cheapest transaction, or after 32 transactions that did not fit", () => {
    const space = emptyBlockSpace(1_000);
    expect(isFull(space, 21_000n)).to.equal(false);
    expect(isFull(space, 20_999n)).to.equal(true);
    expect(isFull({ ...space, misfits: 31 }, 21_000n)).to.equal(false);
    expect(isFull({ ...space, misfits: 32 }, 21_000n)).to.equal(true);
  });
});

describe("Messages of the next block", () => {
  const context: InboxMessage = {
    kind: "context",
    index: 0,
    hash: hashOf("context"),
    enqueuedAt: 1_000,
    number: 1,
    timestamp: 1_000,
    baseFee: 1n,
    blobBaseFee: 1n,
    parentHash: hashOf("parent"),
  };

  it("are those that are deep enough in L1", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 12 }), fc.nat(14), fc.nat(12), (blocks, first, confirmed) => {
        const l1Blocks = [...blocks].sort((a, b) => a - b);
        const count = countConfirmed({ first, count: l1Blocks.length }, (index) => l1Blocks[index]! <= confirmed);
        const deep = l1Blocks.filter((block) => block <= confirmed).length;
        expect(count).to.equal(Math.min(Math.max(deep, first), l1Blocks.length));
      }),
    );
  });

  it("are worth a block if one is a deposit", () => {
    const times = { l1Timestamp: 1_000, forceInclusionDelay: 3_600 };
    expect(areUrgent([], times)).to.equal(false);
    expect(areUrgent([context], times)).to.equal(false);
    expect(areUrgent([context, deposit(1)], times)).to.equal(true);
  });

  it("are worth a block if a context has waited half the force-inclusion delay", () => {
    expect(areUrgent([context], { l1Timestamp: 2_799, forceInclusionDelay: 3_600 })).to.equal(false);
    expect(areUrgent([context], { l1Timestamp: 2_800, forceInclusionDelay: 3_600 })).to.equal(true);
  });

  it("are worth one that has its timestamp planned only if one is a deposit: it was planned for something", () => {
    const times = { l1Timestamp: 9_999, forceInclusionDelay: 3_600, isPlanned: true };
    expect(areUrgent([context], times)).to.equal(false);
    expect(areUrgent([context, deposit(1)], times)).to.equal(true);
  });
});

describe("Schedule of blocks", () => {
  it("goes on at once after a block, waits when there is nothing, and pauses after a failure", () => {
    expect(stepAfter(makeBlock(undefined))).to.equal("again");
    expect(stepAfter("nothing")).to.equal("wait");
    expect(stepAfter("failed")).to.equal("pause");
  });

  it("keeps to the interval, and does not make up for missed blocks", () => {
    expect(nextTime(1_000, 2, 1_500)).to.equal(3_000);
    expect(nextTime(1_000, 2, 3_000)).to.equal(3_000);
    expect(nextTime(1_000, 2, 9_500)).to.equal(9_500);
  });

  it("has an empty block on demand when none came for a while, if blocks may be empty", () => {
    const { emptyAfter } = chooseSequencerMode({ blockTime: 0, emptyBlocks: true }) as { emptyAfter: number };
    expect(isEmptyDue({ now: 5_000 + 1_000 * emptyAfter, builtAt: 5_000, emptyAfter })).to.equal(true);
    expect(isEmptyDue({ now: 4_999 + 1_000 * emptyAfter, builtAt: 5_000, emptyAfter })).to.equal(false);
    expect(isEmptyDue({ now: 10 ** 9, builtAt: 0, emptyAfter: undefined })).to.equal(false);
    expect(chooseSequencerMode({ blockTime: 0, emptyBlocks: false })).to.eql({ kind: "on-demand" });
    expect(chooseSequencerMode({ blockTime: 2, emptyBlocks: true })).to.eql({
      kind: "interval",
      seconds: 2,
      empty: true,
    });
  });
});

describe("A timestamp that was asked for", () => {
  const times = { parent: 100_000, l1Timestamp: 200_000 };

  it("is taken where derivation takes it, the past included", () => {
    for (const planned of [150_000, 200_000, 200_900]) expect(plannedTimestamp(planned, times)).to.equal(planned);
  });

  it("is never before the parent, nor so old that there is no time to post it, nor 15 minutes ahead of L1", () => {
    expect(plannedTimestamp(99_999, { ...times, l1Timestamp: 100_500 })).to.equal(100_000);
    expect(plannedTimestamp(1, times))
      .to.equal(earliestTimestamp(times))
      .and.to.equal(200_000 - 86_400 + 3_600);
    expect(plannedTimestamp(300_000, times)).to.equal(latestTimestamp(times)).and.to.equal(200_900);
  });
});
