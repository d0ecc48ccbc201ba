import { MAX_TRANSACTION_SIZE, MIN_TRANSACTION_SIZE } from "../ethereum/index.ts";
import type { PayloadContent } from "./payload-content.ts";

/** A block as a batch carries it (specification §3 rule 2), before derivation clamps it and gives it its messages. */
export interface EncodedBlock {
  /** Seconds; at most 2^53 − 1. A larger encoded value is read as 2^53 − 1, which derivation clamps to the same. */
  readonly timestamp: number;
  /** How many Inbox messages the block consumes; below 2^32. */
  readonly messages: number;
  /** Raw EIP-2718 bytes, each below 2^24 bytes long. */
  readonly transactions: readonly Uint8Array[];
}

/** Most blocks one payload gives (specification §3 rule 2), so that the size of a claim's trace is bounded (design §5). */
export const MAXIMUM_BLOCKS = 4_096;

/** Bytes of a block before its transactions. */
export const BLOCK_HEAD_SIZE = 16;
/** Bytes of the length of a transaction, which comes before it. */
export const TRANSACTION_LENGTH_SIZE = 3;
const MAXIMUM_UINT24 = 2 ** 24 - 1;
const MAXIMUM_UINT32 = 2 ** 32 - 1;

/** Size of a block's encoding in bytes: 16, and 3 more than its length for every transaction. */
export function encodedBlockSize(block: EncodedBlock): number {
  return block.transactions.reduce(
    (size, transaction) => size + TRANSACTION_LENGTH_SIZE + transaction.length,
    BLOCK_HEAD_SIZE,
  );
}

/** The blocks' encodings, concatenated. Throws a RangeError that names a value that does not fit its field. */
export function encodeBlocks(blocks: readonly EncodedBlock[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((size, block) => size + encodedBlockSize(block), 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const block of blocks) {
    checkNatural("block timestamp", block.timestamp, Number.MAX_SAFE_INTEGER);
    checkNatural("message count", block.messages, MAXIMUM_UINT32);
    view.setBigUint64(offset, BigInt(block.timestamp));
    view.setUint32(offset + 8, block.messages);
    view.setUint32(offset + 12, block.transactions.length);
    offset += BLOCK_HEAD_SIZE;
    for (const transaction of block.transactions) {
      checkNatural("transaction length", transaction.length, MAXIMUM_UINT24);
      view.setUint8(offset, transaction.length >>> 16);
      view.setUint16(offset + 1, transaction.length & 0xffff);
      bytes.set(transaction, offset + TRANSACTION_LENGTH_SIZE);
      offset += TRANSACTION_LENGTH_SIZE + transaction.length;
    }
  }
  return bytes;
}

/** A block's encoding as far as it was read. */
export interface ParsedBlock extends EncodedBlock {
  /** Position after it. */
  readonly end: number;
  /** Nothing after it is read: a transaction is cut short, has a length that none may have, or is one too many. */
  readonly isLast: boolean;
}

/**
 * Reads a block (specification §3 rule 2); total: any bytes give some block, or undefined where too few for a block head are
 * left. What the gas bucket pays for is not asked: of a batch that is for derivation.
 */
export function readBlock(content: PayloadContent, position: number): ParsedBlock | undefined {
  const head = content.read(position, BLOCK_HEAD_SIZE);
  if (head === undefined) return undefined;
  const { timestamp, messages, transactionCount } = decodeBlockHead(head);
  const transactions: Uint8Array[] = [];
  let end = position + BLOCK_HEAD_SIZE;
  while (transactions.length < transactionCount) {
    const lengthBytes = content.read(end, TRANSACTION_LENGTH_SIZE);
    const length = lengthBytes === undefined ? 0 : decodeTransactionLength(lengthBytes);
    const raw = isTransactionLength(length) ? content.read(end + TRANSACTION_LENGTH_SIZE, length) : undefined;
    if (raw === undefined) return { timestamp, messages, transactions, end, isLast: true };
    transactions.push(raw);
    end += TRANSACTION_LENGTH_SIZE + length;
  }
  return { timestamp, messages, transactions, end, isLast: false };
}

/** What a block begins with, from its first 16 bytes. */
export function decodeBlockHead(
  head: Uint8Array,
): Pick<EncodedBlock, "timestamp" | "messages"> & { readonly transactionCount: number } {
  const view = new DataView(head.buffer, head.byteOffset, BLOCK_HEAD_SIZE);
  return {
    timestamp: Number(minimum(view.getBigUint64(0), BigInt(Number.MAX_SAFE_INTEGER))),
    messages: view.getUint32(8),
    transactionCount: view.getUint32(12),
  };
}

function minimum(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

/** The length of a listed transaction, from its 3 bytes. */
export function decodeTransactionLength([high = 0, middle = 0, low = 0]: Uint8Array): number {
  return (high << 16) | (middle << 8) | low;
}

/** Whether a listed transaction may have this length in bytes (specification §3 rule 2). */
export function isTransactionLength(length: number): boolean {
  return length >= MIN_TRANSACTION_SIZE && length <= MAX_TRANSACTION_SIZE;
}

function checkNatural(what: string, value: number, maximum: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > maximum) {
    throw new RangeError(`expected a ${what} between 0 and ${maximum}, got ${value}`);
  }
}
