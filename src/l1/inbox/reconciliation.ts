import { chooseWitness, findAncestor, judgeChain } from "./chain-verdict.ts";
import { isCanonical } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";
import { dropTakenBack } from "./rewind.ts";

/** Makes the synced block one of L1's chain. False if the endpoint is behind it, so nothing can be said. */
export async function reconcile(reading: InboxReading, target: number): Promise<boolean> {
  const { inbox, state, lagTolerance, now } = reading;
  const synced = inbox.getSyncedBlock();
  if (synced === undefined) return true;
  const behindSince = synced.number <= target ? undefined : (state.behindSince ?? now());
  state.behindSince = behindSince;

  // 1. Ask for the newest block that L1 must still have.
  const witness = chooseWitness(synced, target, () => inbox.getCheckpoints());
  const isThere = witness !== undefined && (await isCanonical(reading, witness));
  const verdict = judgeChain({
    synced,
    target,
    witness: isThere ? witness : undefined,
    behindFor: behindSince === undefined ? 0 : (now() - behindSince) / 1000,
    lagTolerance,
  });

  // 2. Drop what L1 has no longer.
  switch (verdict.kind) {
    case "same":
      return true;
    case "behind":
      return false;
    case "gone":
      await dropTakenBack(reading, verdict.ancestor, "L1 blocks are gone");
      break;
    case "reorganized": {
      const candidates = inbox.getCheckpoints().filter(({ number }) => number <= verdict.limit);
      const ancestor = await findAncestor(candidates, (block) => isCanonical(reading, block));
      await dropTakenBack(reading, ancestor, "L1 reorganized");
    }
  }
  state.behindSince = undefined;
  return true;
}
