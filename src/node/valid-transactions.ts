import { InvalidTransactionError } from "../ethereum/index.ts";
import type { SenderRecovery, SignedTransaction } from "../ethereum/index.ts";

/** Transactions recovered at a time; what is invalid of them is dropped before the next. */
const RECOVERY_SLICE = 2048;

/** The transactions whose bytes and signatures are valid, in order; fewer if `isStopped` comes to hold meanwhile. */
export async function recoverValid(
  raws: readonly Uint8Array[],
  { recovery, isStopped }: { readonly recovery: Pick<SenderRecovery, "recover">; readonly isStopped: () => boolean },
): Promise<readonly SignedTransaction[]> {
  const valid: SignedTransaction[] = [];
  for (let start = 0; start < raws.length && !isStopped(); start += RECOVERY_SLICE) {
    for (const result of await recovery.recover(raws.slice(start, start + RECOVERY_SLICE))) {
      if (!(result instanceof InvalidTransactionError)) valid.push(result);
    }
  }
  return valid;
}
