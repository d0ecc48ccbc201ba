import { expect } from "chai";
import fc from "fast-check";
import { MAXIMUM_CONTENT_SIZE, compressContent, encodeBlocks, encodePayload } from "../../src/batch/index.ts";
import { deriveBatch, deriveBlocks } from "../../src/derivation/index.ts";
import type { Batch, DerivationCursor } from "../../src/derivation/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { BlockInput, InboxMessage } from "../../src/rollup/index.ts";
import { inboxMessage, payload } from "./arbitraries.ts";
import { referenceDerive } from "./reference-derivation.ts";

const L1_TIME = 1_700_000_000;
const RULES = { blockGasLimit: 60_000_000n };
const START: DerivationCursor = { nextBatch: 0, nextMessage: 0, parentTimestamp: 0 };
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
    blockGasLimit: fc.bigInt({ min: 2n ** 24n, max: 60_000_000n }),
  })
  .map(({ messages, entries, blockGasLimit }) => {
    let timestamp = L1_TIME;
    let messagesUpTo = 0;
    const batches = entries.map(({ payload, elapsed, upTo }, index): Batch => {
      timestamp += elapsed;
      messagesUpTo = Math.max(messagesUpTo, Math.min(upTo, messages.length));
      return batchOf({ index, payload, timestamp, messagesUpTo, number: index });
    });
    return { messages, batches, rules: { blockGasLimit } };
  });

type Inbox = typeof inbox extends fc.Arbitrary<infer T> ? T : never;

function deriveAll({ messages, batches, rules }: Inbox) {
  let cursor = START;
  return batches.map((batch) => {
    const before = cursor;
    const { blocks, cursor: after } = deriveBatch(before, batch, (index) => messages[index]!, rules);
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
            const expected = referenceDerive(before, batch, it.messages, it.rules.blockGasLimit);
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

    it("keeps the deposits of a block within the block gas limit", () => {
      fc.assert(
        fc.property(inbox, (it) => {
          for (const block of deriveAll(it).flatMap(({ blocks }) => blocks)) {
            const gas = block.messages.reduce(
              (sum, message) => sum + (message.kind === "deposit" ? message.gasLimit : 0n),
              0n,
            );
            expect(gas <= it.rules.blockGasLimit).to.equal(true);
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
          const resumed = deriveBatch(from.before, from.batch, (index) => it.messages[index]!, it.rules);
          expect(normal(resumed.blocks)).to.eql(normal(from.blocks));
          expect(resumed.cursor).to.eql(from.after);
        }),
      );
    });
  });

  describe("of an honest payload", () => {
    it("gives back the operator's blocks", () => {
      const transactions = [Uint8Array.of(2, 1, 2, 3), new Uint8Array(131_072).fill(9)];
      const payload = encodePayload([
        { timestamp: L1_TIME - 20, messages: 1, transactions },
        { timestamp: L1_TIME - 18, messages: 0, transactions: [] },
        { timestamp: L1_TIME - 16, messages: 2, transactions: [] },
      ]);
      const messages = deposits(100_000n, 0n, 21_000n);
      const { blocks, cursor } = deriveBatch(
        START,
        batchOf({ payload, messagesUpTo: 3 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(normal(blocks)).to.eql(
        normal([
          { timestamp: L1_TIME - 20, messages: messages.slice(0, 1), transactions },
          { timestamp: L1_TIME - 18, messages: [], transactions: [] },
          { timestamp: L1_TIME - 16, messages: messages.slice(1), transactions: [] },
        ]),
      );
      expect(cursor).to.eql({ nextBatch: 1, nextMessage: 3, parentTimestamp: L1_TIME - 16 });
    });

    it("clamps timestamps to 24 hours before and 15 minutes after the batch", () => {
      const timestamps = [0, L1_TIME - 86_401, L1_TIME - 86_399, L1_TIME + 901, Number.MAX_SAFE_INTEGER, 5];
      const payload = encodePayload(timestamps.map((timestamp) => ({ timestamp, messages: 0, transactions: [] })));
      const { blocks } = deriveBatch(START, batchOf({ payload }), NO_MESSAGES, RULES);
      expect(blocks.map(({ timestamp }) => timestamp - L1_TIME)).to.eql([-86_400, -86_400, -86_399, 900, 900, 900]);
    });

    it("keeps the parent's timestamp where the parent is ahead of the window", () => {
      const payload = encodePayload([{ timestamp: L1_TIME, messages: 0, transactions: [] }]);
      const ahead = { ...START, parentTimestamp: L1_TIME + 5_000 };
      const { blocks } = deriveBatch(ahead, batchOf({ payload }), NO_MESSAGES, RULES);
      expect(blocks.map(({ timestamp }) => timestamp)).to.eql([L1_TIME + 5_000]);
    });
  });

  describe("of messages", () => {
    it("leaves a deposit that does not fit for the next block, also when a smaller one follows it", () => {
      const messages = deposits(2n ** 24n, 2n ** 24n, 2n ** 24n, 2n ** 24n, 1n);
      const { blocks } = deriveBatch(
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

    it("fills a block to exactly its gas limit", () => {
      const messages = deposits(2n ** 24n, 2n ** 24n, 2n ** 24n, 60_000_000n - 3n * 2n ** 24n, 0n, 1n);
      const { blocks } = deriveBatch(
        START,
        batchOf({ payload: new Uint8Array(0), messagesUpTo: 6 }),
        (index) => messages[index]!,
        RULES,
      );
      expect(blocks.map((block) => block.messages.map(({ index }) => index))).to.eql([[0, 1, 2, 3, 4], [5]]);
    });

    it("ignores a count above messagesUpTo", () => {
      const payload = encodePayload([{ timestamp: L1_TIME, messages: 2 ** 32 - 1, transactions: [] }]);
      const messages = deposits(1n, 1n, 1n);
      const { blocks } = deriveBatch(START, batchOf({ payload, messagesUpTo: 2 }), (index) => messages[index]!, RULES);
      expect(blocks.map((block) => block.messages.length)).to.eql([2]);
    });

    it("has implied blocks consume what the payload left, no earlier than the batch", () => {
      const payload = encodePayload([{ timestamp: L1_TIME - 50, messages: 1, transactions: [] }]);
      const messages = deposits(1n, 1n, 1n);
      const { blocks } = deriveBatch(START, batchOf({ payload, messagesUpTo: 3 }), (index) => messages[index]!, RULES);
      expect(blocks.map(({ timestamp, messages }) => [timestamp - L1_TIME, messages.length])).to.eql([
        [-50, 1],
        [0, 2],
      ]);
    });

    it("makes no block of an empty batch without messages", () => {
      expect(deriveBatch(START, batchOf({ payload: new Uint8Array(0) }), NO_MESSAGES, RULES)).to.eql({
        blocks: [],
        cursor: { ...START, nextBatch: 1 },
      });
    });
  });

  describe("of content that ends early", () => {
    const block = encodeBlocks([
      { timestamp: L1_TIME, messages: 0, transactions: [Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5)] },
    ]);
    const derive = (content: Uint8Array) =>
      deriveBatch(START, batchOf({ payload: compressContent(content) }), NO_MESSAGES, RULES).blocks;

    it("gives no block for less than a block head", () => {
      for (let length = 0; length < 16; length++) expect(derive(block.slice(0, length))).to.have.length(0);
    });

    it("gives the block with the transactions that are whole, wherever it is cut", () => {
      for (let length = 16; length <= block.length; length++) {
        const whole = length === block.length ? 2 : length >= 16 + 3 + 2 ? 1 : 0;
        expect(derive(block.slice(0, length)).map(({ transactions }) => transactions.length)).to.eql([whole]);
      }
    });

    it("gives nothing after a transaction that is cut short", () => {
      const lying = Buffer.from(block);
      lying.writeUInt8(255, 16);
      expect(derive(Buffer.concat([lying, block])).map(({ transactions }) => transactions.length)).to.eql([0]);
    });
  });

  describe("of the worst payloads", () => {
    it("gives no more than 4,096 blocks of a payload that holds a quarter of a million empty ones", () => {
      const payload = compressContent(new Uint8Array(MAXIMUM_CONTENT_SIZE));
      expect(payload.length).to.be.below(5_000);
      let empty = 0;
      for (const { transactions } of deriveBlocks(START, batchOf({ payload }), NO_MESSAGES, RULES)) {
        if (transactions.length === 0) empty++;
      }
      expect(empty).to.equal(4_096);
    });

    it("gives over a million empty transactions as they are, to be skipped", () => {
      const content = Buffer.alloc(MAXIMUM_CONTENT_SIZE);
      content.writeUInt32BE(2 ** 32 - 1, 12);
      const { blocks } = deriveBatch(START, batchOf({ payload: compressContent(content) }), NO_MESSAGES, RULES);
      expect(blocks.map(({ transactions }) => transactions.length)).to.eql([
        Math.floor((MAXIMUM_CONTENT_SIZE - 16) / 3),
      ]);
    });
  });

  describe("refuses its caller's mistakes", () => {
    it("a batch that is not the next", () => {
      expect(() => deriveBatch(START, batchOf({ payload: new Uint8Array(0), index: 3 }), NO_MESSAGES, RULES)).to.throw(
        RangeError,
        "expected batch 0, got batch 3",
      );
    });

    it("a block gas limit some deposit could never fit in", () => {
      expect(() =>
        deriveBatch(START, batchOf({ payload: new Uint8Array(0) }), NO_MESSAGES, { blockGasLimit: 2n ** 24n - 1n }),
      ).to.throw(RangeError, "16777215");
    });

    it("a deposit no Inbox would have taken, instead of waiting for room for ever", () => {
      const [message] = deposits(2n ** 24n + 1n);
      const derive = () =>
        deriveBatch(START, batchOf({ payload: new Uint8Array(0), messagesUpTo: 1 }), () => message!, RULES);
      expect(derive).to.throw(RangeError, "16777217");
    });
  });
});

/** With transactions as hex, so that a Buffer equals a Uint8Array. */
function normal(blocks: readonly BlockInput[]) {
  return blocks.map((block) => ({
    ...block,
    transactions: block.transactions.map((raw) => Buffer.from(raw).toString("hex")),
  }));
}
