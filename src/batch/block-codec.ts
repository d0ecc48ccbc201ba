/** A block as a batch carries it (specification §3 rule 2), before derivation clamps it and gives it its messages. */
export interface EncodedBlock {
  /** Seconds; at most 2^53 − 1. A larger encoded value is read as 2^53 − 1, which derivation clamps to the same. */
  readonly timestamp: number;
  /** How many Inbox messages the block consumes; below 2^32. */
  readonly messages: number;
  /** Raw EIP-2718 bytes, each below 2^24 bytes long. */
  readonly transactions: readonly Uint8Array[];
}

/**
 * Most blocks one payload gives (specification §3 rule 2). Without a limit a payload of 4 KB could hold 262,144 empty
 * blocks, each of which every node would have to execute.
 */
export const MAXIMUM_BLOCKS = 4_096;

const HEAD_SIZE = 16;
const LENGTH_SIZE = 3;
const MAXIMUM_UINT24 = 2 ** 24 - 1;
const MAXIMUM_UINT32 = 2 ** 32 - 1;

/** Size of a block's encoding in bytes: 16, and 3 more than its length for every transaction. */
export function encodedBlockSize(block: EncodedBlock): number {
  return block.transactions.reduce((size, transaction) => size + LENGTH_SIZE + transaction.length, HEAD_SIZE);
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
    offset += HEAD_SIZE;
    for (const transaction of block.transactions) {
      checkNatural("transaction length", transaction.length, MAXIMUM_UINT24);
      view.setUint8(offset, transaction.length >>> 16);
      view.setUint16(offset + 1, transaction.length & 0xffff);
      bytes.set(transaction, offset + LENGTH_SIZE);
      offset += LENGTH_SIZE + transaction.length;
    }
  }
  return bytes;
}

/**
 * Parses blocks one at a time; total: any bytes give some blocks. Bytes that are too few for a block head end it without
 * a block; a transaction that is cut short ends it with a block of the transactions before; so does the last of
 * `MAXIMUM_BLOCKS` blocks. The transactions are views into `bytes`.
 */
export function* parseBlocks(bytes: Uint8Array): Generator<EncodedBlock, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  let complete = true;
  for (let count = 0; count < MAXIMUM_BLOCKS && complete && bytes.length - offset >= HEAD_SIZE; count++) {
    const timestamp = view.getBigUint64(offset);
    const messages = view.getUint32(offset + 8);
    const transactionCount = view.getUint32(offset + 12);
    offset += HEAD_SIZE;
    const transactions: Uint8Array[] = [];
    while (complete && transactions.length < transactionCount) {
      const length = bytes.length - offset < LENGTH_SIZE ? Infinity : readUint24(view, offset);
      const end = offset + LENGTH_SIZE + length;
      if (end <= bytes.length) {
        transactions.push(bytes.subarray(offset + LENGTH_SIZE, end));
        offset = end;
      } else {
        complete = false;
      }
    }
    yield {
      timestamp: timestamp > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(timestamp),
      messages,
      transactions,
    };
  }
}

function readUint24(view: DataView, offset: number): number {
  return (view.getUint8(offset) << 16) | view.getUint16(offset + 1);
}

function checkNatural(what: string, value: number, maximum: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > maximum) {
    throw new RangeError(`expected a ${what} between 0 and ${maximum}, got ${value}`);
  }
}
