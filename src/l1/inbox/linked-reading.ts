import { bloomContains } from "../../ethereum/index.ts";
import { hexToBytes } from "../../primitives/index.ts";
import type { Address, Hash } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import { InconsistentL1Error } from "../inbox-log.ts";
import type { InboxLog } from "../inbox-log.ts";
import type { L1Block } from "../l1-block.ts";
import { storeEntries } from "./entry-storing.ts";
import { HiddenEntriesError } from "./errors.ts";
import { compareCounts } from "./hidden-entries.ts";
import { addCounts, readEntries, storedCounts } from "./inbox-entries.ts";
import { abortable, requireBlock } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";

/** Blocks proven to be on top of what was read before, with the Inbox's entries in them. */
interface LinkedBlocks {
  readonly entries: InboxLog[];
  last: L1BlockReference | undefined;
}

/** Blocks read at a time. */
const LINKED_CONCURRENCY = 4;

/**
 * Reads the blocks below the head one by one: none can be of another fork. What is proven to be on top of what was read
 * before is stored, whatever becomes of the rest.
 */
export async function readLinked(reading: InboxReading, from: number, target: L1BlockReference): Promise<void> {
  const linked: LinkedBlocks = { entries: [], last: undefined };
  try {
    await linkBlocks(reading, from, target, linked);
  } catch (error) {
    if (linked.last !== undefined && !(error instanceof HiddenEntriesError)) {
      await storeEntries(reading, linked.entries, linked.last);
    }
    throw error;
  }
  await storeEntries(reading, linked.entries, target);
}

/** Adds the blocks up to the target, as far as it gets. */
async function linkBlocks(
  reading: InboxReading,
  from: number,
  target: L1BlockReference,
  linked: LinkedBlocks,
): Promise<void> {
  const { inbox } = reading;
  let parent = inbox.getSyncedBlock()?.hash;
  for (let first = from; first <= target.number; first += LINKED_CONCURRENCY) {
    // 1. Read some blocks.
    const count = Math.min(LINKED_CONCURRENCY, target.number - first + 1);
    const wholes = Array.from({ length: count }, (_, index) => readWhole(reading, first + index));
    // The turn of those after one that failed does not come.
    for (const whole of wholes) whole.catch(() => undefined);

    for (const whole of wholes) {
      const { block, entries } = await whole;
      // 2. Each is the child of the one before it, and the last is the target.
      checkLink(block, parent, target);
      // 3. With the last, the logs must show as many entries as the contract counts.
      if (block.number === target.number) {
        await compareCounts(reading, target, addCounts(storedCounts(inbox), [...linked.entries, ...entries]));
      }
      parent = block.hash;
      linked.entries.push(...entries);
      linked.last = { number: block.number, hash: block.hash };
    }
  }
}

/**
 * @param parent hash of the block before it; undefined if none was read
 * @throws InconsistentL1Error
 */
export function checkLink(
  { number, hash, parentHash }: Pick<L1Block, "number" | "hash" | "parentHash">,
  parent: Hash | undefined,
  target: L1BlockReference,
): void {
  if (parent !== undefined && parentHash !== parent) {
    throw new InconsistentL1Error(
      `expected L1 block ${number} to be a child of ${parent}, its parent is ${parentHash}`,
    );
  }
  if (number === target.number && hash !== target.hash) {
    throw new InconsistentL1Error(`expected L1 block ${number} to be ${target.hash}, got ${hash}`);
  }
}

/** A block with the Inbox's entries in it. */
async function readWhole(
  reading: InboxReading,
  number: number,
): Promise<{ readonly block: L1Block; readonly entries: readonly InboxLog[] }> {
  const { config, state, readBlockLogs } = reading;
  const address = config.contracts.inbox;
  const block = await requireBlock(reading, number);
  if (!mayHoldLogs(block, address, state.trustsBlooms)) return { block, entries: [] };
  return { block, entries: readEntries(await abortable(reading, readBlockLogs(block)), address) };
}

/** Whether a block may hold logs of a contract, as far as its bloom is there and trusted. */
export function mayHoldLogs(
  { logsBloom }: Pick<L1Block, "logsBloom">,
  address: Address,
  trustsBlooms: boolean,
): boolean {
  return !trustsBlooms || logsBloom === undefined || bloomContains(hexToBytes(logsBloom), hexToBytes(address));
}
