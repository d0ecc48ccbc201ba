import type { SyncStatus } from "./types.ts";

/** L1 blocks a node may be behind and still count as synced. */
export const SYNCED_LAG = 20;

/**
 * Why a node is not synced, or undefined if it is: all of L1 is read and derived, but for at most `lag` blocks. So one that
 * has just read a batch and is about to derive it stays synced. The one notion of it: of `/ready`, of `eth_syncing`, and of
 * what a sequencer waits for before it begins.
 */
export function whyNotSynced(status: SyncStatus, lag = SYNCED_LAG): string | undefined {
  const { l1Problem, l1Head, l1Synced, batchCount, derivedBatchCount, underivedSince } = status;
  if (l1Problem !== undefined) return l1Problem;
  if (l1Head === undefined || l1Synced === undefined) return "L1 has not been read yet";
  const behind = l1Head.number - l1Synced.number;
  if (behind > lag) return `${behind} blocks of L1 are still to be read`;
  const isDerived = underivedSince === undefined || l1Head.number - underivedSince < lag;
  return isDerived ? undefined : `${batchCount - derivedBatchCount} batches are still to be derived`;
}
