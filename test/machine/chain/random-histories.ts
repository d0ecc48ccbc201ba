import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { PAYLOAD_VERSION, compressContent, encodeBlocks } from "../../../src/batch/index.ts";
import { hexToBytes } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";
import { OUTBOX_ADDRESS, hashMessage } from "../../../src/rollup/index.ts";
import type { InboxMessage } from "../../../src/rollup/index.ts";
import { TINY_DYNAMIC, bits, stored } from "../../batch/deflate-bits.ts";
import { inboxMessage, mutations, payload as anyPayload } from "../../derivation/arbitraries.ts";
import { ETHER, GWEI, PROGRAMS, account, signRaw, wallet } from "../../execution/harness.ts";
import { L1_TIME, context, deposit } from "./history.ts";
import type { BatchFields, HistoryOptions } from "./history.ts";

// Whatever an Inbox may hold: what nobody honest posts, and what everybody does, mixed.

const LOGGER: Address = "0x00000000000000000000000000000000c0de0001";
const REVERTING: Address = "0x00000000000000000000000000000000c0de0002";
const COUNTER: Address = "0x00000000000000000000000000000000c0de0003";
const BURNING: Address = "0x00000000000000000000000000000000c0de0004";
const DESTROYING: Address = "0x00000000000000000000000000000000c0de0005";

const code = {
  [LOGGER]: PROGRAMS.log,
  [REVERTING]: PROGRAMS.storeAndRevert,
  [COUNTER]: PROGRAMS.count,
  [BURNING]: PROGRAMS.invalid,
  [DESTROYING]: PROGRAMS.selfDestruct,
} as const;

/** Of each batch, so that its nonces are known: two who send anything, and one who empties the bucket. */
const MOST_BATCHES = 3;
const sendersOf = (batch: number) => [wallet(20 + 3 * batch), wallet(21 + 3 * batch)] as const;
const drainerOf = (batch: number) => wallet(22 + 3 * batch);
const STRANGER = wallet(7).address;
const balances = Object.fromEntries(
  Array.from({ length: 3 * MOST_BATCHES }, (_, index) => [wallet(20 + index).address, 1_000n * ETHER]),
);

const FULL = 60_000_000n;
const OF_A_BLOCK = 50_000n;
const MOST_GAS = 2n ** 24n;
/** Wei for a gas, which is above the base fee unless a context has told of absurd ones. */
const maxFeePerGas = 100n * GWEI;

const anywhere = fc.constantFrom<Address>(
  ...(Object.keys(code) as Address[]),
  account(1),
  STRANGER,
  OUTBOX_ADDRESS,
  "0x0000000000000000000000000000000000000004",
);

/** A transaction to be signed when it is known which nonces its senders have got to. */
type Draft = (batch: number, nonces: bigint[]) => Uint8Array;

/** As users sign them, most of them with the nonce that is next if all before them are valid. */
const signed: fc.Arbitrary<Draft> = fc
  .record({
    sender: fc.nat({ max: 1 }),
    slip: fc.oneof({ weight: 20, arbitrary: fc.constant(0n) }, fc.constant(1n)),
    type: fc.constantFrom(0, 1, 2),
    // Without a recipient a contract is created.
    to: fc.oneof({ weight: 6, arbitrary: anywhere.map((to) => ({ to })) }, { weight: 1, arbitrary: fc.constant({}) }),
    value: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(0n, 1n) }, fc.constant(2_000n * ETHER)),
    gasLimit: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(60_000n, 100_000n, 300_000n) }, fc.constant(21_000n)),
    data: fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 80 })),
  })
  .map(({ sender, slip, to, type, ...fields }) => (batch, nonces) => {
    const nonce = nonces[sender]!++ + slip;
    const fees = type === 2 ? { maxFeePerGas, maxPriorityFeePerGas: 1n } : { gasPrice: maxFeePerGas };
    return signRaw(sendersOf(batch)[sender]!, { ...fields, ...fees, ...to, type, nonce });
  });

const transaction: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 8, arbitrary: signed },
  {
    weight: 1,
    arbitrary: fc
      .record({ draft: signed, position: fc.nat({ max: 64 }), mask: fc.integer({ min: 1, max: 255 }) })
      .map(({ draft, position, mask }): Draft => (batch, nonces) => {
        const raw = draft(batch, nonces);
        return raw.with(position, raw[position]! ^ mask);
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0, 64, 65, 65, 312, 313, 5_000, 131_072, 131_073)
      .map((length) => () => new Uint8Array(length).fill(0x7f)),
  },
);
const transactions = fc.array(transaction, { maxLength: 6 });

const messageCount = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom(0, 2 ** 32 - 1));
/** Mostly a second or less after another. */
const timestamp = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0, 1, 1, 2, 12, 13, 900, 913, 5_000).map((seconds) => L1_TIME + seconds) },
  { weight: 1, arbitrary: fc.constantFrom(0, L1_TIME - 86_400, Number.MAX_SAFE_INTEGER) },
);
const block = fc.record({ timestamp, messages: messageCount, transactions });

/** Blocks that leave so little in a full bucket, at one time. */
function drainingBlocks(batch: number, rest: bigint): Parameters<typeof encodeBlocks>[0] {
  const last = FULL - 4n * OF_A_BLOCK - 3n * MOST_GAS - rest;
  return [MOST_GAS, MOST_GAS, MOST_GAS, last].map((gasLimit, nonce) => ({
    timestamp: 0,
    messages: 0,
    transactions: [signRaw(drainerOf(batch), { nonce: BigInt(nonce), to: BURNING, gasLimit, maxFeePerGas })],
  }));
}

/** What the bucket has then: less than a charge, a few charges, about a block, a block and a few. */
const rest = fc.oneof(
  fc.bigInt({ min: 0n, max: 25_000n }),
  fc.bigInt({ min: 45_000n, max: 56_000n }),
  fc.constantFrom(0n, 4_999n, 5_000n, 49_999n, 50_000n, 54_999n, 55_000n, 121_000n),
);

/** The content of blocks with a count of transactions that may be another than there are. */
const contentOf = (batch: number): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      blocks: fc.array(fc.tuple(block, fc.option(fc.constantFrom(0, 1, 3, 2 ** 32 - 1), { freq: 6, nil: undefined })), {
        maxLength: 4,
      }),
      drained: fc.oneof(fc.constant(undefined), rest),
      end: fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array()) }, fc.uint8Array({ maxLength: 20 })),
    })
    .map(({ blocks, drained, end }) => {
      const nonces = [0n, 0n];
      const encode = ([{ transactions, ...head }, announced]: (typeof blocks)[number]): Uint8Array => {
        const encoded = Buffer.from(
          encodeBlocks([{ ...head, transactions: transactions.map((draft) => draft(batch, nonces)) }]),
        );
        if (announced !== undefined) encoded.writeUInt32BE(announced, 12);
        return encoded;
      };
      const drain = drained === undefined ? new Uint8Array() : encodeBlocks(drainingBlocks(batch, drained));
      return Buffer.concat([drain, ...blocks.map(encode), end]);
    });

/** As blocks of a stream of every type, of which the last is final or is missing. */
const streamOf = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      cut: fc.nat({ max: bytes.length }),
      strategy: fc.constantFrom(constants.Z_FIXED, constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY),
      first: fc.constantFrom("stored", "flushed", "empty codes"),
      end: fc.constantFrom("final", "missing", "type 3"),
    })
    .map(({ cut, strategy, first, end }) => {
      const [head, tail] = [bytes.subarray(0, Math.min(cut, 65_535)), bytes.subarray(Math.min(cut, 65_535))];
      const finishFlush = end === "final" ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
      return Buffer.concat([
        Uint8Array.of(PAYLOAD_VERSION),
        // A whole number of bytes of empty blocks.
        first === "empty codes" ? bits(TINY_DYNAMIC.repeat(8)) : new Uint8Array(),
        first === "stored" ? stored(head) : deflateRawSync(head, { strategy, finishFlush: constants.Z_SYNC_FLUSH }),
        deflateRawSync(tail, { strategy, finishFlush }),
        end === "type 3" ? bits("011") : new Uint8Array(),
      ]);
    });

const payloadOf = (batch: number): fc.Arbitrary<Uint8Array> => {
  const content = contentOf(batch);
  return fc.oneof(
    { weight: 4, arbitrary: content.map(compressContent) },
    { weight: 4, arbitrary: content.chain(streamOf) },
    { weight: 1, arbitrary: content.map(compressContent).chain(mutations) },
    { weight: 1, arbitrary: content.chain(mutations).map(compressContent) },
    { weight: 1, arbitrary: content.chain(streamOf).chain(mutations) },
    { weight: 1, arbitrary: content.map((bytes) => compressContent(bytes).with(0, 2)) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array()) },
    { weight: 2, arbitrary: anyPayload },
  );
};

/** Message `index`: any, or a deposit of those that run. */
const message = (index: number): fc.Arbitrary<InboxMessage> =>
  fc.oneof(
    inboxMessage(index).map((it) => ({ ...it, hash: hashMessage(it) })),
    fc
      .record({
        sender: fc.constantFrom(STRANGER, sendersOf(0)[0].address, COUNTER),
        to: anywhere,
        mint: fc.constantFrom(0n, 1n, ETHER / 100n, ETHER),
        value: fc.constantFrom(0n, 1n, ETHER / 100n),
        gasLimit: fc.constantFrom(0n, 20_999n, 21_000n, 100_000n, MOST_GAS),
        refundTo: anywhere,
        data: fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.constant(hexToBytes(`0x${"00".repeat(33)}`))),
      })
      .map((fields) => deposit(index, fields)),
    fc
      .record({
        number: fc.nat({ max: 3 }),
        timestamp: fc.nat(),
        baseFee: fc.constantFrom(0n, GWEI, 10n ** 12n),
        blobBaseFee: fc.constantFrom(0n, 1n, GWEI),
      })
      .map((fields) => context(index, fields)),
  );

export interface RandomHistoryOptions {
  /** One batch in so many is of blobs, which take a step for each of their elements. */
  readonly oneOfBlobsIn: number;
}

/** Any history. `messagesUpTo` never decreases, as no Inbox would take that. */
export function randomHistory({ oneOfBlobsIn }: RandomHistoryOptions): fc.Arbitrary<HistoryOptions> {
  const batch = (index: number) =>
    fc.record({
      payload: payloadOf(index),
      kind: fc.nat({ max: oneOfBlobsIn - 1 }).map((draw) => (draw === 0 ? ("blobs" as const) : ("calldata" as const))),
      elapsed: fc.oneof(fc.constantFrom(0, 1, 12), fc.nat({ max: 100_000 })),
      upTo: fc.nat({ max: 6 }),
    });
  return fc
    .record({
      messages: fc
        .nat({ max: 6 })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => message(index)))),
      batches: fc
        .integer({ min: 1, max: MOST_BATCHES })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => batch(index)))),
      gasPerSecond: fc.constantFrom(2n, 1_000n, 1_000_000n),
    })
    .map(({ messages, batches, gasPerSecond }) => {
      let messagesUpTo = 0;
      return {
        balances,
        code,
        gasPerSecond,
        messages,
        batches: batches.map(({ upTo, ...fields }): BatchFields => {
          messagesUpTo = Math.max(messagesUpTo, Math.min(upTo, messages.length));
          return { ...fields, messagesUpTo };
        }),
      };
    });
}
