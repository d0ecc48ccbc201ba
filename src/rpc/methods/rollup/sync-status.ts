import { whyNotSynced } from "../../../node/index.ts";
import { defineMethod } from "../../node.ts";

/** Plain numbers, as in the node's own status: these are no Ethereum quantities. */
export const syncStatus = defineMethod("rollup_syncStatus", [], (_, { syncStatus: read, limits, chain }) => {
  const status = read();
  const reason = whyNotSynced(status, limits.readyLag);
  const hashOf = (number: number): string | null => chain.store.getBlock(number)?.hash ?? null;
  return {
    synced: reason === undefined,
    reason: reason ?? null,
    l1Head: status.l1Head ?? null,
    l1Synced: status.l1Synced ?? null,
    batchCount: status.batchCount,
    derivedBatchCount: status.derivedBatchCount,
    tracedBatchCount: status.tracedBatchCount ?? null,
    messageCount: status.messageCount,
    latest: { number: status.latest, hash: hashOf(status.latest) },
    safe: { number: status.safe, hash: hashOf(status.safe) },
    finalized: { number: status.finalized, hash: hashOf(status.finalized) },
  };
});
