import { whyNotSynced } from "../../node/index.ts";
import type { RpcNode } from "../node.ts";
import { formatQuantity } from "./scalars.ts";

/**
 * The answer of `eth_syncing`. How many L2 blocks are still to come is not known before they are derived, so the
 * highest block is that of now; the distance to L1 stands in the fields after it.
 */
export function formatSyncing({
  syncStatus,
  limits,
  startingBlock,
}: Pick<RpcNode, "syncStatus" | "limits" | "startingBlock">): object | false {
  const status = syncStatus();
  if (whyNotSynced(status, limits.readyLag) === undefined) return false;
  return {
    startingBlock: formatQuantity(Math.min(startingBlock, status.latest)),
    currentBlock: formatQuantity(status.latest),
    highestBlock: formatQuantity(status.latest),
    derivedBatches: formatQuantity(status.derivedBatchCount),
    knownBatches: formatQuantity(status.batchCount),
    l1CurrentBlock: formatQuantity(status.l1Synced?.number ?? 0),
    l1HighestBlock: formatQuantity(status.l1Head?.number ?? 0),
  };
}
