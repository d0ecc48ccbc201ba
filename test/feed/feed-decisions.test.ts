import { expect } from "chai";
import { whyNotExecuted } from "../../src/feed/block-application.ts";
import type { BlockPlace } from "../../src/feed/block-application.ts";
import { emptyFeedFrames, frameOf, nextSequence } from "../../src/feed/feed-frames.ts";
import { decodeBlockFrame, decodeFeedBlock } from "../../src/feed/feed-message.ts";
import type { FeedBlock } from "../../src/feed/feed-message.ts";
import {
  countReceived,
  firstBlock,
  newSubscriber,
  notePing,
  noteReplaced,
  whyDropped,
} from "../../src/feed/feed-subscriber.ts";
import { isNews } from "../../src/feed/frame-reception.ts";
import type { KnownOfNumber } from "../../src/feed/frame-reception.ts";
import {
  addPending,
  clearPending,
  emptyPendingBlocks,
  hasRoom,
  isFull,
  lowestPending,
  removePending,
} from "../../src/feed/pending-blocks.ts";
import { deposit, hashOf, makeBlock } from "../storage/fixtures.ts";

const parent = makeBlock(undefined);
const message: FeedBlock = {
  sequence: 10,
  number: 1,
  parentHash: parent.hash,
  blockHash: hashOf("block"),
  firstMessage: 0,
  block: { timestamp: parent.header.timestamp, messages: 2, transactions: [] },
};

describe("A message of the feed", () => {
  const nothing: KnownOfNumber = { safe: 0, sequence: undefined, heldHash: undefined, chainHash: undefined };

  it("is news unless L1 has decided, a later one came, or its block is held or in the chain", () => {
    expect(isNews(message, nothing)).to.equal(true);
    expect(isNews(message, { ...nothing, sequence: 10 })).to.equal(true);
    expect(isNews(message, { ...nothing, sequence: 11 })).to.equal(false);
    expect(isNews(message, { ...nothing, safe: 1 })).to.equal(false);
    for (const known of ["heldHash", "chainHash"] as const) {
      expect(isNews(message, { ...nothing, [known]: message.blockHash })).to.equal(false);
      expect(isNews(message, { ...nothing, [known]: hashOf("another") })).to.equal(true);
    }
  });

  it("is executed where parent, first message, timestamp and messages are as they must be", () => {
    const place: BlockPlace = { safe: 0, hash: undefined, parent, messageCount: 2 };
    const { timestamp } = parent.header;
    expect(whyNotExecuted(message, place)).to.equal(undefined);
    expect(whyNotExecuted(message, { ...place, hash: hashOf("another") })).to.equal(undefined);
    expect(whyNotExecuted(message, { ...place, hash: message.blockHash })).to.eql({ kind: "obsolete" });
    expect(whyNotExecuted(message, { ...place, safe: 1 })).to.eql({ kind: "obsolete" });
    expect(whyNotExecuted(message, { ...place, parent: undefined })).to.eql({ kind: "unknown-parent" });
    expect(whyNotExecuted({ ...message, parentHash: hashOf("another") }, place)).to.eql({ kind: "unknown-parent" });
    expect(whyNotExecuted(message, { ...place, messageCount: 1 })).to.eql({ kind: "waiting-for-messages" });
    expect(whyNotExecuted({ ...message, firstMessage: 1 }, place)).to.eql({
      kind: "mismatch",
      message: "expected its first message to be 0, got 1",
    });
    const early = { ...message, block: { ...message.block, timestamp: timestamp - 1 } };
    expect(whyNotExecuted(early, place)).to.eql({
      kind: "mismatch",
      message: `expected a timestamp of at least ${timestamp}, got ${timestamp - 1}`,
    });
  });
});

describe("Blocks of the feed that wait", () => {
  const block = (number: number, size = 1) => ({ ...message, number, size });

  it("are given lowest first, each number once", () => {
    const pending = emptyPendingBlocks();
    expect(lowestPending(pending)).to.equal(undefined);
    for (const number of [7, 5, 6]) addPending(pending, block(number, 10));
    addPending(pending, block(5, 3));
    expect(lowestPending(pending)).to.eql(block(5, 3));
    expect(pending.bytes).to.equal(23);
    removePending(pending, 5);
    removePending(pending, 5);
    expect([lowestPending(pending)?.number, pending.bytes]).to.eql([6, 20]);
    clearPending(pending);
    expect([lowestPending(pending), pending.bytes]).to.eql([undefined, 0]);
  });

  it("are no more than 64 or 32 MiB, and half as many before others come", () => {
    const pending = emptyPendingBlocks();
    for (let number = 1; number <= 63; number++) addPending(pending, block(number));
    expect(isFull(pending)).to.equal(false);
    addPending(pending, block(64));
    expect(isFull(pending)).to.equal(true);
    for (let number = 1; number <= 31; number++) removePending(pending, number);
    expect(hasRoom(pending)).to.equal(false);
    removePending(pending, 32);
    expect(hasRoom(pending)).to.equal(true);
    addPending(pending, block(1, 32 * 1024 * 1024));
    expect(isFull(pending)).to.equal(true);
  });
});

describe("A subscriber of the feed", () => {
  it("gets what it asked for, within the backlog and up to the next block", () => {
    const chain = { latest: 100, backlog: 10 };
    expect(firstBlock(95, chain)).to.equal(95);
    expect(firstBlock(3, chain)).to.equal(91);
    expect(firstBlock(500, chain)).to.equal(101);
    expect(firstBlock(0, { latest: 5, backlog: 10 })).to.equal(1);
  });

  it("gets replaced blocks again", () => {
    const subscriber = newSubscriber();
    noteReplaced(subscriber, 5);
    expect(subscriber.next).to.equal(undefined);
    subscriber.next = 9;
    noteReplaced(subscriber, 12);
    expect(subscriber.next).to.equal(9);
    noteReplaced(subscriber, 5);
    expect(subscriber.next).to.equal(5);
  });

  it("floods with more than 64 frames between two pings", () => {
    const subscriber = newSubscriber();
    for (let count = 0; count < 64; count++) expect(countReceived(subscriber)).to.equal(true);
    expect(countReceived(subscriber)).to.equal(false);
    notePing(subscriber);
    expect(countReceived(subscriber)).to.equal(true);
  });

  it("is dropped when nothing of what it is sent arrives, or it shows no life between two pings", () => {
    const subscriber = newSubscriber();
    expect(whyDropped(subscriber, 0)).to.equal(undefined);
    notePing(subscriber);
    expect(whyDropped({ ...subscriber, isAlive: true }, 0), "never subscribed").to.equal("silent");
    subscriber.next = 1;
    expect(whyDropped(subscriber, 0), "no pong").to.equal("silent");
    expect(whyDropped({ ...subscriber, isAlive: true }, 0)).to.equal(undefined);
    expect(whyDropped({ ...subscriber, isAlive: true }, 1), "stands still").to.equal("slow");
    expect(whyDropped({ ...subscriber, delivered: 1 }, 1), "takes blocks instead of answering").to.equal(undefined);
  });
});

describe("Frames of the feed", () => {
  const block = makeBlock(parent, { messages: [deposit(0)], signed: [[]] });
  const signature = new Uint8Array(65);

  it("are signed once for a block, and say what is in it", () => {
    const frames = emptyFeedFrames();
    let signed = 0;
    const sign = () => {
      signed++;
      return signature;
    };
    const frame = frameOf(frames, block, { sign, now: 1_000 });
    expect(frameOf(frames, block, { sign, now: 2_000 })).to.equal(frame);
    expect([signed, frames.bytes]).to.eql([1, frame.length]);
    expect(decodeFeedBlock(decodeBlockFrame(frame).content)).to.eql({
      sequence: 1_000,
      number: 1,
      parentHash: parent.hash,
      blockHash: block.hash,
      firstMessage: 0,
      block: {
        timestamp: block.header.timestamp,
        messages: 1,
        transactions: [Uint8Array.of(2, 1, 0, ...new Uint8Array(62))],
      },
    });
  });

  it("have growing sequences, also when the clock goes back", () => {
    expect(nextSequence(0, 1_000)).to.equal(1_000);
    expect(nextSequence(1_000, 1_000)).to.equal(1_001);
    expect(nextSequence(5_000, 1_000)).to.equal(5_001);
  });

  it("leave the cache, oldest first, beyond 32 MiB", () => {
    const frames = emptyFeedFrames();
    const big = (tag: string) => {
      const raw = new Uint8Array(12 * 1024 * 1024);
      const transactions = [{ kind: "signed" as const, hash: hashOf(tag), raw, sender: parent.header.coinbase }];
      return { ...block, hash: hashOf(tag), transactions };
    };
    for (const tag of ["a", "b", "c"]) frameOf(frames, big(tag), { sign: () => signature, now: 1 });
    expect([...frames.byHash.keys()]).to.eql([hashOf("b"), hashOf("c")]);
  });
});
