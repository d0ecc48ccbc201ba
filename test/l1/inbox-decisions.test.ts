import { expect } from "chai";
import fc from "fast-check";
import { chooseWitness, findAncestor, judgeChain } from "../../src/l1/inbox/chain-verdict.ts";
import { splitAfter } from "../../src/l1/inbox/entry-storing.ts";
import { HiddenEntriesError, adviceOn, reasonOf } from "../../src/l1/inbox/errors.ts";
import { lowerFinalized, raiseFinalized } from "../../src/l1/inbox/finality.ts";
import { ancestorOfHidden, listsWithHidden } from "../../src/l1/inbox/hidden-entries.ts";
import { addCounts, checkBlocks, checkContinuity } from "../../src/l1/inbox/inbox-entries.ts";
import { checkLink, mayHoldLogs } from "../../src/l1/inbox/linked-reading.ts";
import { lookInterval } from "../../src/l1/inbox/look-interval.ts";
import { nextRead } from "../../src/l1/inbox/next-read.ts";
import { problemOf } from "../../src/l1/inbox/status.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { InboxEvent, L1BlockReference } from "../../src/storage/index.ts";

/** Of block `number` on the chain `fork`. */
const hashOf = (number: number, fork = 0): Hash => `0x${fork.toString(16)}${number.toString(16).padStart(63, "0")}`;
const block = (number: number, fork = 0): L1BlockReference => ({ number, hash: hashOf(number, fork) });

describe("What the Inbox reader reads next", () => {
  it("begins where the Inbox was deployed, and goes on after the synced block", () => {
    expect(nextRead(undefined, 10, 20)).to.eql({ kind: "linked", from: 10 });
    expect(nextRead(block(14), 10, 20)).to.eql({ kind: "linked", from: 15 });
  });

  it("is nothing once the target is read", () => {
    expect(nextRead(block(20), 10, 20)).to.equal(undefined);
    expect(nextRead(block(25), 10, 20)).to.equal(undefined);
    expect(nextRead(block(19), 10, 20)).to.eql({ kind: "linked", from: 20 });
  });

  it("is a range as long as more than 32 blocks are missing, which leaves the last 32 to be read one by one", () => {
    expect(nextRead(block(99), 10, 131)).to.eql({ kind: "linked", from: 100 });
    expect(nextRead(block(99), 10, 132)).to.eql({ kind: "range", from: 100, to: 100 });
    expect(nextRead(block(99), 10, 5_000)).to.eql({ kind: "range", from: 100, to: 4_968 });
  });

  it("is looked for more seldom while looks fail, up to sixteen intervals or half a minute", () => {
    expect([0, 1, 2, 3, 4, 5, 100].map((failed) => lookInterval(1, failed))).to.eql([1, 2, 4, 8, 16, 16, 16]);
    expect([0, 3, 4].map((failed) => lookInterval(2, failed))).to.eql([2, 16, 30]);
    expect([0, 9].map((failed) => lookInterval(45, failed))).to.eql([45, 45]);
  });
});

describe("Whether L1 still has what was read", () => {
  const judge = (view: Partial<Parameters<typeof judgeChain>[0]>) =>
    judgeChain({ synced: block(50), target: 60, witness: block(50), behindFor: 0, lagTolerance: 30, ...view });

  it("shows at the synced block or, if L1 does not reach it, at the highest checkpoint that L1 reaches", () => {
    const checkpoints = [block(50), block(48), block(40)];
    const unexpected = () => expect.fail("the checkpoints are not needed");
    expect(chooseWitness(block(50), 60, unexpected)).to.eql(block(50));
    expect(chooseWitness(block(50), 50, unexpected)).to.eql(block(50));
    expect(chooseWitness(block(50), 49, () => checkpoints)).to.eql(block(48));
    expect(chooseWitness(block(50), 48, () => checkpoints)).to.eql(block(48));
    expect(chooseWitness(block(50), 39, () => checkpoints)).to.equal(undefined);
  });

  it("is so if L1 has the synced block", () => {
    expect(judge({})).to.eql({ kind: "same" });
    expect(judge({ target: 50 })).to.eql({ kind: "same" });
  });

  it("is not so if it has another in its place, or in that of a block further below", () => {
    expect(judge({ witness: undefined })).to.eql({ kind: "reorganized", limit: 50 });
    expect(judge({ witness: undefined, target: 45 })).to.eql({ kind: "reorganized", limit: 45 });
    expect(judge({ witness: undefined, target: 45, behindFor: 31 })).to.eql({ kind: "reorganized", limit: 45 });
  });

  it("is unknown while L1 ends below it, until that has lasted too long", () => {
    const lagging = { target: 45, witness: block(44) };
    expect(judge({ ...lagging, behindFor: 0 })).to.eql({ kind: "behind" });
    expect(judge({ ...lagging, behindFor: 29.999 })).to.eql({ kind: "behind" });
    expect(judge({ ...lagging, behindFor: 30 })).to.eql({ kind: "gone", ancestor: block(44) });
    expect(judge({ ...lagging, lagTolerance: 0 })).to.eql({ kind: "gone", ancestor: block(44) });
  });

  it("up to a common ancestor, which is found in few questions where it is near the top", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.nat(300), async (count, gone) => {
        const candidates = Array.from({ length: count }, (_, index) => block(1_000 - index));
        const asked: number[] = [];
        const ancestor = await findAncestor(candidates, ({ number }) => {
          asked.push(number);
          return Promise.resolve(number <= 1_000 - gone);
        });
        expect(ancestor).to.eql(gone < count ? block(1_000 - gone) : undefined);
        expect(asked.length).to.be.at.most(2 * Math.ceil(Math.log2(gone + 2)) + 1);
      }),
    );
  });
});

describe("What the Inbox's counts say against its logs", () => {
  it("is which of its lists has entries that no log shows", () => {
    const counts = { batches: 3, messages: 5 };
    expect(listsWithHidden(counts, counts)).to.eql([]);
    expect(listsWithHidden(counts, { batches: 4, messages: 6 })).to.eql([]);
    expect(listsWithHidden(counts, { batches: 2, messages: 5 })).to.eql(["batches"]);
    expect(listsWithHidden(counts, { batches: 9, messages: 4 })).to.eql(["messages"]);
    expect(listsWithHidden(counts, { batches: 0, messages: 0 })).to.eql(["batches", "messages"]);
  });

  it("counts the entries stored and those read after them", () => {
    const entries = [{ kind: "message" }, { kind: "batch" }, { kind: "message" }] as const;
    expect(addCounts({ batches: 3, messages: 5 }, entries)).to.eql({ batches: 4, messages: 7 });
    expect(addCounts({ batches: 3, messages: 5 }, [])).to.eql({ batches: 3, messages: 5 });
  });

  it("sends the reader back to the last entry known, and before its block every other time", () => {
    const checkpoints = [block(90), block(70), block(60), block(50)];
    const from = (looks: number, ...last: (L1BlockReference | undefined)[]) =>
      ancestorOfHidden(last, looks, checkpoints);
    expect(from(1, block(60))).to.eql(block(60));
    expect(from(2, block(60))).to.eql(block(50));
    expect(from(3, block(60))).to.eql(block(60));
    expect(from(1, block(70), block(60))).to.eql(block(60));
    expect(from(1, block(60), block(70))).to.eql(block(60));
    expect(from(2, block(70), block(90))).to.eql(block(60));
    expect(from(2, block(50))).to.equal(undefined);
  });

  it("sends it back to the start if a list has entries and none was read", () => {
    expect(ancestorOfHidden([undefined], 1, [block(90)])).to.equal(undefined);
    expect(ancestorOfHidden([block(80), undefined], 1, [block(90)])).to.equal(undefined);
    expect(ancestorOfHidden([undefined, block(80)], 2, [block(70)])).to.equal(undefined);
  });

  it("is one trouble however many are hidden, with one remedy", () => {
    const errors = [1, 2].map(
      (batches) => new HiddenEntriesError(block(9), { batches, messages: 0 }, { batches: 0, messages: 0 }),
    );
    expect(errors.map(reasonOf)).to.eql(["hidden logs", "hidden logs"]);
    expect(adviceOn(errors[0])).to.equal("; use an L1 endpoint that gives all logs of its chain");
    expect([reasonOf(new Error("no L1")), adviceOn(new Error("no L1"))]).to.eql(["no L1", ""]);
  });
});

describe("Entries of the Inbox", () => {
  const entry = (kind: "message" | "batch", index: number, number = 1): InboxEvent =>
    ({ kind, [kind]: { index }, block: block(number), transactionHash: hashOf(0) }) as unknown as InboxEvent;

  it("continue the lists of their kind, each without a gap", () => {
    const stored = { messages: 7, batches: 2 };
    const check = (...entries: InboxEvent[]) => checkContinuity(stored, entries);
    check();
    check(entry("message", 7), entry("batch", 2), entry("message", 8), entry("batch", 3));
    const keptBack = (kind: string, expected: number, actual: number) =>
      `expected ${kind} ${expected} of the Inbox, got ${actual}: the L1 endpoint kept entries back`;
    expect(() => check(entry("message", 8))).to.throw(keptBack("message", 7, 8));
    expect(() => check(entry("batch", 2), entry("batch", 2))).to.throw(keptBack("batch", 3, 2));
    expect(() => check(entry("message", 7), entry("batch", 4))).to.throw(keptBack("batch", 2, 4));
  });

  it("are of the blocks that were asked for", () => {
    checkBlocks([{ block: block(5) }, { block: block(9) }], 5, 9);
    for (const number of [4, 10]) {
      expect(() => checkBlocks([{ block: block(7) }, { block: block(number) }], 5, 9)).to.throw(
        `expected logs of L1 blocks 5 to 9, got one of block ${number}`,
      );
    }
  });

  it("are stored up to the end of a block", () => {
    const entries = [entry("message", 0, 3), entry("batch", 0, 4), entry("message", 1, 4), entry("message", 2, 5)];
    expect(splitAfter(entries, block(4))).to.eql({ finished: entries.slice(0, 3), unfinished: entries.slice(3) });
    expect(splitAfter(entries, block(2))).to.eql({ finished: [], unfinished: entries });
  });
});

describe("An L1 block among the last ones", () => {
  const child = { number: 6, hash: hashOf(6), parentHash: hashOf(5) };

  it("is the child of the one before it, if one was read", () => {
    checkLink(child, hashOf(5), block(9));
    checkLink(child, undefined, block(9));
    expect(() => checkLink(child, hashOf(5, 1), block(9))).to.throw(
      `expected L1 block 6 to be a child of ${hashOf(5, 1)}, its parent is ${hashOf(5)}`,
    );
  });

  it("is the target if it has its number", () => {
    checkLink(child, hashOf(5), block(6));
    expect(() => checkLink(child, hashOf(5), block(6, 1))).to.throw(
      `expected L1 block 6 to be ${hashOf(6, 1)}, got ${hashOf(6)}`,
    );
  });

  it("is not asked for logs if its bloom lacks the Inbox, as long as blooms are trusted", () => {
    const address = "0x1111111111111111111111111111111111111111";
    const empty = { logsBloom: `0x${"00".repeat(256)}` } as const;
    expect(mayHoldLogs(empty, address, true)).to.equal(false);
    expect(mayHoldLogs(empty, address, false)).to.equal(true);
    expect(mayHoldLogs({ logsBloom: `0x${"ff".repeat(256)}` }, address, true)).to.equal(true);
    expect(mayHoldLogs({ logsBloom: undefined }, address, true)).to.equal(true);
  });
});

describe("What is final of the blocks read", () => {
  it("rises with L1, never beyond what is read and never back", () => {
    expect(raiseFinalized(undefined, 40, block(50))).to.equal(40);
    expect(raiseFinalized(undefined, 60, block(50))).to.equal(50);
    expect(raiseFinalized(45, 40, block(50))).to.equal(45);
    expect(raiseFinalized(45, 48, block(50))).to.equal(48);
  });

  it("stays if L1 names no block, or the chain is shorter than the depth asked for", () => {
    for (const before of [undefined, 45]) {
      expect(raiseFinalized(before, undefined, block(50))).to.equal(before);
      expect(raiseFinalized(before, -3, block(50))).to.equal(before);
    }
    expect(raiseFinalized(undefined, 0, block(50))).to.equal(0);
  });

  it("falls with a rewind to below it only", () => {
    expect(lowerFinalized(45, block(46))).to.equal(45);
    expect(lowerFinalized(45, block(44))).to.equal(44);
    expect(lowerFinalized(45, undefined)).to.equal(0);
    expect(lowerFinalized(undefined, block(44))).to.equal(undefined);
  });
});

describe("The problem of the Inbox reader", () => {
  const caughtUp = { hidden: undefined, caughtUpAt: 1_000_000, headSeenAt: 1_000_000, l1Head: block(9) };
  const every = (pollInterval: number) => ({ pollInterval, longestSilence: undefined });

  it("is that nothing was read yet, or for a minute or three poll intervals", () => {
    expect(problemOf({ ...caughtUp, caughtUpAt: undefined }, 0, every(2))).to.equal(
      "L1 has not been read to its head yet",
    );
    expect(problemOf(caughtUp, 1_060_000, every(2))).to.equal(undefined);
    expect(problemOf(caughtUp, 1_061_500, every(2))).to.equal("L1 has not been read to its head for 61 s");
    expect(problemOf(caughtUp, 1_090_000, every(30))).to.equal(undefined);
    expect(problemOf(caughtUp, 1_091_000, every(30))).to.equal("L1 has not been read to its head for 91 s");
  });

  it("is that L1 stays at a block for longer than it may, where that is known", () => {
    const read = { ...caughtUp, caughtUpAt: 1_180_000 };
    const settings = { pollInterval: 2, longestSilence: 180 };
    expect(problemOf(read, 1_180_000, settings)).to.equal(undefined);
    expect(problemOf(read, 1_181_000, settings)).to.equal(
      "L1 has had no new block for 181 s: its endpoint stays at block 9",
    );
    expect(problemOf(read, 1_181_000, every(2))).to.equal(undefined);
  });

  it("is that entries are hidden, before all else", () => {
    const hidden = new HiddenEntriesError(block(9), { batches: 2, messages: 1 }, { batches: 1, messages: 1 });
    expect(problemOf({ ...caughtUp, hidden }, 1_000_000, every(2))).to.equal(
      "the L1 endpoint hides logs: at L1 block 9 the Inbox has 2 batches and 1 messages, its logs show 1 and 1",
    );
  });
});
