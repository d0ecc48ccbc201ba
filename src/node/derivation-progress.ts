/** How far the derivation is. */
export interface DerivationProgress {
  readonly batches: number;
  readonly blocks: number;
  /** Milliseconds. */
  readonly time: number;
}

/** What the log says of a long derivation, or undefined if the last report is less than `interval` seconds old. */
export function progressReport(
  reported: DerivationProgress,
  current: DerivationProgress,
  { interval, batchCount }: { readonly interval: number; readonly batchCount: number },
): object | undefined {
  const seconds = (current.time - reported.time) / 1000;
  if (seconds < interval) return undefined;
  const rate = (count: number) => Math.round((count / seconds) * 10) / 10;
  return {
    batches: current.batches,
    blocks: current.blocks,
    batchesRemaining: batchCount - current.batches,
    batchesPerSecond: rate(current.batches - reported.batches),
    blocksPerSecond: rate(current.blocks - reported.blocks),
  };
}
