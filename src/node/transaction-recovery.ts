import type { InvalidTransactionError, SenderRecovery, SignedTransaction } from "../ethereum/index.ts";

/** Transactions recovered at a time. */
const RECOVERY_SLICE = 2048;

/** The transactions with their senders, in order, or why they are invalid; fewer if `isStopped` comes to hold meanwhile. */
export async function recoverTransactions(
  raws: readonly Uint8Array[],
  { recovery, isStopped }: { readonly recovery: Pick<SenderRecovery, "recover">; readonly isStopped: () => boolean },
): Promise<readonly (SignedTransaction | InvalidTransactionError)[]> {
  const recovered: (SignedTransaction | InvalidTransactionError)[] = [];
  for (let start = 0; start < raws.length && !isStopped(); start += RECOVERY_SLICE) {
    recovered.push(...(await recovery.recover(raws.slice(start, start + RECOVERY_SLICE))));
  }
  return recovered;
}
