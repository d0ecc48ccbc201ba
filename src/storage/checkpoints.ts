// Every checkpoint this close to the synced block is kept; a reorg deeper than two epochs of L1 is not to be expected.
const DENSE_DEPTH = 256;
// Beyond, checkpoints of depth d are kept about d / 16 apart, so a reorg of any depth drops at most 1/16 too much.
const SPACING_DIVISOR = 16;

/**
 * The checkpoints to forget, given all of them by number, ascending, and the number of the synced block: what is kept
 * grows with the logarithm of the depth. Forgetting in steps as the synced block advances keeps the same density.
 */
export function surplusCheckpoints(numbers: readonly number[], synced: number): readonly number[] {
  const surplus: number[] = [];
  let above = Number.POSITIVE_INFINITY;
  // From the top: one is superfluous if the next lower is still close enough to the last one kept.
  for (let position = numbers.length - 1; position > 0; position--) {
    const number = numbers[position] as number;
    const below = numbers[position - 1] as number;
    const depth = synced - below;
    if (synced - number > DENSE_DEPTH && above - below <= depth / SPACING_DIVISOR) surplus.push(number);
    else above = number;
  }
  return surplus;
}
