import { MAXIMUM_CONTENT_SIZE, openPayload, parseBlocks } from "../batch/index.ts";
import type { PayloadContent } from "../batch/index.ts";
import type { BlockInput, InboxMessage } from "../rollup/index.ts";
import type { Batch, DerivationCursor } from "./types.ts";

/** Seconds a block's timestamp may lie before its batch's L1 timestamp (specification §3 rule 3). */
export const MAXIMUM_TIMESTAMP_LAG = 86_400;

/** Seconds a block's timestamp may lie after its batch's L1 timestamp (specification §3 rule 3). */
export const MAXIMUM_TIMESTAMP_LEAD = 900;

/** Most gas a deposit may ask for: 2^24 (specification §2). A block limit below it could never consume one. */
const MAXIMUM_DEPOSIT_GAS = 2n ** 24n;

/** Limits of the chain that derivation depends on. */
export interface DerivationRules {
  /** Gas limit of every L2 block; at least 2^24, so that any deposit fits in a block. */
  readonly blockGasLimit: bigint;
}

/**
 * The L2 blocks of one batch, in order; lazily, since an adversary's payload may hold a quarter of a million of them.
 * Returns the cursor for the next batch. The result depends on the arguments alone, and no payload can make it throw.
 *
 * @param cursor where the chain stands before this batch
 * @param batch the batch `cursor.nextBatch`
 * @param getMessage the Inbox message of an index in [`cursor.nextMessage`, `batch.messagesUpTo`)
 * @throws RangeError if `batch` is not the cursor's next or the rules cannot hold a deposit: the caller's mistakes, not
 *   an operator's
 */
export function* deriveBlocks(
  cursor: DerivationCursor,
  batch: Batch,
  getMessage: (index: number) => InboxMessage,
  rules: DerivationRules,
): Generator<BlockInput, DerivationCursor, void> {
  if (batch.index !== cursor.nextBatch) {
    throw new RangeError(`expected batch ${cursor.nextBatch}, got batch ${batch.index}`);
  }
  if (rules.blockGasLimit < MAXIMUM_DEPOSIT_GAS) {
    throw new RangeError(`expected a block gas limit of at least ${MAXIMUM_DEPOSIT_GAS}, got ${rules.blockGasLimit}`);
  }
  const earliest = batch.timestamp - MAXIMUM_TIMESTAMP_LAG;
  const latest = batch.timestamp + MAXIMUM_TIMESTAMP_LEAD;
  let { nextMessage, parentTimestamp } = cursor;

  for (const block of parseBlocks(readAll(openPayload(batch.payload)))) {
    parentTimestamp = Math.max(parentTimestamp, Math.min(Math.max(block.timestamp, earliest), latest));
    const end = Math.min(nextMessage + block.messages, batch.messagesUpTo);
    const messages = consumeMessages(nextMessage, end, getMessage, rules);
    nextMessage += messages.length;
    yield { timestamp: parentTimestamp, messages, transactions: block.transactions };
  }

  while (nextMessage < batch.messagesUpTo) {
    parentTimestamp = Math.max(parentTimestamp, batch.timestamp);
    const messages = consumeMessages(nextMessage, batch.messagesUpTo, getMessage, rules);
    nextMessage += messages.length;
    yield { timestamp: parentTimestamp, messages, transactions: [] };
  }

  return { nextBatch: batch.index + 1, nextMessage, parentTimestamp };
}

/** All of a content, by halving what may be left. */
function readAll(content: PayloadContent): Uint8Array {
  let size = 0;
  for (let step = MAXIMUM_CONTENT_SIZE; step >= 1; step /= 2) if (content.read(size, step) !== undefined) size += step;
  return content.read(0, size) ?? new Uint8Array(0);
}

/** All blocks of a batch at once, with the cursor after it. */
export function deriveBatch(
  cursor: DerivationCursor,
  batch: Batch,
  getMessage: (index: number) => InboxMessage,
  rules: DerivationRules,
): { readonly blocks: readonly BlockInput[]; readonly cursor: DerivationCursor } {
  const derivation = deriveBlocks(cursor, batch, getMessage, rules);
  const blocks: BlockInput[] = [];
  for (;;) {
    const result = derivation.next();
    if (result.done === true) return { blocks, cursor: result.value };
    blocks.push(result.value);
  }
}

/**
 * The messages from `start` on, below `end`, that one block consumes (specification §3 rule 4): as many as the gas limits
 * of its deposits allow; at least one if there is any. Throws a RangeError on a deposit no Inbox would have taken.
 */
export function consumeMessages(
  start: number,
  end: number,
  getMessage: (index: number) => InboxMessage,
  rules: DerivationRules,
): readonly InboxMessage[] {
  const messages: InboxMessage[] = [];
  let gas = 0n;
  for (let index = start; index < end; index++) {
    const message = getMessage(index);
    if (message.kind === "deposit") {
      if (message.gasLimit > MAXIMUM_DEPOSIT_GAS) {
        throw new RangeError(
          `expected message ${index} to ask for at most ${MAXIMUM_DEPOSIT_GAS} gas, got ${message.gasLimit}`,
        );
      }
      gas += message.gasLimit;
    }
    if (gas > rules.blockGasLimit) break;
    messages.push(message);
  }
  return messages;
}
