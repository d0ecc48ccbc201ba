import type { Log } from "viem";
import { InconsistentL1Error } from "../inbox-log.ts";
import type { L1Block } from "../l1-block.ts";
import { storeEntries } from "./entry-storing.ts";
import { checkBlocks, readEntries } from "./inbox-entries.ts";
import { abortable, isCanonical, requireBlock } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";

/** Reads a long way below the target: whole ranges, between two looks at the range's last block. */
export async function readRange(reading: InboxReading, from: number, to: number): Promise<void> {
  const { config, ranges } = reading;

  // 1. As many blocks as the endpoint takes at a time.
  const { last, lastHash, logs } = await abortable(reading, ranges.read(from, to));
  const entries = readEntries(await withBlockHashes(reading, logs), config.contracts.inbox);
  checkBlocks(entries, from, last);

  // 2. The chain was the same before and after, if the newest blocks of both answers still are on it.
  for (const block of [entries.at(-1)?.block, { number: last, hash: lastHash }]) {
    if (block !== undefined && !(await isCanonical(reading, block))) {
      throw new InconsistentL1Error(`L1 block ${block.number} ${block.hash} was on the L1 chain, and is not any more`);
    }
  }

  // 3. Payloads, to the store.
  await storeEntries(reading, entries, { number: last, hash: lastHash });
}

/** Logs of which some lack the hash of their block. */
async function withBlockHashes(reading: InboxReading, logs: readonly Log[]): Promise<readonly Log[]> {
  const blocks = new Map<bigint, Promise<L1Block>>();
  const hashOf = async (number: bigint) => {
    const block = blocks.get(number) ?? requireBlock(reading, Number(number));
    blocks.set(number, block);
    return (await block).hash;
  };
  return Promise.all(
    logs.map(async (log) =>
      (log.blockHash ?? undefined) === undefined && typeof log.blockNumber === "bigint"
        ? { ...log, blockHash: await hashOf(log.blockNumber) }
        : log,
    ),
  );
}
