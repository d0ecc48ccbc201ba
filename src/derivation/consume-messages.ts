import { TRANSACTION_GAS_CAP } from "../ethereum/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
import type { DerivationRules } from "./types.ts";

/**
 * The messages from `start` on, below `end`, that one block consumes (specification §3 rule 4): as many as the gas limits
 * of its deposits allow; at least one if there is any. Throws a RangeError on a deposit no Inbox would have taken.
 */
export function consumeMessages(
  start: number,
  end: number,
  getMessage: (index: number) => InboxMessage,
  { gasCapacity }: Pick<DerivationRules, "gasCapacity">,
): readonly InboxMessage[] {
  const messages: InboxMessage[] = [];
  let gas = 0n;
  for (let index = start; index < end; index++) {
    const message = getMessage(index);
    if (message.kind === "deposit") {
      if (message.gasLimit > TRANSACTION_GAS_CAP) {
        throw new RangeError(
          `expected message ${index} to ask for at most ${TRANSACTION_GAS_CAP} gas, got ${message.gasLimit}`,
        );
      }
      gas += message.gasLimit;
    }
    if (gas > gasCapacity) break;
    messages.push(message);
  }
  return messages;
}
