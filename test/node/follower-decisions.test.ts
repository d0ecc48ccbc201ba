import { expect } from "chai";
import fc from "fast-check";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { cursorAfter, isWriteDue } from "../../src/node/batch-derivation.ts";
import { addUpcoming, emptyLookahead, lookAhead, takeUpcoming, wantsBlock } from "../../src/node/block-lookahead.ts";
import { builtFromSame, isSuperseded, outcomeOf } from "../../src/node/block-settlement.ts";
import type { BuiltFrom } from "../../src/node/block-settlement.ts";
import { progressReport } from "../../src/node/derivation-progress.ts";
import { countFinalBatches } from "../../src/node/finality.ts";
import { judgeUnsafeBlocks } from "../../src/node/unsafe-blocks.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { BlockInput } from "../../src/rollup/index.ts";
import { deposit, hashOf, makeBlock } from "../storage/fixtures.ts";

const blockOf = (bytes: number): EncodedBlock => ({ timestamp: 0, messages: 0, transactions: [new Uint8Array(bytes)] });

describe("Derivation ahead of execution", () => {
  const fill = (...sizes: readonly number[]) => {
    const lookahead = emptyLookahead();
    for (const size of sizes) addUpcoming(lookahead, blockOf(size));
    return lookahead;
  };

  it("goes on to 16 blocks or 1 MiB, and always to one block", () => {
    expect(wantsBlock(fill())).to.equal(true);
    expect(wantsBlock(fill(...Array<number>(15).fill(1)))).to.equal(true);
    expect(wantsBlock(fill(...Array<number>(16).fill(1)))).to.equal(false);
    expect(wantsBlock(fill(2 ** 20 - 1))).to.equal(true);
    expect(wantsBlock(fill(2 ** 19, 2 ** 19))).to.equal(false);
  });

  it("announces blocks ahead of their turn, each once, with its position, and gives them in order", () => {
    const announced: number[] = [];
    const source = Array.from({ length: 40 }, (_, index) => blockOf(index));
    let taken = 0;
    for (const block of lookAhead(source.values(), (_, position) => announced.push(position))) {
      expect(block).to.equal(source[taken]);
      taken += 1;
      expect(announced.length).to.equal(Math.min(40, taken + 15));
    }
    expect(taken).to.equal(40);
    expect(announced).to.eql(source.map((_, index) => index));
  });

  it("ends with the batch", () => {
    const lookahead = fill();
    lookahead.isEnded = true;
    expect(wantsBlock(lookahead)).to.equal(false);
  });

  it("gives the blocks in order, and makes room", () => {
    const lookahead = fill(2 ** 20, 7);
    expect(takeUpcoming(lookahead)?.transactions[0]?.length).to.equal(2 ** 20);
    expect(lookahead.bytes).to.equal(7);
    expect(wantsBlock(lookahead)).to.equal(true);
    expect(takeUpcoming(lookahead)?.transactions[0]?.length).to.equal(7);
    expect(takeUpcoming(lookahead)).to.equal(undefined);
    expect(lookahead.bytes).to.equal(0);
  });
});

describe("Derivation of a batch", () => {
  it("begins where the batch before ended", () => {
    const genesis = makeBlock(undefined);
    const { timestamp: parentTimestamp, gasLevel } = genesis.header;
    expect(cursorAfter(undefined, genesis)).to.eql({ nextBatch: 0, nextMessage: 0, parentTimestamp, gasLevel });
    const previous = {
      batch: 4,
      lastBlock: 0,
      lastBlockHash: genesis.hash,
      nextMessage: 9,
      outboxRoot: hashOf("root"),
    };
    expect(cursorAfter(previous, genesis)).to.eql({ nextBatch: 5, nextMessage: 9, parentTimestamp, gasLevel });
  });

  it("stores executed blocks when there are many or they have waited", () => {
    expect(isWriteDue(0, 1_000)).to.equal(false);
    expect(isWriteDue(1, 199)).to.equal(false);
    expect(isWriteDue(1, 200)).to.equal(true);
    expect(isWriteDue(63, 0)).to.equal(false);
    expect(isWriteDue(64, 0)).to.equal(true);
  });
});

describe("A derived block", () => {
  const input: BlockInput = {
    timestamp: 12,
    messages: [deposit(0), deposit(1)],
    transactions: [Uint8Array.of(1), Uint8Array.of(2, 3)],
  };
  const same: BuiltFrom = {
    timestamp: 12,
    messageHashes: input.messages.map(({ hash }) => hash),
    transactions: [Uint8Array.of(1), Uint8Array.of(2, 3)],
    hasSkipped: false,
  };

  it("is the one in the chain if timestamp, messages and transactions are the same, and none was skipped", () => {
    expect(builtFromSame(same, input)).to.equal(true);
    const others: readonly Partial<BuiltFrom>[] = [
      { timestamp: 13 },
      { messageHashes: same.messageHashes.slice(1) },
      { messageHashes: [...same.messageHashes].reverse() },
      { messageHashes: [...same.messageHashes, hashOf("more")] },
      { transactions: same.transactions.slice(1) },
      { transactions: [...same.transactions].reverse() },
      { transactions: [...same.transactions, Uint8Array.of(4)] },
      { hasSkipped: true },
    ];
    for (const other of others) expect(builtFromSame({ ...same, ...other }, input)).to.equal(false);
  });

  it("cannot be settled when its parent left the chain, or another writer went on", () => {
    const block = makeBlock(undefined);
    const stored = { block, isStored: true };
    expect(isSuperseded(stored, { atParent: block.hash, hasChild: false })).to.equal(false);
    expect(isSuperseded(stored, { atParent: block.hash, hasChild: true })).to.equal(false);
    expect(isSuperseded(stored, { atParent: hashOf("other"), hasChild: true })).to.equal(true);
    expect(isSuperseded(stored, { atParent: undefined, hasChild: false })).to.equal(true);
    const unsaved = { block, isStored: false };
    expect(isSuperseded(unsaved, { atParent: undefined, hasChild: false })).to.equal(false);
    expect(isSuperseded(unsaved, { atParent: hashOf("other"), hasChild: true })).to.equal(true);
  });

  it("verifies, extends or replaces what is in its place", () => {
    expect(outcomeOf(undefined, hashOf("a"))).to.equal("executed");
    expect(outcomeOf(hashOf("a"), hashOf("a"))).to.equal("verified");
    expect(outcomeOf(hashOf("b"), hashOf("a"))).to.equal("replaced");
  });
});

describe("Unsafe blocks", () => {
  const hashes: readonly Hash[] = [hashOf("0"), hashOf("1"), hashOf("2")];
  const inbox = (count: number) => (index: number) => (index < count ? hashes[index] : undefined);
  const blocks = [
    { number: 7, firstMessage: 0, messageHashes: hashes.slice(0, 1) },
    { number: 9, firstMessage: 1, messageHashes: hashes.slice(1) },
  ];

  it("are sound while the Inbox has what they consumed", () => {
    expect(judgeUnsafeBlocks([], inbox(0), false)).to.eql({ kind: "sound" });
    expect(judgeUnsafeBlocks(blocks, inbox(3), false)).to.eql({ kind: "sound" });
  });

  it("wait for messages that may still be read", () => {
    expect(judgeUnsafeBlocks(blocks, inbox(2), false)).to.eql({ kind: "undecided" });
  });

  it("go from the first on whose message L1 took back", () => {
    expect(judgeUnsafeBlocks(blocks, inbox(2), true)).to.eql({ kind: "taken-back", block: 9, message: 2 });
    expect(judgeUnsafeBlocks(blocks, inbox(0), true)).to.eql({ kind: "taken-back", block: 7, message: 0 });
    const other = (index: number) => (index === 0 ? hashOf("another") : inbox(1)(index));
    expect(judgeUnsafeBlocks(blocks, other, false)).to.eql({ kind: "taken-back", block: 7, message: 0 });
  });
});

describe("Finality of batches", () => {
  it("is that of the L1 blocks they stand in", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 12 }), fc.nat(22), (steps, finalBlock) => {
        const l1Blocks = [...steps].sort((a, b) => a - b);
        const count = countFinalBatches(l1Blocks.length, (batch) => l1Blocks[batch], finalBlock);
        expect(count).to.equal(l1Blocks.filter((block) => block <= finalBlock).length);
      }),
    );
  });

  it("is not that of batches whose L1 block is not known", () => {
    expect(countFinalBatches(3, (batch) => (batch < 2 ? 5 : undefined), 100)).to.equal(2);
  });
});

describe("Progress of a long derivation", () => {
  const reported = { batches: 10, blocks: 100, time: 5_000 };

  it("is told at intervals, with rates", () => {
    const current = { batches: 13, blocks: 1_100, time: 15_000 };
    expect(progressReport(reported, current, { interval: 10, batchCount: 20 })).to.eql({
      batches: 13,
      blocks: 1_100,
      batchesRemaining: 7,
      batchesPerSecond: 0.3,
      blocksPerSecond: 100,
    });
    expect(progressReport(reported, { ...current, time: 14_999 }, { interval: 10, batchCount: 20 })).to.equal(
      undefined,
    );
  });
});
