import type { EncodedBlock } from "../batch/index.ts";
import { TRANSACTION_GAS_CAP } from "../ethereum/index.ts";
import { paysForBlock } from "../rollup/index.ts";
import type { BlockInput, InboxMessage } from "../rollup/index.ts";
import { consumeMessages } from "./consume-messages.ts";
import type { Batch, BlockResult, DerivationCursor, DerivationRules } from "./types.ts";

/**
 * The L2 blocks of one batch, in order. Each is to be executed before the next is asked for: what it leaves in the gas bucket
 * decides how far the payload goes. Gives the cursor for the next batch. The outcome depends on the arguments and results
 * alone, and no payload can make it throw.
 *
 * @param cursor where the chain stands before this batch
 * @param batch the batch `cursor.nextBatch`
 * @param blocks `payloadBlocks` of it, by the same cursor and rules
 * @param getMessage the Inbox message of an index in [`cursor.nextMessage`, `batch.messagesUpTo`)
 * @throws RangeError if `batch` is not the cursor's next or the rules cannot hold a deposit: the caller's mistakes, not
 *   an operator's
 */
export function* deriveBlocks(
  cursor: DerivationCursor,
  batch: Pick<Batch, "index" | "messagesUpTo" | "timestamp">,
  blocks: Iterable<EncodedBlock>,
  getMessage: (index: number) => InboxMessage,
  rules: DerivationRules,
): Generator<BlockInput, DerivationCursor, BlockResult> {
  if (batch.index !== cursor.nextBatch) {
    throw new RangeError(`expected batch ${cursor.nextBatch}, got batch ${batch.index}`);
  }
  if (rules.gasCapacity < TRANSACTION_GAS_CAP) {
    throw new RangeError(`expected a capacity of at least ${TRANSACTION_GAS_CAP} gas, got ${rules.gasCapacity}`);
  }
  let { nextMessage, parentTimestamp, gasLevel } = cursor;

  for (const { timestamp, messages: count, transactions } of blocks) {
    if (!paysForBlock({ ...rules, timestamp: parentTimestamp, gasLevel }, timestamp)) break;
    const end = Math.min(nextMessage + count, batch.messagesUpTo);
    const messages = consumeMessages(nextMessage, end, getMessage, rules);
    const result = yield { timestamp, messages, transactions };
    nextMessage += messages.length;
    parentTimestamp = timestamp;
    gasLevel = result.gasLevel;
    if (result.isCut) break;
  }

  while (nextMessage < batch.messagesUpTo) {
    const timestamp = Math.max(parentTimestamp, batch.timestamp);
    const messages = consumeMessages(nextMessage, batch.messagesUpTo, getMessage, rules);
    const result = yield { timestamp, messages, transactions: [] };
    nextMessage += messages.length;
    parentTimestamp = timestamp;
    gasLevel = result.gasLevel;
  }

  return { nextBatch: batch.index + 1, nextMessage, parentTimestamp, gasLevel };
}
