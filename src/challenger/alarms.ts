import type { Hash } from "../primitives/index.ts";
import type { DisputeParameters, DisputeState, DisputedClaim, ProofConflict } from "./dispute-state.ts";
import type { Judgement } from "./judgement.ts";
import { computeTotals } from "./totals.ts";

/** What somebody should look at. */
export type Alarm =
  /** A claim on a right one says otherwise than what this node derived, and the dispute about it is not decided. */
  | {
      readonly kind: "wrong-claim";
      readonly claim: DisputedClaim;
      readonly expected: { readonly stateHash: Hash; readonly traceRoot: Hash };
    }
  /** If nobody makes a move any more, a wrong claim can have gathered a challenge period in so many seconds. */
  | { readonly kind: "short-of-time"; readonly claim: DisputedClaim; readonly secondsLeft: number }
  /** A wrong claim has won, or is confirmed: either it is not wrong, or the right one was not defended. */
  | { readonly kind: "right-claim-lost"; readonly claim: DisputedClaim }
  /** Two states were proven to follow from one: the prover is not sound. */
  | { readonly kind: "proofs-conflict"; readonly conflict: ProofConflict };

export interface AlarmsInput {
  readonly state: DisputeState;
  readonly judgement: Judgement;
  readonly parameters: DisputeParameters;
  /** L1 timestamp in seconds. */
  readonly now: number;
  /** Part of a challenge period, from 0 to 1, below which the time that is left is short. */
  readonly shortTime: number;
}

/** What is wrong now, and the least time that is left to any wrong claim, in seconds. */
export function findAlarms(input: AlarmsInput): {
  readonly alarms: readonly Alarm[];
  readonly secondsLeft: number | undefined;
} {
  const { state, judgement, parameters, now, shortTime } = input;
  const alarms: Alarm[] = state.conflicts.map((conflict) => ({ kind: "proofs-conflict", conflict }));
  if (judgement.kind === "lost") alarms.push({ kind: "right-claim-lost", claim: judgement.confirmed });
  if (judgement.kind !== "judged") return { alarms, secondsLeft: undefined };

  const totals = computeTotals(state, parameters, now);
  let least: number | undefined;
  for (const { parent, own, right, wrong } of judgement.path) {
    const winner = state.winners.get(parent.claimId);
    if (right !== undefined && (winner === right.claimId || right.status === "confirmed")) continue;
    for (const claim of wrong) {
      alarms.push({ kind: "wrong-claim", claim, expected: { stateHash: own.stateHash, traceRoot: own.traceRoot } });
      if (winner === claim.claimId) alarms.push({ kind: "right-claim-lost", claim });
      const secondsLeft = Math.max(0, parameters.challengePeriod - totals.ofClaim(claim.claimId));
      least = Math.min(least ?? Infinity, secondsLeft);
      if (secondsLeft < shortTime * parameters.challengePeriod) {
        alarms.push({ kind: "short-of-time", claim, secondsLeft });
      }
    }
  }
  return { alarms, secondsLeft: least };
}

/** What an alarm is about: alarms with the same key are one. */
export function alarmKey(alarm: Alarm): string {
  return alarm.kind === "proofs-conflict"
    ? `${alarm.kind}/${alarm.conflict.position}`
    : `${alarm.kind}/${alarm.claim.claimId}`;
}

export function describeAlarm(alarm: Alarm): string {
  switch (alarm.kind) {
    case "wrong-claim":
      return `claim ${alarm.claim.claimId} says otherwise than what this node derived`;
    case "short-of-time":
      return `wrong claim ${alarm.claim.claimId} could win in ${alarm.secondsLeft} seconds`;
    case "right-claim-lost":
      return `claim ${alarm.claim.claimId}, which says otherwise than what this node derived, has won`;
    case "proofs-conflict":
      return `two states are proven at position ${alarm.conflict.position}: the prover is not sound`;
  }
}
