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

/** Sends what empties the bucket, and nothing else, so that its nonces are known. */
const DRAINER = wallet(2);
const SENDERS = [wallet(0), wallet(1)] as const;
const STRANGER = wallet(7).address;
const balances = Object.fromEntries([DRAINER, ...SENDERS].map(({ address }) => [address, ETHER]));

const FULL = 60_000_000n;
const OF_A_BLOCK = 50_000n;
const MOST_GAS = 2n ** 24n;

const anywhere = fc.constantFrom<Address>(
  ...(Object.keys(code) as Address[]),
  account(1),
  STRANGER,
  OUTBOX_ADDRESS,
  "0x0000000000000000000000000000000000000004",
);

/** Transactions as users sign them, most of them with the nonce that is next if all before them are valid. */
const signedTransactions = fc
  .array(
    fc.record({
      sender: fc.nat({ max: 1 }),
      slip: fc.oneof({ weight: 9, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: fc.constant(1n) }),
      type: fc.constantFrom(0, 1, 2),
      // Without a recipient a contract is created.
      to: fc.oneof({ weight: 6, arbitrary: anywhere.map((to) => ({ to })) }, { weight: 1, arbitrary: fc.constant({}) }),
      value: fc.constantFrom(0n, 1n, 1n, 2n * ETHER),
      gasLimit: fc.constantFrom(21_000n, 60_000n, 100_000n, 100_000n, 300_000n),
      data: fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 80 })),
    }),
    { maxLength: 6 },
  )
  .map((all) => {
    const nonces = [0n, 0n];
    return all.map(({ sender, slip, to, ...fields }) =>
      signRaw(SENDERS[sender]!, { ...fields, ...to, nonce: nonces[sender]!++ + slip }),
    );
  });

const transactions = fc.oneof(
  { weight: 4, arbitrary: signedTransactions },
  {
    weight: 1,
    arbitrary: signedTransactions.chain((all) =>
      all.length === 0 ? fc.constant(all) : mutations(all[0]!).map((mutated) => [mutated, ...all]),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(0, 64, 65, 312, 313, 5_000, 131_072, 131_073), { maxLength: 3 })
      .map((lengths) => lengths.map((length) => new Uint8Array(length).fill(0x7f))),
  },
);

const messageCount = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom(0, 2 ** 32 - 1));
/** Mostly a second or less after another. */
const timestamp = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0, 1, 1, 2, 12, 13, 900, 913, 5_000).map((seconds) => L1_TIME + seconds) },
  { weight: 1, arbitrary: fc.constantFrom(0, L1_TIME - 86_400, Number.MAX_SAFE_INTEGER) },
);
const block = fc.record({ timestamp, messages: messageCount, transactions });

/** Blocks that leave so little in a full bucket, at one time. */
function drain(rest: bigint): Parameters<typeof encodeBlocks>[0] {
  const last = FULL - 4n * OF_A_BLOCK - 3n * MOST_GAS - rest;
  return [MOST_GAS, MOST_GAS, MOST_GAS, last].map((gasLimit, nonce) => ({
    timestamp: 0,
    messages: 0,
    transactions: [signRaw(DRAINER, { nonce: BigInt(nonce), to: BURNING, gasLimit, maxFeePerGas: 1_000n * GWEI })],
  }));
}

/** What the bucket has after `drain`: less than a charge, a few charges, about a block, a block and a few. */
const rest = fc.oneof(
  fc.bigInt({ min: 0n, max: 25_000n }),
  fc.bigInt({ min: 45_000n, max: 56_000n }),
  fc.constantFrom(0n, 4_999n, 5_000n, 49_999n, 50_000n, 54_999n, 55_000n, 121_000n),
);

/** The content of blocks with a count of transactions that may be another than there are. */
const content = fc
  .record({
    blocks: fc.array(fc.tuple(block, fc.option(fc.constantFrom(0, 1, 3, 2 ** 32 - 1), { freq: 6 })), { maxLength: 4 }),
    drained: fc.option(rest, { freq: 3 }),
    end: fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array()) }, fc.uint8Array({ maxLength: 20 })),
  })
  .map(({ blocks, drained, end }) =>
    Buffer.concat([
      drained === null ? new Uint8Array() : encodeBlocks(drain(drained)),
      ...blocks.map(([it, announced]) => {
        const encoded = Buffer.from(encodeBlocks([it]));
        if (announced !== null) encoded.writeUInt32BE(announced, 12);
        return encoded;
      }),
      end,
    ]),
  );

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

const payload = fc.oneof(
  { weight: 3, arbitrary: content.map(compressContent) },
  { weight: 3, arbitrary: content.chain(streamOf) },
  { weight: 2, arbitrary: content.map(compressContent).chain(mutations) },
  { weight: 1, arbitrary: content.chain(streamOf).chain(mutations) },
  { weight: 1, arbitrary: content.map((bytes) => compressContent(bytes).with(0, 2)) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array()) },
  { weight: 3, arbitrary: anyPayload },
);

/** Message `index`: any, or a deposit of those that run. */
const message = (index: number): fc.Arbitrary<InboxMessage> =>
  fc.oneof(
    inboxMessage(index).map((it) => ({ ...it, hash: hashMessage(it) })),
    fc
      .record({
        sender: fc.constantFrom(STRANGER, SENDERS[0].address, COUNTER),
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
  const batch = fc.record({
    payload,
    kind: fc.nat({ max: oneOfBlobsIn - 1 }).map((draw) => (draw === 0 ? ("blobs" as const) : ("calldata" as const))),
    elapsed: fc.oneof(fc.constantFrom(0, 1, 12), fc.nat({ max: 100_000 })),
    upTo: fc.nat({ max: 6 }),
  });
  return fc
    .record({
      messages: fc
        .nat({ max: 6 })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => message(index)))),
      batches: fc.array(batch, { minLength: 1, maxLength: 3 }),
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
