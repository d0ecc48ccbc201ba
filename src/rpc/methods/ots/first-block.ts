/** The first block from 0 to `latest` of which something holds that holds of all later ones, as it does of `latest`. */
export async function firstBlock(latest: number, holds: (block: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, latest];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}
