import { describeSpan } from "../challenger/index.ts";
import type { DisputeAnswer, DisputedStepAnswer, SpanAnswer } from "./dispute-answers.ts";

/** A dispute in a few lines. */
export function summariseDispute(dispute: DisputeAnswer): readonly string[] {
  const { parentId, fromBatch, toBatch, winner, claims, moves, narrowedTo, hasConflictingProofs } = dispute;
  const proven = narrowedTo !== null && narrowedTo.proven.length > 0 ? ", which is proven" : "";
  return [
    `dispute about batches ${fromBatch} to ${toBatch - 1}, on claim ${parentId}`,
    ...claims.map(({ claimId, proposer, proposedAt, verdict, status, total }) => {
      const mark = claimId === winner ? "won" : status;
      return `  claim ${claimId}  ${verdict.padEnd(7)}  ${mark.padEnd(9)}  ${total} s gathered  by ${proposer} at ${time(proposedAt)}`;
    }),
    `  ${narrowedTo === null ? "not narrowed yet" : `narrowed to ${describeExtent(narrowedTo)}`}${proven}; ${moves.length} moves`,
    ...(hasConflictingProofs ? ["  ALARM: two states were proven to follow from one; the prover is not sound"] : []),
  ];
}

/**
 * A dispute with all spans that have rivals, from the largest down, and all moves.
 * @param steps by the id of their position: what the proven ones are, or why that is not known
 */
export function describeDispute(
  dispute: DisputeAnswer,
  steps: ReadonlyMap<string, DisputedStepAnswer | string>,
): readonly string[] {
  return [
    ...summariseDispute(dispute),
    "disputed:",
    ...fromTheTop(dispute.rivaledSpans).flatMap((span) => describeTreeNode(span, steps.get(span.positionId))),
    "moves:",
    ...dispute.moves.map(({ kind, player, at, l1TransactionHash }) => {
      return `  ${time(at)}  ${kind.padEnd(12)}  ${player}  ${l1TransactionHash}`;
    }),
  ];
}

/** What a disputed step is. */
export function describeStep({ unit, step, name, text }: DisputedStepAnswer): readonly string[] {
  const place = unit.blockNumber === null ? `batch ${unit.batch}` : `block ${unit.blockNumber}, of batch ${unit.batch}`;
  return [`step ${step} of unit ${unit.index} (${unit.kind}, ${place}): ${name}`, ...text.split("\n")];
}

function describeTreeNode(span: SpanAnswer, step: DisputedStepAnswer | string | undefined): readonly string[] {
  const isStep = span.level === "unit" && span.height === 0;
  const [, second] = span.rivals;
  const since = second === undefined ? "" : ` since ${time(second.recordedAt)}`;
  const line = `  ${describeExtent(span)}: ${span.rivals.length} rivals${since}`;
  if (!isStep) return [line];
  return [
    `${line}, at position ${span.positionId}`,
    ...span.rivals.map(({ root, player, recordedAt }) => {
      const proven = span.proven.includes(root) ? ", proven" : "";
      return `    state ${root} by ${player} at ${time(recordedAt)}${proven}`;
    }),
    ...(step === undefined
      ? []
      : (typeof step === "string" ? [step] : describeStep(step)).map((text) => `    ${text}`)),
  ];
}

function describeExtent({ unit, ...span }: SpanAnswer): string {
  return describeSpan({ ...span, unit: unit ?? undefined });
}

function fromTheTop(spans: readonly SpanAnswer[]): readonly SpanAnswer[] {
  const levels = { claim: 0, unit: 1 };
  return spans.toSorted(
    (one, other) =>
      levels[one.level] - levels[other.level] ||
      (one.unit ?? 0) - (other.unit ?? 0) ||
      other.height - one.height ||
      one.start - other.start,
  );
}

function time(seconds: number): string {
  return new Date(1_000 * seconds).toISOString();
}
