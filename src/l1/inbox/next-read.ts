import type { L1BlockReference } from "../../storage/index.ts";

/** What is read of L1 next. */
export type NextRead =
  /** Whole ranges of blocks, a long way below the target. */
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  /** The last blocks up to the target, one by one. */
  | { readonly kind: "linked"; readonly from: number };

/** The last blocks below the target are read one by one, each proven to be the parent of the next. */
const LINKED_DEPTH = 32;

/** Undefined if everything up to the target is read. */
export function nextRead(
  synced: L1BlockReference | undefined,
  l1StartBlock: number,
  target: number,
): NextRead | undefined {
  const from = synced === undefined ? l1StartBlock : synced.number + 1;
  if (from > target) return undefined;
  if (target - from < LINKED_DEPTH) return { kind: "linked", from };
  return { kind: "range", from, to: target - LINKED_DEPTH };
}
