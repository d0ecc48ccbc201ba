import type { TraceTree } from "../../src/machine/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { ZERO_HASH, bodyOf, claimPosition, siblingsOfLast, stateBefore, unitPosition } from "./dispute-fixture.ts";
import type { Oracle } from "./oracle.ts";
import { claimIdOf, positionId } from "./positions.ts";
import type { ClaimBody, Position } from "./positions.ts";
import type { Heights, View } from "./views.ts";

export type Move =
  | {
      readonly name: "bisectClaim";
      readonly stateHash: Hash;
      readonly left: Hash;
      readonly right: Hash;
      readonly parent: ClaimBody;
    }
  | {
      readonly name: "bisect";
      readonly position: Position;
      readonly unitRoot: Hash;
      readonly left: Hash;
      readonly right: Hash;
    }
  | {
      readonly name: "open";
      readonly position: Position;
      readonly unitRoot: Hash;
      readonly before: ReturnType<typeof stateBefore>;
      readonly siblings: Hash[];
    }
  | {
      readonly name: "prove";
      readonly unit: Position;
      readonly position: Position;
      readonly before: ReturnType<typeof stateBefore>;
    };

/** The move on the span of a claim's trace. */
export function moveInClaim(view: View, heights: Heights, parent: ClaimBody, start: number, height: number): Move {
  const parentId = claimIdOf(parent);
  if (height === heights.claim) {
    return { name: "bisectClaim", parent, stateHash: view.stateHash, ...view.claim.halves(0, height) };
  }
  const position = claimPosition(view, start, height, parentId);
  if (height > 0) return { name: "bisect", position, unitRoot: ZERO_HASH, ...view.claim.halves(start, height) };
  return {
    name: "open",
    position,
    unitRoot: view.claim.stateHash(start),
    before: stateBefore(view.claim, start),
    siblings: siblingsOfLast(view.unit(start), heights.unit),
  };
}

/** The move on the span of a unit's trace. */
export function moveInUnit(
  view: View,
  heights: Heights,
  parent: ClaimBody,
  unit: number,
  start: number,
  height: number,
): Move {
  const parentId = claimIdOf(parent);
  const tree: TraceTree = view.unit(unit);
  const position = unitPosition(view, unit, start, height, parentId);
  if (height > 0) {
    const unitRoot = height === heights.unit ? view.claim.stateHash(unit) : ZERO_HASH;
    return { name: "bisect", position, unitRoot, ...tree.halves(start, height) };
  }
  return { name: "prove", unit: claimPosition(view, unit, 0, parentId), position, before: stateBefore(tree, start) };
}

/**
 * All moves that whoever holds a view has to make, by position: one for each span of the view that has rivals and is not answered yet, whoever
 * recorded it. With the view of a liar they are what lying on takes; a proof of a lie is no move.
 */
export function movesOf(view: View, oracle: Oracle, heights: Heights, parent: ClaimBody, canProve: boolean): Move[] {
  const parentId = claimIdOf(parent);
  const moves: Move[] = [];

  const inUnit = (unit: number, start: number, height: number): void => {
    const tree = view.unit(unit);
    const position = unitPosition(view, unit, start, height, parentId);
    const root = tree.root(start, height);
    const unitRoot = height === heights.unit ? view.claim.stateHash(unit) : ZERO_HASH;
    if (oracle.rivalsOf(position, root, unitRoot) < 2) return;
    const isAnswered = height > 0 ? oracle.isBisected(position, root) : oracle.isProven(position, root) || !canProve;
    if (!isAnswered) {
      moves.push(moveInUnit(view, heights, parent, unit, start, height));
      return;
    }
    if (height === 0) return;
    inUnit(unit, start, height - 1);
    inUnit(unit, start + 2 ** (height - 1), height - 1);
  };

  const inClaim = (start: number, height: number): void => {
    const position = claimPosition(view, start, height, parentId);
    const root = view.claim.root(start, height);
    const isRivaled = height === heights.claim ? isClaimRivaled() : oracle.rivalsOf(position, root) >= 2;
    if (!isRivaled) return;
    const isAnswered =
      height > 0
        ? oracle.isBisected(position, root)
        : oracle
            .openingsOf(positionId(position), root)
            .some((opened) => opened.root === view.unit(start).root(0, heights.unit));
    if (!isAnswered) {
      moves.push(moveInClaim(view, heights, parent, start, height));
      return;
    }
    if (height === 0) {
      inUnit(start, 0, heights.unit);
      return;
    }
    inClaim(start, height - 1);
    inClaim(start + 2 ** (height - 1), height - 1);
  };

  function isClaimRivaled(): boolean {
    const children = oracle.childrenOf(parentId);
    return children.length >= 2 && children.includes(claimIdOf(bodyOf(view, heights, parentId)));
  }

  inClaim(0, heights.claim);
  return moves;
}
