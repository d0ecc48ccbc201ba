import type { Batch } from "../derivation/index.ts";
import type { Log } from "../ethereum/index.ts";
import type { Hash } from "../primitives/index.ts";
import { decodeHeader, encodeHeader } from "../rollup/index.ts";
import type {
  BlockHeader,
  BlockTransaction,
  ContextMessage,
  DepositMessage,
  InboxMessage,
  Receipt,
} from "../rollup/index.ts";
import {
  bytes,
  createRecordCodec,
  either,
  hex,
  integer,
  mapped,
  nested,
  object,
  optionalHex,
  optionalNested,
  repeated,
  safeInteger,
  union,
} from "./record-schema.ts";
import type { Schema } from "./record-schema.ts";
import type { BlockSummary, DerivedBatch, Heads, L1BlockReference, TracedBatch, TransactionLocation } from "./types.ts";

/** Transactions of a block, and the hashes of all Inbox messages it consumed. */
export interface BlockBody {
  readonly transactions: readonly BlockTransaction[];
  readonly messageHashes: readonly Hash[];
}

/** Where on L1 an entry of the Inbox stands. */
export interface Origin {
  readonly block: L1BlockReference;
  readonly transactionHash: Hash;
}

/** A message of the Inbox, and where it stands. */
export interface StoredMessage {
  readonly message: InboxMessage;
  readonly origin: Origin;
}

/** A batch without its payload, which is a record of its own, and where it stands. */
export interface StoredBatch {
  readonly batch: Omit<Batch, "payload">;
  readonly origin: Origin;
}

/** What the chain store knows besides its tables. */
export interface ChainProgress {
  readonly heads: Heads;
  readonly derivedBatchCount: number;
}

/** What the Inbox store knows besides its tables. */
export interface InboxProgress {
  readonly synced: L1BlockReference | undefined;
  readonly messageCount: number;
  readonly batchCount: number;
  readonly rewindCount: number;
}

/** What the trace store knows besides its tables. */
export interface TraceProgress {
  readonly batchCount: number;
  readonly unitCount: number;
}

// The order of the properties of every object below is the order of the fields on disk: none may be moved.

const header: Schema<BlockHeader> = mapped(bytes, { toStored: encodeHeader, fromStored: decodeHeader });

const l1Block = object<L1BlockReference>({ number: safeInteger, hash: hex });

const origin = object<Origin>({ block: l1Block, transactionHash: hex });

const messageIdentity = { index: safeInteger, hash: hex, enqueuedAt: safeInteger };

const message = union<InboxMessage>({
  deposit: object<Omit<DepositMessage, "kind">>({
    ...messageIdentity,
    sender: hex,
    to: hex,
    mint: integer,
    value: integer,
    gasLimit: integer,
    refundTo: hex,
    data: bytes,
  }),
  context: object<Omit<ContextMessage, "kind">>({
    ...messageIdentity,
    number: safeInteger,
    timestamp: safeInteger,
    baseFee: integer,
    blobBaseFee: integer,
    parentHash: hex,
  }),
});

const depositMessage: Schema<DepositMessage> = mapped(message, {
  toStored: (value) => value,
  fromStored(stored) {
    if (stored.kind !== "deposit") throw new Error(`corrupt database: expected a deposit, got a ${stored.kind}`);
    return stored;
  },
});

const transaction = union<BlockTransaction>({
  deposit: mapped(
    object<{ readonly nonce: bigint; readonly message: DepositMessage }>({
      nonce: integer,
      message: nested(depositMessage),
    }),
    {
      toStored: (value: Omit<Extract<BlockTransaction, { readonly kind: "deposit" }>, "kind">) => value,
      fromStored: (stored) => ({ ...stored, hash: stored.message.hash }),
    },
  ),
  signed: object<Omit<Extract<BlockTransaction, { readonly kind: "signed" }>, "kind">>({
    hash: hex,
    sender: hex,
    raw: bytes,
  }),
});

const log = object<Log>({ address: hex, topics: nested(repeated(hex)), data: bytes });

const receipt = object<Receipt>({
  transactionHash: hex,
  status: either(0, 1),
  gasUsed: integer,
  cumulativeGasUsed: integer,
  dataGas: integer,
  effectiveGasPrice: integer,
  contractAddress: optionalHex,
  logs: nested(repeated(nested(log))),
});

/** Header, hash and message range of a block. */
export const summaryCodec = createRecordCodec(
  object<BlockSummary>({ hash: hex, header, firstMessage: safeInteger, nextMessage: safeInteger }),
);

export const bodyCodec = createRecordCodec(
  object<BlockBody>({ transactions: nested(repeated(nested(transaction))), messageHashes: nested(repeated(hex)) }),
);

export const receiptsCodec = createRecordCodec(repeated(nested(receipt)));

/** Place of a transaction in the canonical chain. */
export const locationCodec = createRecordCodec(
  object<TransactionLocation>({ blockNumber: safeInteger, index: safeInteger }),
);

export const derivedBatchCodec = createRecordCodec(
  object<DerivedBatch>({
    batch: safeInteger,
    lastBlock: safeInteger,
    lastBlockHash: hex,
    nextMessage: safeInteger,
    outboxRoot: hex,
  }),
);

export const chainProgressCodec = createRecordCodec(
  object<ChainProgress>({
    heads: object<Heads>({ latest: safeInteger, safe: safeInteger, finalized: safeInteger }),
    derivedBatchCount: safeInteger,
  }),
);

export const messageCodec = createRecordCodec(
  object<StoredMessage>({ origin: nested(origin), message: nested(message) }),
);

export const batchCodec = createRecordCodec(
  object<StoredBatch>({
    origin: nested(origin),
    batch: object<StoredBatch["batch"]>({
      index: safeInteger,
      kind: either("calldata", "blobs"),
      dataHash: hex,
      messagesUpTo: safeInteger,
      number: safeInteger,
      timestamp: safeInteger,
    }),
  }),
);

export const inboxProgressCodec = createRecordCodec(
  object<InboxProgress>({
    synced: optionalNested(l1Block),
    messageCount: safeInteger,
    batchCount: safeInteger,
    rewindCount: safeInteger,
  }),
);

export const tracedBatchCodec = createRecordCodec(
  object<TracedBatch>({ firstUnit: safeInteger, unitCount: safeInteger, checksum: hex }),
);

export const traceProgressCodec = createRecordCodec(
  object<TraceProgress>({ batchCount: safeInteger, unitCount: safeInteger }),
);
