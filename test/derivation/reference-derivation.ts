import type { Batch, DerivationCursor } from "../../src/derivation/index.ts";
import type { BlockInput, InboxMessage } from "../../src/rollup/index.ts";
import { referenceInflate } from "./reference-inflate.ts";

/**
 * Specification §3 once more, sentence by sentence, sharing nothing with the implementation: whole lists instead of a
 * generator, big integers instead of numbers, and an inflater of its own.
 */
export function referenceDerive(
  cursor: DerivationCursor,
  batch: Batch,
  messages: readonly InboxMessage[],
  blockGasLimit: bigint,
): { readonly blocks: readonly BlockInput[]; readonly cursor: DerivationCursor } {
  const unread = messages.slice(cursor.nextMessage, Math.max(cursor.nextMessage, batch.messagesUpTo));
  const blocks: BlockInput[] = [];
  let parent = BigInt(cursor.parentTimestamp);

  const consume = (count: number): InboxMessage[] => {
    const consumed: InboxMessage[] = [];
    while (consumed.length < count && unread.length > 0) {
      const gas = [...consumed, unread[0]!].reduce((sum, it) => sum + (it.kind === "deposit" ? it.gasLimit : 0n), 0n);
      if (gas > blockGasLimit) break;
      consumed.push(unread.shift()!);
    }
    return consumed;
  };

  let rest = contentOf(batch.payload);
  const take = (count: number): bigint => {
    const bytes = rest.subarray(0, count);
    rest = rest.subarray(count);
    return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  };
  while (rest.length >= 16 && blocks.length < 4_096) {
    const timestamp = take(8);
    const messageCount = Number(take(4));
    const transactionCount = Number(take(4));
    const transactions: Uint8Array[] = [];
    let cutShort = false;
    while (!cutShort && transactions.length < transactionCount) {
      const length = rest.length >= 3 ? Number(take(3)) : Infinity;
      cutShort = rest.length < length;
      if (!cutShort) {
        transactions.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    }
    if (cutShort) rest = new Uint8Array(0);
    parent = max(parent, min(max(timestamp, BigInt(batch.timestamp) - 86_400n), BigInt(batch.timestamp) + 900n));
    blocks.push({ timestamp: Number(parent), messages: consume(messageCount), transactions });
  }

  while (unread.length > 0) {
    parent = max(parent, BigInt(batch.timestamp));
    blocks.push({ timestamp: Number(parent), messages: consume(Infinity), transactions: [] });
  }
  return {
    blocks,
    cursor: {
      nextBatch: cursor.nextBatch + 1,
      nextMessage: Math.max(cursor.nextMessage, batch.messagesUpTo),
      parentTimestamp: Number(parent),
    },
  };
}

function contentOf(payload: Uint8Array): Uint8Array {
  return payload[0] === 1 ? referenceInflate(payload.slice(1), 4 * 1024 * 1024) : new Uint8Array(0);
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
