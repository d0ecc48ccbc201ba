import type { EncodedBlock, PayloadContent } from "../batch/index.ts";
import { chooseBlock, enterBlock, listTransaction, readBlockHead, readersOf } from "../machine/index.ts";
import type { BatchProgress } from "../machine/index.ts";
import { batchProgress } from "./batch-progress.ts";
import type { Batch, DerivationCursor, DerivationRules } from "./types.ts";

/**
 * The blocks of a batch's payload, with clamped timestamps, as far as the gas bucket pays for them if every transaction takes
 * the least a listed one does. What is executed takes more, so the chain may have fewer of them, and fewer of their
 * transactions, never more (`deriveBlocks`). So they can be looked ahead at; and nobody reads what nothing could pay for.
 *
 * @param cursor where the chain stands before the batch
 * @param content of the batch's payload; read no further than the blocks that are taken
 */
export function* payloadBlocks(
  cursor: DerivationCursor,
  batch: Pick<Batch, "timestamp" | "messagesUpTo">,
  content: PayloadContent,
  rules: DerivationRules,
): Generator<EncodedBlock, void, void> {
  const chain = batchProgress(cursor, batch);
  let parent = { ...rules, timestamp: cursor.parentTimestamp, gasLevel: cursor.gasLevel };
  const { readBytes, readSlice } = readersOf(content);
  for (;;) {
    const head = readBlockHead<never>(chain, readBytes);
    const block = head && chooseBlock(chain, parent, head);
    if (head === undefined || block === undefined || hasEnded(chain)) return;
    enterBlock(chain, parent, block);
    const transactions: Uint8Array[] = [];
    while (chain.transactionsLeft > 0) {
      const raw = listTransaction<never>(chain, readSlice);
      if (raw !== undefined) transactions.push(raw.bytes);
    }
    yield { timestamp: block.timestamp, messages: head.messages, transactions };
    if (hasEnded(chain)) return;
    parent = { ...rules, timestamp: block.timestamp, gasLevel: chain.gasLeft };
  }
}

function hasEnded({ stream }: BatchProgress): boolean {
  return stream === undefined;
}
