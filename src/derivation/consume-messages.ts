import { TRANSACTION_GAS_CAP } from "../ethereum/index.ts";
import { atLeastListingCharge, listingCharge } from "../rollup/index.ts";
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
    weight += weightOf(message);
    if (weight > gasCapacity) break;
    messages.push(message);
  }
  return messages;
}

/**
 * Gas that a message counts with among those of its block, so that a block is of bounded size: what it may use, or if that is
 * less, what a listed transaction of its size takes. Nobody pays it on L2: L1's own gas bounds how many messages there are.
 */
function weightOf(message: InboxMessage): bigint {
  if (message.kind === "context") return listingCharge(0);
  const { index, gasLimit, data } = message;
  if (gasLimit > TRANSACTION_GAS_CAP) {
    throw new RangeError(`expected message ${index} to ask for at most ${TRANSACTION_GAS_CAP} gas, got ${gasLimit}`);
  }
  return atLeastListingCharge(gasLimit, data.length);
}
