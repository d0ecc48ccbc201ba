import { keccak256 } from "../../src/primitives/index.ts";
import type { Batch } from "../../src/derivation/index.ts";
import type { Block, InboxMessage } from "../../src/rollup/index.ts";
import { addressOf, deposit, hashOf, makeBlock } from "./fixtures.ts";

const origin = { block: { number: 300, hash: hashOf("l1 block") }, transactionHash: hashOf("l1 transaction") };

const context: InboxMessage = {
  kind: "context",
  index: 0,
  hash: hashOf("context"),
  enqueuedAt: 1_700_000_000,
  number: 127,
  timestamp: 1_700_000_001,
  baseFee: 10n ** 9n,
  blobBaseFee: 1n,
  parentHash: hashOf("parent"),
};

const payload = Uint8Array.of(1, 2, 3);

const batch: Omit<Batch, "payload"> = {
  index: 7,
  kind: "calldata",
  dataHash: keccak256(payload),
  messagesUpTo: 128,
  number: 300,
  timestamp: 1_700_000_300,
};

function sampleBlock(): Block {
  const log = { address: addressOf("log"), topics: [hashOf("topic"), hashOf("other")], data: Uint8Array.of(0, 1) };
  const parent = makeBlock(undefined);
  const block = makeBlock(parent, { messages: [deposit(0)], signed: [[log], []] });
  const [first, second, third] = block.receipts as [
    (typeof block.receipts)[0],
    (typeof block.receipts)[0],
    (typeof block.receipts)[0],
  ];
  return {
    ...block,
    receipts: [
      first,
      { ...second, status: 0 },
      { ...third, contractAddress: addressOf("created"), gasUsed: 2n ** 255n },
    ],
  };
}

/** One value of every kind of record, and for what has variants one of each. */
export const SAMPLES = {
  origin,
  context,
  deposit: deposit(5),
  batch,
  blobBatch: { ...batch, kind: "blobs" } satisfies Omit<Batch, "payload">,
  block: sampleBlock(),
  messageHashes: [hashOf("context"), deposit(0).hash],
  derivedBatch: {
    batch: 7,
    lastBlock: 2 ** 40,
    lastBlockHash: hashOf("last"),
    nextMessage: 0,
    outboxRoot: hashOf("outbox"),
  },
  chainProgress: { heads: { latest: 1000, safe: 200, finalized: 0 }, derivedBatchCount: 8 },
  inboxProgress: { synced: { number: 301, hash: hashOf("synced") }, messageCount: 6, batchCount: 8, rewindCount: 1 },
  emptyInboxProgress: { synced: undefined, messageCount: 0, batchCount: 0, rewindCount: 0 },
  tracedBatch: { firstUnit: 70_000, unitCount: 61_680, checksum: hashOf("units") },
  traceProgress: { batchCount: 8, unitCount: 2 ** 40 },
  location: { blockNumber: 70_000, index: 0 },
};
