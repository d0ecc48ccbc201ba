import type { L1Client } from "./l1-client.ts";

/**
 * Timestamp in seconds that a transaction sent now can expect of its block: that of the node's pending block, or of `head`
 * where the node has none. An L1 that mines with transactions only may have a head that is days old.
 */
export async function readNextTimestamp(client: L1Client, head: { readonly timestamp: bigint }): Promise<number> {
  const pending = await client.getBlock({ blockTag: "pending" }).catch(() => undefined);
  return Number(pending !== undefined && pending.timestamp > head.timestamp ? pending.timestamp : head.timestamp);
}
