import { takesMessage } from "../machine/index.ts";
import type { BatchProgress } from "../machine/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
import { batchProgress } from "./batch-progress.ts";
import type { DerivationRules } from "./types.ts";

/**
 * The messages from `start` on, below `end`, that one block consumes (specification §3 rule 4): as many as their weights
 * allow; at least one if there is any. Throws a RangeError on a deposit no Inbox would have taken.
 */
export function consumeMessages(
  start: number,
  end: number,
  getMessage: (index: number) => InboxMessage,
  { gasCapacity }: Pick<DerivationRules, "gasCapacity">,
): readonly InboxMessage[] {
  const progress = batchProgress({ nextMessage: start }, { messagesUpTo: end, timestamp: 0 });
  return takeMessages({ ...progress, messagesEnd: end, messageWeight: gasCapacity }, getMessage);
}

/** The messages of the block that has begun. */
export function takeMessages(chain: BatchProgress, getMessage: (index: number) => InboxMessage): InboxMessage[] {
  const messages: InboxMessage[] = [];
  while (chain.messageCount < chain.messagesEnd) {
    const message = getMessage(chain.messageCount);
    if (!takesMessage(chain, message)) break;
    messages.push(message);
    chain.messageCount += 1;
  }
  return messages;
}
