import type { EncodedBlock } from "../batch/index.ts";
import { TRANSACTION_GAS_CAP } from "../ethereum/index.ts";
import { chooseBlock, endPayload, enterBlock } from "../machine/index.ts";
import type { BlockInput, InboxMessage } from "../rollup/index.ts";
import { batchProgress } from "./batch-progress.ts";
import { takeMessages } from "./consume-messages.ts";
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
  const chain = batchProgress(cursor, batch);
  let parent = { ...rules, timestamp: cursor.parentTimestamp, gasLevel: cursor.gasLevel };
  const listed = blocks[Symbol.iterator]();
  for (;;) {
    // 1. Which block comes next?
    const next = chain.stream === undefined ? undefined : listed.next();
    const encoded = next === undefined || next.done === true ? undefined : next.value;
    if (encoded === undefined) endPayload(chain);
    const block = chooseBlock(chain, parent, encoded && { ...encoded, transactionCount: encoded.transactions.length });
    if (block === undefined) break;
    const { timestamp } = block;
    const transactions = chain.stream === undefined ? [] : (encoded?.transactions ?? []);

    // 2. Its messages.
    enterBlock(chain, parent, block);
    const messages = takeMessages(chain, getMessage);

    // 3. What became of it.
    const result = yield { timestamp, messages, transactions };
    parent = { ...rules, timestamp, gasLevel: result.gasLevel };
    if (result.isCut) endPayload(chain);
  }
  const { timestamp: parentTimestamp, gasLevel } = parent;
  return { nextBatch: batch.index + 1, nextMessage: chain.messageCount, parentTimestamp, gasLevel };
}
