import { InconsistentL1Error } from "../inbox-log.ts";
import { HiddenEntriesError, MissingEntriesError } from "./errors.ts";
import { readFinalized } from "./finality.ts";
import { compareCounts, goBackBeforeHidden } from "./hidden-entries.ts";
import { storedCounts } from "./inbox-entries.ts";
import { getBlock, requireBlock } from "./l1-chain.ts";
import { readLinked } from "./linked-reading.ts";
import { nextRead } from "./next-read.ts";
import { readRange } from "./range-reading.ts";
import type { InboxReading } from "./reading.ts";
import { reconcile } from "./reconciliation.ts";
import { dropTakenBack } from "./rewind.ts";
import { readStatus } from "./status.ts";
import type { InboxReaderStatus } from "./types.ts";

/** Least seconds between lines about progress. */
const PROGRESS_INTERVAL = 5;

/** Looks at the L1 head and reads up to it. What was read before an error stays. */
export async function look(reading: InboxReading): Promise<InboxReaderStatus> {
  const { inbox, state, events, logger, now } = reading;
  const wasCaughtUp = state.caughtUp;
  const syncedNumber = (): number => inbox.getSyncedBlock()?.number ?? -1;
  const before = syncedNumber();
  state.caughtUp = false;
  try {
    await readToHead(reading);
    state.caughtUp = state.behindSince === undefined;
    if (state.caughtUp) state.caughtUpAt = now();
    state.failedLooks = 0;
  } catch (error) {
    state.failedLooks = syncedNumber() > before ? 0 : state.failedLooks + 1;
    await goBackAfter(reading, error);
    throw error;
  } finally {
    if (!wasCaughtUp || !state.caughtUp) logger.debug({ ...readStatus(reading) }, "looked at L1");
    events.emit("polled", readStatus(reading));
  }
  return readStatus(reading);
}

async function readToHead(reading: InboxReading): Promise<void> {
  const { config, inbox, confirmations, state, logger } = reading;

  // 1. See how far L1 is.
  const head = await getBlock(reading, "latest");
  if (head === undefined) throw new InconsistentL1Error("expected L1 to have a latest block, it has not");
  const l1Head = { number: head.number, hash: head.hash };
  if (state.l1Head?.hash !== l1Head.hash) state.headSeenAt = reading.now();
  state.l1Head = l1Head;
  state.l1Timestamp = head.timestamp;
  const targetNumber = l1Head.number - confirmations;
  if (targetNumber < config.l1StartBlock) return;

  // 2. Drop what L1 took back.
  if (!(await reconcile(reading, targetNumber))) {
    const { l1Timestamp } = state;
    logger.debug({ l1Head, l1Timestamp, synced: inbox.getSyncedBlock() }, "the L1 endpoint is behind what was read");
    return;
  }

  // 3. Read on.
  const { number, hash } = confirmations === 0 ? l1Head : await requireBlock(reading, targetNumber);
  const target = { number, hash };
  const next = () => nextRead(inbox.getSyncedBlock(), config.l1StartBlock, target.number);
  const first = next();
  for (let read = first; read !== undefined; read = next()) {
    state.stopping.signal.throwIfAborted();
    if (read.kind === "linked") await readLinked(reading, read.from, target);
    else {
      await readRange(reading, read.from, read.to);
      reportProgress(reading, target.number);
    }
  }

  // 4. With nothing new to read; what an earlier process has read is compared too.
  if (first === undefined && state.countedAt !== target.hash) {
    await compareCounts(reading, target, storedCounts(inbox));
  }

  // 5. See what is final.
  await readFinalized(reading, l1Head.number);
}

/** After entries were kept back, for them to be read again: before those that are hidden, or ever further. */
async function goBackAfter(reading: InboxReading, error: unknown): Promise<void> {
  const { inbox, state } = reading;
  if (error instanceof HiddenEntriesError) {
    state.trustsBlooms = false;
    state.hidden = error;
    state.hiddenLooks++;
    await goBackBeforeHidden(reading, error);
  } else if (error instanceof MissingEntriesError) {
    state.trustsBlooms = false;
    const ancestor = inbox.getCheckpoints()[state.backtrack];
    await dropTakenBack(reading, ancestor, `${error.message}; reading again`);
    state.backtrack *= 2;
  }
}

function reportProgress({ config, inbox, state, logger, now }: InboxReading, target: number): void {
  if (now() - state.progressAt < PROGRESS_INTERVAL * 1000) return;
  state.progressAt = now();
  const { batches, messages } = storedCounts(inbox);
  const block = inbox.getSyncedBlock()?.number ?? config.l1StartBlock - 1;
  logger.info({ block, target, batches, messages }, "reading the Inbox");
}
