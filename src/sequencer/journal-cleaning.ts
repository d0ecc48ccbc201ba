import type { MempoolState } from "./mempool-state.ts";

/** Takes the transactions of final blocks out of the journal, up to block `number` at least. */
export function cleanJournalTo(mempool: MempoolState, number: number): void {
  mempool.finalized = Math.max(mempool.finalized, number);
  mempool.cleaning ??= cleanJournal(mempool)
    .catch((error: unknown) => mempool.logger.error({ err: error }, "could not clean the mempool journal"))
    .finally(() => {
      mempool.cleaning = undefined;
    });
}

async function cleanJournal(mempool: MempoolState): Promise<void> {
  while (mempool.cleanedTo < mempool.finalized) {
    const transactions = mempool.chain.transactionsOf(mempool.cleanedTo + 1);
    if (transactions.length > 0) await mempool.journal.delete(transactions);
    mempool.cleanedTo += 1;
  }
}
