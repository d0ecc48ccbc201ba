import { TRANSACTION_GAS_CAP } from "../ethereum/index.ts";
import { atLeastListingCharge, listingCharge } from "./gas-bucket.ts";
import type { InboxMessage } from "./types.ts";

/**
 * Gas that a message counts with among those of its block (specification §3 rule 4), so that a block is of bounded size: what it
 * may use, or if that is less, what a listed transaction of its size takes. Nobody pays it on L2: L1's own gas bounds how many
 * messages there are. Throws a RangeError on a deposit no Inbox would have taken.
 */
export function messageWeight(message: InboxMessage): bigint {
  if (message.kind === "context") return listingCharge(0);
  const { index, gasLimit, data } = message;
  if (gasLimit > TRANSACTION_GAS_CAP) {
    throw new RangeError(`expected message ${index} to ask for at most ${TRANSACTION_GAS_CAP} gas, got ${gasLimit}`);
  }
  return atLeastListingCharge(gasLimit, data.length);
}
