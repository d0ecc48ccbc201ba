import { unlessAborted } from "../../concurrency/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import { InconsistentL1Error } from "../inbox-log.ts";
import { readL1Block } from "../l1-block.ts";
import type { L1Block } from "../l1-block.ts";
import type { InboxReading } from "./reading.ts";

type ChainReading = Pick<InboxReading, "client" | "state">;

/** Lets a stop not wait for an answer, which may take as long as all retries. */
export function abortable<T>({ state }: Pick<InboxReading, "state">, request: Promise<T>): Promise<T> {
  return unlessAborted(request, state.stopping.signal);
}

export function getBlock(reading: ChainReading, at: Parameters<typeof readL1Block>[1]): Promise<L1Block | undefined> {
  return abortable(reading, readL1Block(reading.client, at));
}

/**
 * A block at or below the head. Endpoints whose parts do not know the same blocks may not give it: that is no reorg.
 * @throws InconsistentL1Error
 */
export async function requireBlock(reading: ChainReading, number: number): Promise<L1Block> {
  const block = await getBlock(reading, number);
  if (block === undefined) throw new InconsistentL1Error(`expected L1 to have block ${number}, it has not`);
  return block;
}

export async function isCanonical(reading: ChainReading, { number, hash }: L1BlockReference): Promise<boolean> {
  return (await requireBlock(reading, number)).hash === hash;
}
