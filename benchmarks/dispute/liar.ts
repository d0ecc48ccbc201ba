import type { DisputeState, DisputedClaim } from "../../src/challenger/index.ts";
import type { PlayableMove } from "../../src/challenger/calls.ts";
import { positionId } from "../../src/challenger/position.ts";
import type { Position } from "../../src/challenger/position.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { Heights } from "../../test/disputes/false-claims.ts";
import type { RunTree } from "./run-traces.ts";
import type { Lie, ScriptedClaim } from "./scripted-claims.ts";

/** The moves of a liar, each of which takes the one before it to be answered. */
export interface LyingPath {
  /** Those that are due now, which this takes for made. */
  takeDue(state: DisputeState): readonly PlayableMove[];
}

/** All the moves that defend a lie, down to the step of which there is no proof. */
export function lyingPath(
  parent: DisputedClaim,
  claim: DisputedClaim,
  { trace, unit: openUnit }: ScriptedClaim,
  { unit, step }: Lie,
  heights: Heights,
): LyingPath {
  const parentId = parent.claimId;
  const moves: PlayableMove[] = [
    { kind: "bisect-claim", parentId, parent, claim, halves: trace.halves(0, heights.claim) },
  ];
  const spanAt = (
    tree: RunTree,
    level: Position["level"],
    context: Position["context"],
    at: number,
    height: number,
  ) => {
    const start = at - (at % 2 ** height);
    return { level, context, start, height, prefix: tree.prefix(start) };
  };
  for (let height = heights.claim - 1; height > 0; height--) {
    const position = spanAt(trace, "claim", parentId, unit, height);
    moves.push({
      kind: "bisect",
      parentId,
      position,
      unitRoot: undefined,
      halves: trace.halves(position.start, height),
    });
  }
  const leaf = spanAt(trace, "claim", parentId, unit, 0);
  const unitRoot = trace.stateHash(unit);
  const steps = openUnit(unit);
  const before = unit === 0 ? { state: trace.before, prefix: ZERO_HASH, siblings: [] } : trace.openPrefix(unit);
  const siblings = steps.proof(2 ** heights.unit - 1, heights.unit);
  moves.push({ kind: "open", parentId, position: leaf, unitRoot, before, siblings });
  for (let height = heights.unit; height > 0; height--) {
    const position = spanAt(steps, "unit", positionId(leaf), step, height);
    moves.push({
      kind: "bisect",
      parentId,
      position,
      unitRoot: height === heights.unit ? unitRoot : undefined,
      halves: steps.halves(position.start, height),
    });
  }

  let made = 0;
  const isDue = (state: DisputeState, move: PlayableMove): boolean =>
    move.kind === "bisect-claim"
      ? (state.children.get(parentId)?.length ?? 0) > 1
      : (state.positions.get(positionId(move.position))?.spans.length ?? 0) > 1;
  return {
    takeDue(state) {
      const due: PlayableMove[] = [];
      for (let move = moves[made]; move !== undefined && isDue(state, move); move = moves[++made]) due.push(move);
      return due;
    },
  };
}
