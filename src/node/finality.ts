import { partitionPoint } from "../primitives/index.ts";
import type { Following } from "./following.ts";

/**
 * How many of the first `count` batches stand in L1 blocks up to the final one.
 * @param l1BlockOf L1 block number of a batch, which never decreases; undefined if it is not known
 */
export function countFinalBatches(
  count: number,
  l1BlockOf: (batch: number) => number | undefined,
  finalL1Block: number,
): number {
  return partitionPoint(0, count, (batch) => (l1BlockOf(batch) ?? Infinity) <= finalL1Block);
}

/** Makes the last block of the last derived batch in a final L1 block final, unless L1 takes something back meanwhile. */
export async function advanceFinalized({ chain }: Following, finalL1Block: number): Promise<void> {
  const { store, inbox } = chain;
  const rewinds = inbox.rewindCount();
  const l1BlockOf = (batch: number) => inbox.getBatchOrigin(batch)?.block.number;
  const last = store.getDerivedBatch(countFinalBatches(store.derivedBatchCount(), l1BlockOf, finalL1Block) - 1);
  if (last === undefined || last.lastBlock <= store.getHeads().finalized) return;
  await chain.exclusive(async (writer) => {
    if (inbox.rewindCount() !== rewinds || store.getBlockHash(last.lastBlock) !== last.lastBlockHash) return;
    await writer.setFinalized(last.lastBlock);
  });
}
