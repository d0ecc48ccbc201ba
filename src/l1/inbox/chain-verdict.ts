import { partitionPointAsync } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";

/** What became of the L1 blocks that were read, as of a target block that L1 has now. */
export type ChainVerdict =
  /** The synced block is on L1's chain. */
  | { readonly kind: "same" }
  /** The target is below the synced block, on the same chain: the endpoint may lag, so nothing can be said. */
  | { readonly kind: "behind" }
  /** It has been so for too long: the blocks above `ancestor` are taken to be gone. */
  | { readonly kind: "gone"; readonly ancestor: L1BlockReference }
  /** L1 has another chain; the common ancestor is at most at block `limit`. */
  | { readonly kind: "reorganized"; readonly limit: number };

/** The highest block read that an L1 whose target block is this one must have; undefined if none is known. */
export function chooseWitness(
  synced: L1BlockReference,
  target: number,
  checkpoints: () => readonly L1BlockReference[],
): L1BlockReference | undefined {
  return synced.number <= target ? synced : checkpoints().find(({ number }) => number <= target);
}

export function judgeChain(view: {
  readonly synced: L1BlockReference;
  /** Number of the block that is to be read up to. */
  readonly target: number;
  /** As `chooseWitness` says, if L1 has it. */
  readonly witness: L1BlockReference | undefined;
  /** Seconds for which the target has been below the synced block, and for which that is taken for a lag. */
  readonly behindFor: number;
  readonly lagTolerance: number;
}): ChainVerdict {
  const { synced, target, witness, behindFor, lagTolerance } = view;
  if (witness === undefined) return { kind: "reorganized", limit: Math.min(synced.number, target) };
  if (synced.number <= target) return { kind: "same" };
  return behindFor < lagTolerance ? { kind: "behind" } : { kind: "gone", ancestor: witness };
}

/**
 * The first of the candidates, highest first, that is on L1's chain; undefined if none is. A block's ancestors are on its
 * chain, so halving finds it.
 */
export async function findAncestor(
  candidates: readonly L1BlockReference[],
  isCanonical: (block: L1BlockReference) => Promise<boolean>,
): Promise<L1BlockReference | undefined> {
  const isGone = async (index: number): Promise<boolean> => !(await isCanonical(candidates[index] as L1BlockReference));
  let low = 0;
  let high = candidates.length;
  // The newest are asked first, since most reorgs are shallow.
  for (let step = 1; low < high; step *= 2) {
    const probe = Math.min(low + step - 1, high - 1);
    if (await isGone(probe)) low = probe + 1;
    else {
      high = probe;
      break;
    }
  }
  return candidates[await partitionPointAsync(low, high, isGone)];
}
