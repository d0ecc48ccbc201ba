import { InvalidTransactionError } from "../ethereum/index.ts";
import { keccak256 } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { authoritiesOf } from "./authorities.ts";
import { admit } from "./mempool-admission.ts";
import { forgetJournal } from "./mempool-departures.ts";
import type { JournalRecord } from "./mempool-journal.ts";
import type { MempoolState } from "./mempool-state.ts";

const READMISSION_CONCURRENCY = 256;

/** What is to become of the journal's records when the pool opens. */
export interface JournalSorting {
  /** In no block: to be taken back in, earliest first. */
  readonly pending: readonly JournalRecord[];
  /** In a final block: to be forgotten. */
  readonly final: readonly Hash[];
}

/**
 * Sorts the journal's records by where the chain has them.
 * @param blockOf number of the canonical block that holds a transaction
 * @param finalized the final head, by block number
 */
export function sortJournal(
  entries: Iterable<readonly [hash: Hash, record: JournalRecord]>,
  blockOf: (transaction: Hash) => number | undefined,
  finalized: number,
): JournalSorting {
  const pending: JournalRecord[] = [];
  const final: Hash[] = [];
  for (const [hash, record] of entries) {
    const block = blockOf(hash);
    if (block === undefined) pending.push(record);
    else if (block <= finalized) final.push(hash);
  }
  pending.sort((a, b) => a.receivedAt - b.receivedAt);
  return { pending, final };
}

/** Takes the journal's transactions back in that are in no block. */
export async function loadJournal(mempool: MempoolState): Promise<void> {
  const { chain, finalized, journal, logger, queues } = mempool;
  const { pending, final } = sortJournal(journal.entries(), (hash) => chain.blockOf(hash), finalized);
  if (final.length > 0) forgetJournal(mempool, final);
  await readmitAll(mempool, pending);
  if (pending.length > 0) logger.info({ journaled: pending.length, pooled: queues.size }, "mempool journal loaded");
}

/** Begins to take the transactions of blocks back in that left the chain. */
export function readmitRemoved(mempool: MempoolState, removed: readonly Block[]): void {
  const { logger, readmissions } = mempool;
  const receivedAt = Date.now();
  const transactions = removed.flatMap((block) =>
    block.transactions.flatMap((entry) => (entry.kind === "signed" ? [{ raw: entry.raw, receivedAt }] : [])),
  );
  if (transactions.length === 0) return;
  logger.info(
    { blocks: removed.length, transactions: transactions.length },
    "taking transactions of removed blocks back",
  );
  const readmission = readmitAll(mempool, transactions)
    .catch((error: unknown) => logger.error({ err: error }, "could not take all transactions of removed blocks back"))
    .finally(() => readmissions.delete(readmission));
  readmissions.add(readmission);
}

async function readmitAll(mempool: MempoolState, transactions: readonly JournalRecord[]): Promise<void> {
  for (let start = 0; start < transactions.length; start += READMISSION_CONCURRENCY) {
    const chunk = transactions.slice(start, start + READMISSION_CONCURRENCY);
    await Promise.all(chunk.map((record) => readmit(mempool, record, mempool.arrivals++)));
  }
}

/** Takes back in what was acknowledged before. */
async function readmit(mempool: MempoolState, { raw, receivedAt }: JournalRecord, arrival: number): Promise<void> {
  const { chain, logger } = mempool;
  const decoded = await mempool.decode(raw);
  const hash = keccak256(raw);
  if (decoded instanceof InvalidTransactionError) {
    logger.warn({ hash, message: decoded.message }, "transaction not taken back into the pool");
    forgetJournal(mempool, [hash]);
    return;
  }
  const pooled = { transaction: decoded, arrival, receivedAt, authorities: authoritiesOf(decoded) };
  const outcome = await admit(mempool, pooled, { readmitted: true });
  if (outcome.kind === "accepted" || outcome.kind === "known" || chain.blockOf(hash) !== undefined) return;
  logger.debug({ hash, outcome }, "transaction not taken back into the pool");
  forgetJournal(mempool, [hash]);
}
