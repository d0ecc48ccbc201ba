import type { L1BlockReference } from "../../storage/index.ts";
import { HiddenEntriesError } from "./errors.ts";
import type { InboxCounts } from "./inbox-counts.ts";
import { abortable } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";
import { dropToReadAgain } from "./rewind.ts";

/** @throws HiddenEntriesError if the contract has more entries as of a block than `actual`, those read up to it */
export async function compareCounts(
  reading: InboxReading,
  block: L1BlockReference,
  actual: InboxCounts,
): Promise<void> {
  const { readCounts, state, logger } = reading;
  const expected = await abortable(reading, readCounts(block));
  state.countedAt = block.hash;
  if (expected === undefined) {
    logger.debug({ block }, "the L1 endpoint does not tell how many entries the Inbox has");
    return;
  }
  if (listsWithHidden(expected, actual).length > 0) {
    state.countedAt = undefined;
    throw new HiddenEntriesError(block, expected, actual);
  }
  if (state.hidden !== undefined) {
    logger.info({ block, ...expected }, "the L1 endpoint gives all logs of the Inbox again");
  }
  state.hidden = undefined;
  state.hiddenLooks = 0;
}

/** The lists of which the contract counts more entries than were read. */
export function listsWithHidden(expected: InboxCounts, actual: InboxCounts): readonly (keyof InboxCounts)[] {
  return (["batches", "messages"] as const).filter((list) => actual[list] < expected[list]);
}

/** Has the blocks read again in which entries must be that the endpoint did not give. */
export async function goBackBeforeHidden(
  reading: InboxReading,
  { expected, actual }: HiddenEntriesError,
): Promise<void> {
  const { inbox, state } = reading;
  const synced = inbox.getSyncedBlock();
  if (synced === undefined) return;
  const lastBlocks = listsWithHidden(expected, actual).map((list) => {
    const last =
      list === "batches"
        ? inbox.getBatchOrigin(inbox.batchCount() - 1)
        : inbox.getMessageOrigin(inbox.messageCount() - 1);
    return last?.block;
  });
  const ancestor = ancestorOfHidden(lastBlocks, state.hiddenLooks, inbox.getCheckpoints());
  if (ancestor?.number !== synced.number) await dropToReadAgain(reading, ancestor);
}

/**
 * The block above which L1 is to be read again for entries that were hidden; undefined means from the start. The lists are
 * without gaps, so these come after the last that was read, or in its block, which therefore every other look reads again
 * too.
 * @param lastBlocks of each list that has hidden entries, the block of the last that was read, if any was
 * @param looks in a row that found entries hidden
 * @param checkpoints highest first
 */
export function ancestorOfHidden(
  lastBlocks: readonly (L1BlockReference | undefined)[],
  looks: number,
  checkpoints: readonly L1BlockReference[],
): L1BlockReference | undefined {
  const known = lastBlocks.filter((block) => block !== undefined);
  if (known.length < lastBlocks.length) return undefined;
  const lowest = known.reduce((low, block) => (block.number < low.number ? block : low));
  return looks % 2 === 1 ? lowest : checkpoints.find(({ number }) => number < lowest.number);
}
