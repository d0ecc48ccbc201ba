import type { Batch, DerivationCursor, DerivationRules } from "../../src/derivation/index.ts";
import type { InboxMessage } from "../../src/rollup/index.ts";
import { modelOf } from "./model-execution.ts";
import type { ModelledBlock } from "./model-execution.ts";
import { referenceInflate } from "./reference-inflate.ts";

/**
 * Specification §3 once more, sentence by sentence, sharing nothing with the implementation: whole lists instead of a
 * generator, big integers instead of numbers, and an inflater of its own.
 */
export function referenceDerive(
  cursor: DerivationCursor,
  batch: Batch,
  messages: readonly InboxMessage[],
  { gasCapacity: capacity, gasPerSecond: speed }: DerivationRules,
): { readonly blocks: readonly ModelledBlock[]; readonly cursor: DerivationCursor } {
  const unread = messages.slice(cursor.nextMessage, Math.max(cursor.nextMessage, batch.messagesUpTo));
  const blocks: ModelledBlock[] = [];
  let parent = BigInt(cursor.parentTimestamp);
  let level = cursor.gasLevel;

  const consume = (count: number): InboxMessage[] => {
    const consumed: InboxMessage[] = [];
    while (consumed.length < count && unread.length > 0) {
      if ([...consumed, unread[0]!].reduce((sum, message) => sum + weightOf(message), 0n) > capacity) break;
      consumed.push(unread.shift()!);
    }
    return consumed;
  };

  let rest = contentOf(batch.payload);
  let isOver = false;
  const take = (count: number): bigint => {
    const bytes = rest.slice(0, count);
    rest = rest.subarray(count);
    return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  };
  while (!isOver && rest.length >= 16 && blocks.length < 4_096) {
    const encoded = take(8);
    const messageCount = Number(take(4));
    const transactionCount = Number(take(4));
    const time = max(parent, min(max(encoded, BigInt(batch.timestamp) - 86_400n), BigInt(batch.timestamp) + 900n));
    const available = min(capacity, level + speed * (time - parent));
    if (available < 50_000n) break;
    parent = time;
    level = available - 50_000n;
    const consumed = consume(messageCount);
    const transactions: Uint8Array[] = [];
    while (!isOver && transactions.length < transactionCount) {
      const length = rest.length >= 3 ? Number(take(3)) : 0;
      const charge = max(5_000n, 16n * BigInt(length));
      isOver = length < 65 || length > 131_072 || rest.length < length || level < charge;
      if (isOver) continue;
      const raw = rest.slice(0, length);
      rest = rest.subarray(length);
      transactions.push(raw);
      const { isValid, gasLimit, gasUsed } = modelOf(raw);
      level -= isValid && gasLimit <= level ? max(charge, gasUsed) : charge;
    }
    blocks.push({ timestamp: Number(parent), messages: consumed, transactions, gasLevel: level });
  }

  while (unread.length > 0) {
    const time = max(parent, BigInt(batch.timestamp));
    level = max(0n, min(capacity, level + speed * (time - parent)) - 50_000n);
    parent = time;
    blocks.push({ timestamp: Number(parent), messages: consume(Infinity), transactions: [], gasLevel: level });
  }
  return {
    blocks,
    cursor: {
      nextBatch: cursor.nextBatch + 1,
      nextMessage: Math.max(cursor.nextMessage, batch.messagesUpTo),
      parentTimestamp: Number(parent),
      gasLevel: level,
    },
  };
}

function weightOf(message: InboxMessage): bigint {
  return message.kind === "context" ? 5_000n : max(message.gasLimit, max(5_000n, 16n * BigInt(message.data.length)));
}

function contentOf(payload: Uint8Array): Uint8Array {
  return payload[0] === 1 ? referenceInflate(payload.slice(1), 4 * 1024 * 1024) : new Uint8Array(0);
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
