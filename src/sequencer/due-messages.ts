import { consumeMessages } from "../derivation/index.ts";
import { partitionPoint } from "../primitives/index.ts";
import type { Block, InboxMessage } from "../rollup/index.ts";
import type { ReadableInboxStore } from "../storage/index.ts";

/** Messages in one block: fewer than derivation allows, so that blocks of users do not wait long. */
const MAXIMUM_MESSAGES = 2_000;

/**
 * How many messages of the Inbox are deep enough in L1 to be consumed.
 * @param range `first`: index of the first message that no block consumed; `count`: messages of the Inbox
 * @param isConfirmed of a message; holds for none after one for which it does not
 */
export function countConfirmed(
  { first, count }: { readonly first: number; readonly count: number },
  isConfirmed: (message: number) => boolean,
): number {
  return partitionPoint(Math.min(first, count), count, isConfirmed);
}

/**
 * Whether messages are worth a block by themselves. A deposit is. A context is not, or an idle chain would keep posting: its
 * batch brings the next context. It goes with the next transaction, or alone well before its inclusion can be forced; that
 * also shows L1 that the operator is there.
 * @param times seconds; `l1Timestamp` of the latest L1 block known; `isPlanned`: whether somebody has said when the next block
 *   is to be, and waits for it to be made for something else
 */
export function areUrgent(
  messages: readonly InboxMessage[],
  {
    l1Timestamp,
    forceInclusionDelay,
    isPlanned = false,
  }: { readonly l1Timestamp: number; readonly forceInclusionDelay: number; readonly isPlanned?: boolean },
): boolean {
  return messages.some(
    ({ kind, enqueuedAt }) => kind === "deposit" || (!isPlanned && l1Timestamp - enqueuedAt >= forceInclusionDelay / 2),
  );
}

/**
 * The messages that the next block on `parent` consumes.
 * @param confirmations L1 blocks that must follow a message's
 */
export function readDueMessages(
  inbox: ReadableInboxStore,
  parent: Block,
  confirmations: number,
): readonly InboxMessage[] {
  const synced = inbox.getSyncedBlock();
  if (synced === undefined) return [];
  const first = parent.nextMessage;
  const confirmed = countConfirmed({ first, count: inbox.messageCount() }, (index) => {
    const origin = inbox.getMessageOrigin(index);
    return origin !== undefined && origin.block.number + confirmations <= synced.number;
  });
  const readMessage = (index: number): InboxMessage => {
    const message = inbox.getMessage(index);
    if (message === undefined) throw new Error(`expected the Inbox store to hold message ${index}`);
    return message;
  };
  const end = Math.min(confirmed, first + MAXIMUM_MESSAGES);
  return consumeMessages(first, end, readMessage, parent.header);
}
