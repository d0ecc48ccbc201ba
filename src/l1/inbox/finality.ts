import type { L1BlockReference } from "../../storage/index.ts";
import { errorText } from "../error-text.ts";
import { isConnectionClosed } from "../l1-connection-closed.ts";
import { getBlock } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";

/** Raises `finalized` to the last L1 block that is final as of the head, as far as L1 is read. */
export async function readFinalized(reading: InboxReading, head: number): Promise<void> {
  const { inbox, finality, state } = reading;
  const synced = inbox.getSyncedBlock();
  if (synced === undefined) return;
  const final = finality.kind === "confirmations" ? head - finality.depth : await readFinalTag(reading);
  state.finalized = raiseFinalized(state.finalized, final, synced);
}

/** `final` is what L1 calls final, if anything: negative where its chain is shorter than the depth asked for. */
export function raiseFinalized(
  finalized: number | undefined,
  final: number | undefined,
  synced: L1BlockReference,
): number | undefined {
  if (final === undefined || final < 0) return finalized;
  return Math.max(finalized ?? 0, Math.min(final, synced.number));
}

/** After a rewind to `ancestor`. */
export function lowerFinalized(
  finalized: number | undefined,
  ancestor: L1BlockReference | undefined,
): number | undefined {
  return finalized === undefined ? undefined : Math.min(finalized, ancestor?.number ?? 0);
}

/** The number of the block that L1 calls final. None, whatever the endpoint says instead, holds up nothing else. */
async function readFinalTag(reading: InboxReading): Promise<number | undefined> {
  const { state, finalityTrouble, logger } = reading;
  try {
    const block = await getBlock(reading, "finalized");
    if (block !== undefined) finalityTrouble.over();
    // A chain has no final block in its first minutes.
    return block?.number;
  } catch (error) {
    state.stopping.signal.throwIfAborted();
    if (isConnectionClosed(error)) throw error;
    const text = errorText(error);
    finalityTrouble.report(text, (again) => {
      logger.warn(
        { error: text, ...again },
        "L1 names no final block, so no L2 block becomes final; --l1-finality-depth makes L1 blocks final by their depth",
      );
    });
    return undefined;
  }
}
