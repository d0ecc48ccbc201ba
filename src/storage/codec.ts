import { RLP } from "@ethereumjs/rlp";
import type { Input, NestedUint8Array } from "@ethereumjs/rlp";
import type { Batch } from "../derivation/index.ts";
import type { Log } from "../ethereum/index.ts";
import { bytesToBigint, bytesToHex, concatBytes, hexToBytes } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import { decodeHeader, encodeHeader } from "../rollup/index.ts";
import type { Block, BlockTransaction, DepositMessage, InboxMessage, Receipt } from "../rollup/index.ts";
import type { DerivedBatch, Heads, L1BlockReference } from "./types.ts";

/**
 * Records on disk: a version byte, then the RLP of a list of the fields in the order of the functions below. Hashes and
 * addresses are their bytes, integers are minimal big-endian, undefined is the empty string.
 */
const RECORD_VERSION = 1;

type Field = Uint8Array | NestedUint8Array;

function encodeRecord(fields: Input[]): Uint8Array {
  return concatBytes([Uint8Array.of(RECORD_VERSION), RLP.encode(fields)]);
}

function decodeRecord(record: Uint8Array): readonly Field[] {
  if (record[0] !== RECORD_VERSION) {
    throw new Error(
      `corrupt database: expected a record of version ${RECORD_VERSION}, got ${bytesToHex(record.subarray(0, 32))}`,
    );
  }
  // A plain view, so that what is sliced out of it is a Uint8Array of its own and no Buffer.
  return list(RLP.decode(new Uint8Array(record.buffer, record.byteOffset + 1, record.length - 1)));
}

function corrupt(expected: string, field: Field | undefined): Error {
  const actual = field instanceof Uint8Array ? bytesToHex(field.subarray(0, 32)) : typeof field;
  return new Error(`corrupt database: expected ${expected}, got ${actual}`);
}

function list(field: Field | undefined): readonly Field[] {
  if (!Array.isArray(field)) throw corrupt("a list", field);
  return field;
}

function bytes(field: Field | undefined): Uint8Array {
  if (!(field instanceof Uint8Array)) throw corrupt("a byte string", field);
  return field;
}

function hex(field: Field | undefined): Hex {
  return bytesToHex(bytes(field));
}

function integer(field: Field | undefined): bigint {
  return bytesToBigint(bytes(field));
}

function safeInteger(field: Field | undefined): number {
  const value = integer(field);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt("a safe integer", field);
  return Number(value);
}

/** Header, hash and message range of a block. */
export function encodeSummary(block: Block): Uint8Array {
  return encodeRecord([hexToBytes(block.hash), encodeHeader(block.header), block.firstMessage, block.nextMessage]);
}

export function decodeSummary(record: Uint8Array): Pick<Block, "hash" | "header" | "firstMessage" | "nextMessage"> {
  const [hash, header, firstMessage, nextMessage] = decodeRecord(record);
  return {
    hash: hex(hash),
    header: decodeHeader(bytes(header)),
    firstMessage: safeInteger(firstMessage),
    nextMessage: safeInteger(nextMessage),
  };
}

/** Transactions of a block, and the hashes of all Inbox messages it consumed. */
export function encodeBody(transactions: readonly BlockTransaction[], messageHashes: readonly Hash[]): Uint8Array {
  return encodeRecord([transactions.map(transactionFields), messageHashes.map(hexToBytes)]);
}

export function decodeBody(record: Uint8Array): {
  readonly transactions: readonly BlockTransaction[];
  readonly messageHashes: readonly Hash[];
} {
  const [transactions, messageHashes] = decodeRecord(record);
  return { transactions: list(transactions).map(transactionOf), messageHashes: list(messageHashes).map(hex) };
}

function transactionFields(transaction: BlockTransaction): Input[] {
  return transaction.kind === "deposit"
    ? [0, transaction.nonce, messageFields(transaction.message)]
    : [1, hexToBytes(transaction.hash), hexToBytes(transaction.sender), transaction.raw];
}

function transactionOf(field: Field): BlockTransaction {
  const [kind, ...rest] = list(field);
  if (safeInteger(kind) === 0) {
    const message = messageOf(rest[1]);
    if (message.kind !== "deposit") throw corrupt("a deposit", kind);
    return { kind: "deposit", hash: message.hash, message, nonce: integer(rest[0]) };
  }
  return { kind: "signed", hash: hex(rest[0]), sender: hex(rest[1]), raw: bytes(rest[2]) };
}

export function encodeReceipts(receipts: readonly Receipt[]): Uint8Array {
  return encodeRecord(
    receipts.map((receipt) => [
      hexToBytes(receipt.transactionHash),
      receipt.status,
      receipt.gasUsed,
      receipt.cumulativeGasUsed,
      receipt.dataGas,
      receipt.effectiveGasPrice,
      receipt.contractAddress === undefined ? null : hexToBytes(receipt.contractAddress),
      receipt.logs.map((log) => [hexToBytes(log.address), log.topics.map(hexToBytes), log.data]),
    ]),
  );
}

export function decodeReceipts(record: Uint8Array): readonly Receipt[] {
  return decodeRecord(record).map((field) => {
    const [transactionHash, status, gasUsed, cumulativeGasUsed, dataGas, effectiveGasPrice, contractAddress, logs] =
      list(field);
    return {
      transactionHash: hex(transactionHash),
      status: safeInteger(status) === 0 ? 0 : 1,
      gasUsed: integer(gasUsed),
      cumulativeGasUsed: integer(cumulativeGasUsed),
      dataGas: integer(dataGas),
      effectiveGasPrice: integer(effectiveGasPrice),
      contractAddress: bytes(contractAddress).length === 0 ? undefined : hex(contractAddress),
      logs: list(logs).map(logOf),
    };
  });
}

function logOf(field: Field): Log {
  const [address, topics, data] = list(field);
  return { address: hex(address), topics: list(topics).map(hex), data: bytes(data) };
}

function messageFields(message: InboxMessage): Input[] {
  const common = [message.index, hexToBytes(message.hash), message.enqueuedAt];
  return message.kind === "deposit"
    ? [
        0,
        ...common,
        hexToBytes(message.sender),
        hexToBytes(message.to),
        message.mint,
        message.value,
        message.gasLimit,
        hexToBytes(message.refundTo),
        message.data,
      ]
    : [
        1,
        ...common,
        message.number,
        message.timestamp,
        message.baseFee,
        message.blobBaseFee,
        hexToBytes(message.parentHash),
      ];
}

function messageOf(field: Field | undefined): InboxMessage {
  const [kind, index, hash, enqueuedAt, ...body] = list(field);
  const common = { index: safeInteger(index), hash: hex(hash), enqueuedAt: safeInteger(enqueuedAt) };
  if (safeInteger(kind) === 0) {
    const deposit: DepositMessage = {
      kind: "deposit",
      ...common,
      sender: hex(body[0]),
      to: hex(body[1]),
      mint: integer(body[2]),
      value: integer(body[3]),
      gasLimit: integer(body[4]),
      refundTo: hex(body[5]),
      data: bytes(body[6]),
    };
    return deposit;
  }
  return {
    kind: "context",
    ...common,
    number: safeInteger(body[0]),
    timestamp: safeInteger(body[1]),
    baseFee: integer(body[2]),
    blobBaseFee: integer(body[3]),
    parentHash: hex(body[4]),
  };
}

/** Where on L1 an entry of the Inbox stands. */
export interface Origin {
  readonly block: L1BlockReference;
  readonly transactionHash: Hash;
}

function originFields(origin: Origin): Input[] {
  return [origin.block.number, hexToBytes(origin.block.hash), hexToBytes(origin.transactionHash)];
}

function originOf(field: Field | undefined): Origin {
  const [number, hash, transactionHash] = list(field);
  return { block: { number: safeInteger(number), hash: hex(hash) }, transactionHash: hex(transactionHash) };
}

export function encodeMessage(message: InboxMessage, origin: Origin): Uint8Array {
  return encodeRecord([originFields(origin), messageFields(message)]);
}

export function decodeMessage(record: Uint8Array): { readonly message: InboxMessage; readonly origin: Origin } {
  const [origin, message] = decodeRecord(record);
  return { message: messageOf(message), origin: originOf(origin) };
}

/** A batch without its payload, which is a record of its own. */
export function encodeBatch(batch: Omit<Batch, "payload">, origin: Origin): Uint8Array {
  return encodeRecord([
    originFields(origin),
    batch.index,
    batch.kind === "calldata" ? 0 : 1,
    hexToBytes(batch.dataHash),
    batch.messagesUpTo,
    batch.number,
    batch.timestamp,
  ]);
}

export function decodeBatch(record: Uint8Array): { readonly batch: Omit<Batch, "payload">; readonly origin: Origin } {
  const [origin, index, kind, dataHash, messagesUpTo, number, timestamp] = decodeRecord(record);
  return {
    batch: {
      index: safeInteger(index),
      kind: safeInteger(kind) === 0 ? "calldata" : "blobs",
      dataHash: hex(dataHash),
      messagesUpTo: safeInteger(messagesUpTo),
      number: safeInteger(number),
      timestamp: safeInteger(timestamp),
    },
    origin: originOf(origin),
  };
}

export function encodeDerivedBatch(derived: DerivedBatch): Uint8Array {
  return encodeRecord([
    derived.batch,
    derived.lastBlock,
    hexToBytes(derived.lastBlockHash),
    derived.nextMessage,
    hexToBytes(derived.outboxRoot),
  ]);
}

export function decodeDerivedBatch(record: Uint8Array): DerivedBatch {
  const [batch, lastBlock, lastBlockHash, nextMessage, outboxRoot] = decodeRecord(record);
  return {
    batch: safeInteger(batch),
    lastBlock: safeInteger(lastBlock),
    lastBlockHash: hex(lastBlockHash),
    nextMessage: safeInteger(nextMessage),
    outboxRoot: hex(outboxRoot),
  };
}

/** What the chain store knows besides its tables. */
export interface ChainProgress {
  readonly heads: Heads;
  readonly derivedBatchCount: number;
}

export function encodeChainProgress({ heads, derivedBatchCount }: ChainProgress): Uint8Array {
  return encodeRecord([heads.latest, heads.safe, heads.finalized, derivedBatchCount]);
}

export function decodeChainProgress(record: Uint8Array): ChainProgress {
  const [latest, safe, finalized, derivedBatchCount] = decodeRecord(record).map(safeInteger);
  return {
    heads: { latest: latest ?? 0, safe: safe ?? 0, finalized: finalized ?? 0 },
    derivedBatchCount: derivedBatchCount ?? 0,
  };
}

/** What the Inbox store knows besides its tables. */
export interface InboxProgress {
  readonly synced: L1BlockReference | undefined;
  readonly messageCount: number;
  readonly batchCount: number;
  readonly rewindCount: number;
}

export function encodeInboxProgress(progress: InboxProgress): Uint8Array {
  const { synced } = progress;
  return encodeRecord([
    synced === undefined ? [] : [synced.number, hexToBytes(synced.hash)],
    progress.messageCount,
    progress.batchCount,
    progress.rewindCount,
  ]);
}

export function decodeInboxProgress(record: Uint8Array): InboxProgress {
  const [synced, messageCount, batchCount, rewindCount] = decodeRecord(record);
  const [number, hash] = list(synced);
  return {
    synced: number === undefined ? undefined : { number: safeInteger(number), hash: hex(hash) },
    messageCount: safeInteger(messageCount),
    batchCount: safeInteger(batchCount),
    rewindCount: safeInteger(rewindCount),
  };
}

/** Place of a transaction in the canonical chain. */
export function encodeLocation(blockNumber: number, index: number): Uint8Array {
  return encodeRecord([blockNumber, index]);
}

export function decodeLocation(record: Uint8Array): { readonly blockNumber: number; readonly index: number } {
  const [blockNumber, index] = decodeRecord(record);
  return { blockNumber: safeInteger(blockNumber), index: safeInteger(index) };
}
