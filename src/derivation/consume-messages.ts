import { messageWeight } from "../rollup/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
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
  const messages: InboxMessage[] = [];
  let weight = 0n;
  for (let index = start; index < end; index++) {
    const message = getMessage(index);
    weight += messageWeight(message);
    if (weight > gasCapacity) break;
    messages.push(message);
  }
  return messages;
}
