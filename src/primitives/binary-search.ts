/**
 * The least index from `low` up to `high` (excluded) that does not precede what is searched for, or `high` if all do.
 * @param precedes must hold for no index after one for which it does not hold
 */
export function partitionPoint(low: number, high: number, precedes: (index: number) => boolean): number {
  while (low < high) {
    // No shift: indices may be above 2^31.
    const middle = Math.floor((low + high) / 2);
    if (precedes(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As `partitionPoint`, for answers that take time. */
export async function partitionPointAsync(
  low: number,
  high: number,
  precedes: (index: number) => Promise<boolean>,
): Promise<number> {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await precedes(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
