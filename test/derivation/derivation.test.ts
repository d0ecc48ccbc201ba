import { expect } from "chai";
import fc from "fast-check";
import {
  MAXIMUM_CONTENT_SIZE,
  compressContent,
  encodeBlocks,
  encodePayload,
  openPayload,
} from "../../src/batch/index.ts";
import type { EncodedBlock, PayloadContent } from "../../src/batch/index.ts";
import { payloadBlocks } from "../../src/derivation/index.ts";
import type { Batch, DerivationCursor } from "../../src/derivation/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { BlockInput, InboxMessage } from "../../src/rollup/index.ts";
import { inboxMessage, payload } from "./arbitraries.ts";
import { deriveModelled, modelOf } from "./model-execution.ts";
import { referenceDerive } from "./reference-derivation.ts";

const L1_TIME = 1_700_000_000;
const RULES = { gasCapacity: 60_000_000n, gasPerSecond: 5_000_000n };
const START: DerivationCursor = { nextBatch: 0, nextMessage: 0, parentTimestamp: 0, gasLevel: 60_000_000n };
const NO_MESSAGES = (index: number): InboxMessage => {
  throw new Error(`no message ${index} was to be read`);
};

function batchOf(fields: Partial<Batch> & Pick<Batch, "payload">): Batch {
  return { index: 0, kind: "calldata", dataHash: ZERO_HASH, messagesUpTo: 0, number: 1, timestamp: L1_TIME, ...fields };
}

function deposits(...gasLimits: bigint[]): InboxMessage[] {
  return gasLimits.map((gasLimit, index) => ({
    kind: "deposit",
    index,
    hash: ZERO_HASH,
    enqueuedAt: L1_TIME,
    sender: "0x",
    to: "0x",
    mint: 0n,
    value: 0n,
    gasLimit,
    refundTo: "0x",
    data: new Uint8Array(0),
  }));
}

/** An Inbox: messages, and batches whose L1 timestamps and `messagesUpTo` never decrease. */
const inbox = fc
  .record({
    messages: fc
      .nat({ max: 12 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => inboxMessage(index)))),
    entries: fc.array(fc.record({ payload, elapsed: fc.nat({ max: 100_000 }), upTo: fc.nat({ max: 12 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    // So little gas that it is all gone now and then, and so much that it never is.
    gasCapacity: fc.bigInt({ min: 2n ** 24n, max: 60_000_000n }),
    gasPerSecond: fc.oneof(fc.bigInt({ min: 2n, max: 2_000n }), fc.bigInt({ min: 2n, max: 5_000_000n })),
    gasLevel: fc.oneof(fc.bigInt({ min: 0n, max: 400_000n }), fc.bigInt({ min: 0n, max: 2n ** 24n })),
  })
  .map(({ messages, entries, gasLevel, ...rules }) => {
    let timestamp = L1_TIME;
    let messagesUpTo = 0;
    const batches = entries.map(({ payload, elapsed, upTo }, index): Batch => {
      timestamp += elapsed;
      messagesUpTo = Math.max(messagesUpTo, Math.min(upTo, messages.length));
      return batchOf({ index, payload, timestamp, messagesUpTo, number: index });
    });
    const start: DerivationCursor = { ...START, parentTimestamp: L1_TIME - 50_000, gasLevel };
    return { messages, batches, rules, start };
  });

type Inbox = typeof inbox extends fc.Arbitrary<infer T> ? T : never;

function deriveAll({ messages, batches, rules, start }: Inbox) {
  let cursor = start;
  return batches.map((batch) => {
    const before = cursor;
    const { blocks, cursor: after } = deriveModelled(before, batch, (index) => messages[index]!, rules);
    cursor = after;
    return { batch, before, blocks, after };
  });
}

describe("derivation", () => {
  describe("whatever an Inbox holds", () => {
    it("gives the blocks of a second implementation of the specification", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          for (const { batch, before, blocks, after } of deriveAll(it)) {
            const expected = referenceDerive(before, batch, it.messages, it.rules);
            expect(after).to.eql(expected.cursor);
            expect(normal(blocks)).to.eql(normal(expected.blocks));
          }
        }),
        { numRuns: 400 },
      );
    });

    it("consumes every message below messagesUpTo exactly once and in order", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          const derived = deriveAll(it);
          const consumed = derived.flatMap(({ blocks }) => blocks.flatMap(({ messages }) => messages));
          expect(consumed.map(({ index }) => index)).to.eql(
            it.messages.slice(0, it.batches.at(-1)!.messagesUpTo).map(({ index }) => index),
          );
          for (const { batch, after } of derived) expect(after.nextMessage).to.equal(batch.messagesUpTo);
        }),
      );
    });

    it("keeps the gas and the data of a block's deposits within the capacity", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          for (const block of deriveAll(it).flatMap(({ blocks }) => blocks)) {
            const gas = block.messages.reduce(
              (sum, message) => sum + (message.kind === "deposit" ? message.gasLimit : 0n),
              0n,
            );
            expect(gas <= it.rules.gasCapacity).to.equal(true);
            const bytes = block.messages.reduce(
              (sum, message) => sum + (message.kind === "deposit" ? message.data.length : 0),
              0,
            );
            expect(16n * BigInt(bytes) <= it.rules.gasCapacity).to.equal(true);
          }
        }),
      );
    });

    it("keeps timestamps monotone, and within the batch's window unless the parent is ahead of it", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          for (const { batch, before, blocks, after } of deriveAll(it)) {
            let parent = before.parentTimestamp;
            for (const { timestamp } of blocks) {
              expect(timestamp).to.be.at.least(parent);
              expect(timestamp).to.be.at.least(batch.timestamp - 86_400);
              expect(timestamp).to.be.at.most(Math.max(parent, batch.timestamp + 900));
              parent = timestamp;
            }
            expect(after.parentTimestamp).to.equal(parent);
          }
        }),
      );
    });

    it("is paid for: blocks and listed transactions take no more than the bucket held and time has added", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          const derived = deriveAll(it);
          const blocks = derived.flatMap(({ blocks }) => blocks);
          const charges = blocks.flatMap(({ transactions }) =>
            transactions.map((raw) => BigInt(Math.max(5_000, 16 * raw.length))),
          );
          const implied = derived.reduce((sum, { blocks }) => sum + blocks.filter(isEmpty).length, 0);
          const taken =
            charges.reduce((sum, charge) => sum + charge, 0n) + 50_000n * BigInt(Math.max(0, blocks.length - implied));
          const seconds = BigInt(derived.at(-1)!.after.parentTimestamp - it.start.parentTimestamp);
          expect(taken <= it.start.gasLevel + it.rules.gasPerSecond * seconds).to.equal(true);
          for (const { gasLevel } of blocks) expect(gasLevel >= 0n && gasLevel <= it.rules.gasCapacity).to.equal(true);
        }),
        { numRuns: 300 },
      );
    });

    it("depends on nothing but its arguments and does not change them", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          const copy = structuredClone(it);
          expect(normal(deriveAll(it).flatMap(({ blocks }) => blocks))).to.eql(
            normal(deriveAll(copy).flatMap(({ blocks }) => blocks)),
          );
          expect(it).to.eql(copy);
        }),
      );
    });

    it("can be resumed after any batch from the cursor alone", () => {
      fc.assert(
        fc.property(inbox, fc.nat(), (it, choice) => {
          const whole = deriveAll(it);
          const from = whole[choice % whole.length]!;
          const resumed = deriveModelled(from.before, from.batch, (index) => it.messages[index]!, it.rules);
          expect(normal(resumed.blocks)).to.eql(normal(from.blocks));
          expect(resumed.cursor).to.eql(from.after);
        }),
      );
    });
  });

  describe("of an honest payload", () => {
    it("gives back the operator's blocks", () => {
      const transactions = [new Uint8Array(65).fill(2), new Uint8Array(131_072).fill(9)];
      const payload = encodePayload([
        { timestamp: L1_TIME - 20, messages: 1, transactions },
        { timestamp: L1_TIME - 18, messages: 0, transactions: [] },
        { timestamp: L1_TIME - 16, messages: 2, transactions: [] },
      ]);
      const messages = deposits(100_000n, 0n, 21_000n);
      const { blocks, cursor } = deriveModelled(
        START,
        batchOf({ payload, messagesUpTo: 3 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(normal(blocks.map(({ gasLevel: _, ...input }) => input))).to.eql(
        normal([
          { timestamp: L1_TIME - 20, messages: messages.slice(0, 1), transactions },
          { timestamp: L1_TIME - 18, messages: [], transactions: [] },
          { timestamp: L1_TIME - 16, messages: messages.slice(1), transactions: [] },
        ]),
      );
      const { gasLevel } = blocks.at(-1)!;
      expect(cursor).to.eql({ nextBatch: 1, nextMessage: 3, parentTimestamp: L1_TIME - 16, gasLevel });
    });

    it("clamps timestamps to 24 hours before and 15 minutes after the batch", () => {
      const timestamps = [0, L1_TIME - 86_401, L1_TIME - 86_399, L1_TIME + 901, Number.MAX_SAFE_INTEGER, 5];
      const payload = encodePayload(timestamps.map((timestamp) => ({ timestamp, messages: 0, transactions: [] })));
      const { blocks } = deriveModelled(START, batchOf({ payload }), NO_MESSAGES, RULES);
      expect(blocks.map(({ timestamp }) => timestamp - L1_TIME)).to.eql([-86_400, -86_400, -86_399, 900, 900, 900]);
    });

    it("keeps the parent's timestamp where the parent is ahead of the window", () => {
      const payload = encodePayload([{ timestamp: L1_TIME, messages: 0, transactions: [] }]);
      const ahead = { ...START, parentTimestamp: L1_TIME + 5_000 };
      const { blocks } = deriveModelled(ahead, batchOf({ payload }), NO_MESSAGES, RULES);
      expect(blocks.map(({ timestamp }) => timestamp)).to.eql([L1_TIME + 5_000]);
    });
  });

  describe("of messages", () => {
    it("leaves a deposit that does not fit for the next block, also when a smaller one follows it", () => {
      const messages = deposits(2n ** 24n, 2n ** 24n, 2n ** 24n, 2n ** 24n, 1n);
      const { blocks } = deriveModelled(
        START,
        batchOf({ payload: new Uint8Array(0), messagesUpTo: 5 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(blocks.map((block) => block.messages.map(({ index }) => index))).to.eql([
        [0, 1, 2],
        [3, 4],
      ]);
    });

    it("fills a block to exactly the capacity, of which a deposit without gas takes 5,000", () => {
      const messages = deposits(2n ** 24n, 2n ** 24n, 2n ** 24n, 59_995_000n - 3n * 2n ** 24n, 0n, 1n);
      const { blocks } = deriveModelled(
        START,
        batchOf({ payload: new Uint8Array(0), messagesUpTo: 6 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(blocks.map((block) => block.messages.map(({ index }) => index))).to.eql([[0, 1, 2, 3, 4], [5]]);
    });

    for (const [what, data, most] of [
      ["without gas or data", 0, 12_000],
      ["without gas and with 64 KiB of data", 65_536, 57],
    ] as const) {
      it(`puts no more than ${most} deposits ${what} into a block, however many wait`, () => {
        const messages = deposits(...Array.from({ length: 2 * most + 1 }, () => 0n));
        const { blocks } = deriveModelled(
          START,
          batchOf({ payload: new Uint8Array(0), messagesUpTo: messages.length }),
          (index) => ({ ...messages[index]!, data: new Uint8Array(data) }) as InboxMessage,
          RULES,
        );
        expect(blocks.map((block) => block.messages.length)).to.eql([most, most, 1]);
      });
    }

    it("ignores a count above messagesUpTo", () => {
      const payload = encodePayload([{ timestamp: L1_TIME, messages: 2 ** 32 - 1, transactions: [] }]);
      const messages = deposits(1n, 1n, 1n);
      const { blocks } = deriveModelled(
        START,
        batchOf({ payload, messagesUpTo: 2 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(blocks.map((block) => block.messages.length)).to.eql([2]);
    });

    it("has implied blocks consume what the payload left, no earlier than the batch", () => {
      const payload = encodePayload([{ timestamp: L1_TIME - 50, messages: 1, transactions: [] }]);
      const messages = deposits(1n, 1n, 1n);
      const { blocks } = deriveModelled(
        START,
        batchOf({ payload, messagesUpTo: 3 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(blocks.map(({ timestamp, messages }) => [timestamp - L1_TIME, messages.length])).to.eql([
        [-50, 1],
        [0, 2],
      ]);
    });

    it("makes no block of an empty batch without messages", () => {
      expect(deriveModelled(START, batchOf({ payload: new Uint8Array(0) }), NO_MESSAGES, RULES)).to.eql({
        blocks: [],
        cursor: { ...START, nextBatch: 1 },
      });
    });
  });

  describe("of content that ends early", () => {
    const block = encodeBlocks([
      { timestamp: L1_TIME, messages: 0, transactions: [new Uint8Array(65).fill(1), new Uint8Array(70).fill(2)] },
    ]);
    const derive = (content: Uint8Array) =>
      deriveModelled(START, batchOf({ payload: compressContent(content) }), NO_MESSAGES, RULES).blocks;

    it("gives no block for less than a block head", () => {
      for (let length = 0; length < 16; length++) expect(derive(block.slice(0, length))).to.have.length(0);
    });

    it("gives the block with the transactions that are whole, wherever it is cut", () => {
      for (let length = 16; length <= block.length; length++) {
        const whole = length === block.length ? 2 : length >= 16 + 3 + 65 ? 1 : 0;
        expect(derive(block.slice(0, length)).map(({ transactions }) => transactions.length)).to.eql([whole]);
      }
    });

    it("gives nothing after a transaction that is cut short", () => {
      const lying = Buffer.from(block);
      lying.writeUInt8(255, 16);
      expect(derive(Buffer.concat([lying, block])).map(({ transactions }) => transactions.length)).to.eql([0]);
    });
  });

  describe("of transactions of a length that none may have", () => {
    for (const length of [0, 64, 131_073, 2 ** 24 - 1]) {
      it(`ends before one of ${length} bytes`, () => {
        const good = new Uint8Array(65).fill(7);
        const content = encodeBlocks([
          { timestamp: L1_TIME, messages: 0, transactions: [good, new Uint8Array(Math.min(length, 200_000)), good] },
          { timestamp: L1_TIME, messages: 0, transactions: [] },
        ]);
        new DataView(content.buffer).setUint8(16 + 3 + 65, length >> 16);
        new DataView(content.buffer).setUint16(16 + 3 + 65 + 1, length & 0xffff);
        const { blocks } = deriveModelled(START, batchOf({ payload: compressContent(content) }), NO_MESSAGES, RULES);
        expect(blocks.map(({ transactions }) => transactions.length)).to.eql([1]);
      });
    }
  });

  describe("of what the bucket cannot pay for", () => {
    const poor = (gasLevel: bigint) => ({ ...START, parentTimestamp: L1_TIME, gasLevel });
    const derive = (cursor: DerivationCursor, blocks: readonly EncodedBlock[], messagesUpTo = 0) => {
      const messages = deposits(1n, 1n);
      const batch = batchOf({ payload: encodePayload(blocks), messagesUpTo });
      return deriveModelled(cursor, batch, (index) => messages[index]!, RULES).blocks;
    };
    const block = (transactions: readonly Uint8Array[], seconds = 0): EncodedBlock => ({
      timestamp: L1_TIME + seconds,
      messages: 0,
      transactions,
    });

    it("ends the payload before a block without 50,000 gas, whatever time later blocks claim", () => {
      expect(derive(poor(49_999n), [block([]), block([], 900)])).to.eql([]);
      expect(derive(poor(50_000n), [block([]), block([], 900)])).to.have.length(2);
      expect(derive(poor(99_999n), [block([]), block([]), block([], 900)])).to.have.length(1);
    });

    it("ends the payload before a transaction without 5,000 gas, or 16 for each of its bytes", () => {
      const invalid = (length: number): Uint8Array => {
        for (let seed = 0; ; seed++) {
          const raw = new Uint8Array(length).fill(seed);
          if (!modelOf(raw).isValid) return raw;
        }
      };
      const [short, long] = [invalid(312), invalid(1_000)];
      const listed = (gas: bigint, raw: Uint8Array) =>
        derive(poor(50_000n + gas), [block([raw, raw]), block([])]).map(({ transactions }) => transactions.length);
      expect(listed(4_999n, short)).to.eql([0]);
      expect(listed(9_999n, short)).to.eql([1]);
      expect(listed(60_000n, short)).to.eql([2, 0]);
      expect(listed(15_999n, long)).to.eql([0]);
      expect(listed(31_999n, long)).to.eql([1]);
      expect(listed(82_000n, long)).to.eql([2, 0]);
    });

    it("still makes the blocks that messages imply, which take what there is", () => {
      expect(derive(poor(30_000n), [block([])], 2).map(({ messages, gasLevel }) => [messages.length, gasLevel])).to.eql(
        [[2, 0n]],
      );
    });
  });

  describe("of the worst payloads", () => {
    it("gives as many empty blocks as the bucket pays for, and 4,096 at most", () => {
      const payload = compressContent(new Uint8Array(MAXIMUM_CONTENT_SIZE));
      expect(payload.length).to.be.below(5_000);
      const count = (rules: typeof RULES) =>
        deriveModelled({ ...START, gasLevel: rules.gasCapacity }, batchOf({ payload }), NO_MESSAGES, rules).blocks
          .length;
      expect(count(RULES)).to.equal(60_000_000 / 50_000);
      expect(count({ ...RULES, gasCapacity: 2n ** 40n })).to.equal(4_096);
    });

    it("reads no further than it may list: four million bytes of one byte's transactions are one block", () => {
      const content = Buffer.alloc(MAXIMUM_CONTENT_SIZE);
      content.writeUInt32BE(2 ** 32 - 1, 12);
      const payload = compressContent(content);
      const blocks = payloadBlocks(START, batchOf({ payload }), counted(openPayload(payload)), RULES);
      expect([...blocks].map(({ transactions }) => transactions.length)).to.eql([0]);
      expect(furthest).to.equal(19);
    });

    it("reads no further than the bucket pays for, whatever a head announces", () => {
      const raws = Array.from({ length: 1_000 }, (_, index) => Buffer.alloc(65, index));
      const payload = encodePayload([{ timestamp: L1_TIME, messages: 0, transactions: raws }]);
      const cursor = { ...START, parentTimestamp: L1_TIME, gasLevel: 50_000n + 10n * 5_000n };
      const blocks = payloadBlocks(cursor, batchOf({ payload }), counted(openPayload(payload)), RULES);
      expect([...blocks].map(({ transactions }) => transactions.length)).to.eql([10]);
      expect(furthest).to.equal(16 + 10 * 68 + 3);
    });
  });

  describe("refuses its caller's mistakes", () => {
    it("a batch that is not the next", () => {
      expect(() =>
        deriveModelled(START, batchOf({ payload: new Uint8Array(0), index: 3 }), NO_MESSAGES, RULES),
      ).to.throw(RangeError, "expected batch 0, got batch 3");
    });

    it("a capacity some deposit could never fit in", () => {
      expect(() =>
        deriveModelled(START, batchOf({ payload: new Uint8Array(0) }), NO_MESSAGES, {
          ...RULES,
          gasCapacity: 2n ** 24n - 1n,
        }),
      ).to.throw(RangeError, "16777215");
    });

    it("a deposit no Inbox would have taken, instead of waiting for room for ever", () => {
      const [message] = deposits(2n ** 24n + 1n);
      const derive = () =>
        deriveModelled(START, batchOf({ payload: new Uint8Array(0), messagesUpTo: 1 }), () => message!, RULES);
      expect(derive).to.throw(RangeError, "16777217");
    });
  });
});

/** Position after the last byte that `counted` content was read to. */
let furthest = 0;

function counted(content: PayloadContent): PayloadContent {
  furthest = 0;
  return {
    read: (position, length) => {
      furthest = Math.max(furthest, position + length);
      return content.read(position, length);
    },
  };
}

const isEmpty = ({ transactions }: BlockInput): boolean => transactions.length === 0;

/** With transactions as hex, so that a Buffer equals a Uint8Array. */
function normal(blocks: readonly BlockInput[]) {
  return blocks.map((block) => ({
    ...block,
    transactions: block.transactions.map((raw) => Buffer.from(raw).toString("hex")),
  }));
}
