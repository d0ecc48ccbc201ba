import type { Address, Hash } from "../primitives/index.ts";
import { childrenOf } from "./dispute-state.ts";
import type { DisputeParameters, DisputeState, DisputedClaim, PlayedMove, RecordedPosition } from "./dispute-state.ts";
import type { Judgement } from "./judgement.ts";
import type { Level } from "./position.ts";
import { computeTotals } from "./totals.ts";

/** A claim in a dispute. */
export interface ReportedClaim {
  readonly claimId: Hash;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  readonly proposer: Address;
  /** L1 timestamp in seconds. */
  readonly proposedAt: number;
  /** What this node makes of it; `unknown` if it has not derived, or not judged, what is claimed. */
  readonly verdict: "right" | "wrong" | "unknown";
  readonly status: DisputedClaim["status"];
  /** Seconds it has gathered by now. */
  readonly total: number;
}

/** A span at which there are rivals. */
export interface ReportedSpan {
  readonly positionId: Hash;
  readonly level: Level;
  /** Of steps: the index of their unit. */
  readonly unit: number | undefined;
  readonly start: number;
  readonly height: number;
  /** Of the rivals, in the order in which they were recorded. */
  readonly rivals: readonly ReportedRival[];
  /** At a step: the states that were proven. */
  readonly proven: readonly Hash[];
}

export interface ReportedRival {
  /** The state, at height 0. */
  readonly root: Hash;
  readonly player: Address;
  /** L1 timestamp in seconds. */
  readonly recordedAt: number;
}

/** The rivals that follow one claim, for people. */
export interface DisputeReport {
  readonly parentId: Hash;
  /** The batches that are claimed about: from `fromBatch` to before `toBatch`. */
  readonly fromBatch: number;
  readonly toBatch: number;
  /** The claim that won, if one has. */
  readonly winner: Hash | undefined;
  readonly claims: readonly ReportedClaim[];
  /** How far it is narrowed; undefined before the first bisections of two rivals. */
  readonly narrowedTo: ReportedSpan | undefined;
  /** All spans at which there are rivals, the smallest first. */
  readonly rivaledSpans: readonly ReportedSpan[];
  readonly moves: readonly PlayedMove[];
  /** Whether two states were proven to follow from one. */
  readonly hasConflictingProofs: boolean;
}

/**
 * All disputes that L1 tells of, the oldest first.
 * @param now L1 timestamp in seconds
 */
export function reportDisputes(
  state: DisputeState,
  judgement: Judgement,
  parameters: DisputeParameters,
  now: number,
): readonly DisputeReport[] {
  const totals = computeTotals(state, parameters, now);
  const rivaled = rivaledPositions(state);
  const moves = Map.groupBy(state.moves, ({ parentId }) => parentId);
  const disputed = [...state.children].filter(([, children]) => children.length > 1);
  return disputed.flatMap(([parentId]) => {
    const parent = state.claims.get(parentId);
    if (parent === undefined) return [];
    const rivaledSpans = (rivaled.get(parentId) ?? []).map((recorded) => reportSpan(state, recorded));
    return {
      parentId,
      fromBatch: parent.batchCount,
      toBatch: parent.nextBatchCount,
      winner: state.winners.get(parentId),
      claims: childrenOf(state, parentId).map((claim) => ({
        claimId: claim.claimId,
        stateHash: claim.stateHash,
        traceRoot: claim.traceRoot,
        proposer: claim.proposer,
        proposedAt: claim.proposedAt,
        verdict: verdictOn(claim, judgement),
        status: claim.status,
        total: totals.ofClaim(claim.claimId),
      })),
      narrowedTo: rivaledSpans[0],
      rivaledSpans,
      moves: moves.get(parentId) ?? [],
      hasConflictingProofs: state.conflicts.some((conflict) => conflict.parentId === parentId),
    };
  });
}

function verdictOn({ claimId, parentId }: DisputedClaim, judgement: Judgement): ReportedClaim["verdict"] {
  if (judgement.kind !== "judged") return "unknown";
  const judged = judgement.path.find(({ parent }) => parent.claimId === parentId);
  if (judged === undefined) return "unknown";
  return judged.right?.claimId === claimId ? "right" : "wrong";
}

/** Positions with rivals, by the parent of the claims in dispute, the smallest first. */
export function rivaledPositions({ positions }: DisputeState): ReadonlyMap<Hash, readonly RecordedPosition[]> {
  const levels = { unit: 0, claim: 1 };
  const rivaled = [...positions.values()]
    .filter(({ spans }) => spans.length > 1)
    .toSorted(
      ({ position: one }, { position: other }) =>
        levels[one.level] - levels[other.level] || one.height - other.height || one.start - other.start,
    );
  return Map.groupBy(rivaled, ({ parentId }) => parentId);
}

export function reportSpan(
  { positions }: DisputeState,
  { id, position, spans, proofs }: RecordedPosition,
): ReportedSpan {
  const { level, context, start, height } = position;
  return {
    positionId: id,
    level,
    unit: level === "unit" ? positions.get(context)?.position.start : undefined,
    start,
    height,
    rivals: spans.map(({ root, player, recordedAt }) => ({ root, player, recordedAt })),
    proven: proofs.map(({ root }) => root),
  };
}

/** Which units or steps a span is of, in words. */
export function describeSpan({
  level,
  unit,
  start,
  height,
}: Pick<ReportedSpan, "level" | "unit" | "start" | "height">): string {
  const what = level === "claim" ? "unit" : "step";
  const of = unit === undefined ? "" : ` of unit ${unit}`;
  return height > 0 ? `${what}s ${start} to ${start + 2 ** height - 1}${of}` : `${what} ${start}${of}`;
}
