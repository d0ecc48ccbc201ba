import { expect } from "chai";
import { BatcherError } from "../../src/batcher/index.ts";
import type { PostingPrices } from "../../src/batcher/index.ts";
import { choosePostingCall } from "../../src/batcher/posting-call.ts";
import { postingReason } from "../../src/batcher/posting-reason.ts";
import type { PostingSituation } from "../../src/batcher/posting-reason.ts";
import { whatIsMissing } from "../../src/batcher/posting.ts";
import { resolveSettings } from "../../src/batcher/settings.ts";
import { coverOverdue, mayMoveContext, openMessage } from "../../src/batcher/unread-messages.ts";
import { MESSAGE_KINDS, messageBodyHash } from "../../src/rollup/index.ts";
import type { InboxMessage } from "../../src/rollup/index.ts";

const settings = { targetPayloadBytes: 1_000, interval: 60, inclusionMargin: 100, forceInclusionDelay: 1_000 };

describe("The reason to post a batch", () => {
  const quiet: PostingSituation = {
    requested: false,
    full: false,
    payloadBound: 999,
    since: 5_000_000,
    firstBlockTimestamp: 5_000,
    firstUnread: { enqueuedAt: 5_000 },
    l1Timestamp: 5_000,
    now: 5_000_000,
  };
  const reason = (changes: Partial<PostingSituation>) => postingReason({ ...quiet, ...changes }, settings);

  it("is none as long as nothing presses", () => {
    expect(reason({})).to.equal(undefined);
  });

  it("is a request before anything else", () => {
    expect(reason({ requested: true, full: true })).to.equal("requested");
  });

  it("is a size that is reached", () => {
    expect(reason({ payloadBound: 1_000 })).to.equal("size");
    expect(reason({ full: true })).to.equal("size");
  });

  it("is the age of the first block, by its time or since it was seen", () => {
    expect(reason({ now: 5_059_999 })).to.equal(undefined);
    expect(reason({ now: 5_060_000 })).to.equal("interval");
    expect(reason({ since: 4_940_000, firstBlockTimestamp: 9_000 })).to.equal("interval");
  });

  it("is a message that would be overdue within twice the margin", () => {
    expect(reason({ l1Timestamp: 5_799 })).to.equal(undefined);
    expect(reason({ l1Timestamp: 5_800 })).to.equal("inclusion");
    expect(reason({ l1Timestamp: 5_800, firstUnread: undefined })).to.equal(undefined);
  });
});

describe("The messages a batch reads and opens", () => {
  const message = (index: number, enqueuedAt: number): InboxMessage => ({
    kind: "context",
    index,
    enqueuedAt,
    hash: `0x${"00".repeat(32)}`,
    number: 1,
    timestamp: 1,
    baseFee: 1n,
    blobBaseFee: 1n,
    parentHash: `0x${"11".repeat(32)}`,
  });
  const messages = [message(0, 100), message(1, 200), message(2, 900)];
  const getMessage = (index: number) => messages[index];

  it("are those of its blocks, and those that are almost overdue", () => {
    const upTo = (l1Timestamp: number) => coverOverdue(0, { messageCount: 3, l1Timestamp }, getMessage, settings);
    expect([999, 1_000, 1_100, 1_800].map(upTo)).to.eql([0, 1, 2, 3]);
    expect(coverOverdue(1, { messageCount: 3, l1Timestamp: 0 }, getMessage, settings)).to.equal(1);
    expect(coverOverdue(0, { messageCount: 1, l1Timestamp: 9_999 }, getMessage, settings)).to.equal(1);
  });

  const recent = { messageCount: 3, l1Timestamp: 1_000, lastContextIndex: 1, lastContextAt: 900 };
  const opening = (upTo: number, view: typeof recent, contextMayMove = false) =>
    openMessage(upTo, view, contextMayMove, getMessage, settings);

  it("are not opened if a recent context is read", () => {
    expect(opening(1, recent)).to.equal(undefined);
    expect(opening(0, recent)).to.have.property("enqueuedAt", 100n);
    expect(opening(1, { ...recent, lastContextAt: 99 })).to.have.property("enqueuedAt", 200n);
  });

  it("are opened by the first unread one if the context may move before the batch is mined", () => {
    expect(opening(1, recent, true)).to.eql({
      enqueuedAt: 200n,
      kind: MESSAGE_KINDS.context,
      bodyHash: messageBodyHash(messages[1]!),
    });
    expect(opening(3, { ...recent, messageCount: 4 }, true)).to.equal("unknown");
  });

  it("are opened by the last one read, if it is recent, where the batch reads all there are", () => {
    expect(opening(3, recent, true)).to.have.property("enqueuedAt", 900n);
    expect(opening(3, { ...recent, l1Timestamp: 1_799 }, true)).to.have.property("enqueuedAt", 900n);
    expect(opening(3, { ...recent, l1Timestamp: 1_800 }, true)).to.equal(undefined);
    expect(opening(0, { ...recent, messageCount: 0 }, true)).to.equal(undefined);
  });

  it("may see the context moved by others where anyone may post, or a message may be forced", () => {
    const view = { messagesRead: 1, l1Timestamp: 1_000, selfSequencingFrom: 2_000 };
    const moves = (changes: Partial<typeof view>) => mayMoveContext({ ...view, ...changes }, getMessage, settings);
    expect(moves({})).to.equal(false);
    expect(moves({ selfSequencingFrom: 1_101 })).to.equal(false);
    expect(moves({ selfSequencingFrom: 1_100 })).to.equal(true);
    expect(moves({ l1Timestamp: 1_099 })).to.equal(false);
    expect(moves({ l1Timestamp: 1_100 })).to.equal(true);
    expect(moves({ messagesRead: 3 })).to.equal(false);
  });
});

describe("The call that posts a batch", () => {
  const content = (bytes: number) => ({
    payload: new Uint8Array(bytes).fill(1),
    messagesUpTo: 0,
    opening: undefined,
  });
  const cheapBlobs: PostingPrices = { gasPrice: 100n, blobGasPrice: 1n };
  const dearBlobs: PostingPrices = { gasPrice: 1n, blobGasPrice: 100_000n };

  it("is what was asked for", () => {
    expect(choosePostingCall(content(10), "calldata", cheapBlobs)).to.include({ kind: "calldata" });
    const blobs = choosePostingCall(content(10), "blobs", dearBlobs);
    expect(blobs).to.include({ kind: "blobs" });
    expect(blobs.blobs).to.have.length(1);
  });

  it("costs less than the other if none was asked for", () => {
    for (const prices of [cheapBlobs, dearBlobs]) {
      const { kind, costs } = choosePostingCall(content(50_000), "auto", prices);
      expect(kind).to.equal(costs!.asBlobs < costs!.asCalldata ? "blobs" : "calldata");
      expect(kind).to.equal(prices === cheapBlobs ? "blobs" : "calldata");
    }
  });

  it("takes calldata without a price of blobs, and blobs for what exceeds calldata", () => {
    expect(choosePostingCall(content(50_000), "auto", undefined).kind).to.equal("calldata");
    expect(choosePostingCall(content(65_536), "auto", dearBlobs).kind).to.equal("calldata");
    expect(choosePostingCall(content(65_537), "auto", dearBlobs).kind).to.equal("blobs");
  });
});

describe("What keeps a batch from being posted", () => {
  it("is an Inbox with other batches than the node expects, or fewer messages than the blocks read", () => {
    const expected = { batches: 3, lastBlock: 9, messages: 4 };
    expect(whatIsMissing({ batchCount: 3, messageCount: 4 }, expected)).to.equal(undefined);
    expect(whatIsMissing({ batchCount: 4, messageCount: 4 }, expected)).to.equal("the Inbox has 4 batches, expected 3");
    expect(whatIsMissing({ batchCount: 3, messageCount: 3 }, expected)).to.equal(
      "the Inbox has 3 messages, block 9 reads up to 4",
    );
  });

  it("is a setting that cannot be", () => {
    const parameters = { forceInclusionDelay: 86_400 };
    expect(resolveSettings({ dataKind: "calldata" }, parameters)).to.include({
      maximumPayloadBytes: 65_536,
      targetPayloadBytes: 65_536,
      inclusionMargin: 3_600,
      firstRetryDelay: 12_000,
    });
    expect(resolveSettings({ dataKind: "auto" }, { forceInclusionDelay: 400 }).inclusionMargin).to.equal(100);
    for (const wrong of [{ maximumPayloadBytes: 130_001 }, { maximumInFlight: 0 }]) {
      expect(() => resolveSettings({ dataKind: "calldata", ...wrong }, parameters)).to.throw(BatcherError);
    }
  });
});
