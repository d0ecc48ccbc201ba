import type { Randomness } from "../../test/contracts/machine/soundness/randomness.ts";

/** Of steps of a kind, fewer the more there have been: about the logarithm of them. */
export function createStepSampler(randomness: Randomness): (kind: number) => boolean {
  const kinds = new Map<number, { count: number; next: number }>();
  return (kind) => {
    const entry = kinds.get(kind) ?? { count: 0, next: 1 + randomness.below(2) };
    kinds.set(kind, entry);
    entry.count++;
    if (entry.count < entry.next) return false;
    entry.next = entry.count + 1 + randomness.below(2 * entry.count);
    return true;
  };
}
