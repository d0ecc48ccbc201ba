import type { L1BlockReference } from "../../storage/index.ts";
import { lowerFinalized } from "./finality.ts";
import type { InboxReading } from "./reading.ts";

interface Rewind {
  readonly from: L1BlockReference | undefined;
  readonly to: L1BlockReference | undefined;
  readonly batchCount: number;
  readonly messageCount: number;
}

/** Drops what L1 took back: all above `ancestor`, or everything if that is undefined. */
export async function dropTakenBack(
  reading: InboxReading,
  ancestor: L1BlockReference | undefined,
  why: string,
): Promise<void> {
  await rewindTo(reading, ancestor, (rewind) => {
    reading.counters.reorgs.inc();
    reading.logger.warn(rewind, why);
  });
}

/** Drops what L1 still has, for the blocks above `ancestor` to be read once more. */
export async function dropToReadAgain(reading: InboxReading, ancestor: L1BlockReference | undefined): Promise<void> {
  await rewindTo(reading, ancestor, (rewind) => {
    reading.logger.debug(rewind, "reading again what may have been hidden");
  });
}

async function rewindTo(
  { inbox, state, events }: InboxReading,
  ancestor: L1BlockReference | undefined,
  report: (rewind: Rewind) => void,
): Promise<void> {
  const from = inbox.getSyncedBlock();
  const { batchCount, messageCount } = await inbox.rewindTo(ancestor);
  state.finalized = lowerFinalized(state.finalized, ancestor);
  report({ from, to: ancestor, batchCount, messageCount });
  events.emit("reorg", { ancestor, batchCount, messageCount });
}
