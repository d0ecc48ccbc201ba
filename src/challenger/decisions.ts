import type { Address, Hash } from "../primitives/index.ts";
import { childrenOf, findSpan } from "./dispute-state.ts";
import type { DisputeParameters, DisputeState, DisputedClaim, RecordedPosition } from "./dispute-state.ts";
import type { Judged, Judgement } from "./judgement.ts";
import type { DisputeMove, StateBefore, UnitTraceReference } from "./moves.ts";
import { UnitBusyError } from "./own-claims.ts";
import type { OwnClaim, OwnUnit } from "./own-claims.ts";
import { claimTracePosition, positionId, unitTracePosition } from "./position.ts";
import type { Position } from "./position.ts";
import { rewardTrees } from "./reward-trees.ts";
import { computeTotals, halvesOf, keyOf } from "./totals.ts";
import type { ShowingTree, SpanReference, Totals } from "./totals.ts";
import { ZERO_HASH } from "../primitives/index.ts";

export interface Situation {
  readonly state: DisputeState;
  readonly judgement: Judgement;
  readonly parameters: DisputeParameters;
  /** Who plays. */
  readonly account: Address;
  /** Wei that the game owes it. */
  readonly owed: bigint;
  /** L1 timestamp in seconds that a move can expect of its block. */
  readonly now: number;
  /** Nodes of a tree that fit into one L1 transaction. */
  readonly maximumNodes: number;
  /** Whether bonds on confirmed claims of the account's are taken back; default false. */
  readonly withdrawsBonds?: boolean;
}

/** What the decisions about one dispute work on. */
interface Dispute extends Situation {
  readonly totals: Totals;
  readonly judged: Judged;
  /** Moves that are due, in order. */
  readonly moves: DisputeMove[];
}

/**
 * The moves that are due, those first that time runs for. Each is on a span of this node's own trace that has rivals and whose total
 * is needed, or takes what is won. Nothing is due about claims below a wrong one, nor for the sake of others than the right claim
 * and the account itself.
 */
export async function dueMoves(situation: Situation): Promise<readonly DisputeMove[]> {
  const { state, judgement, parameters, now, account, owed } = situation;
  if (judgement.kind !== "judged") return [];
  const totals = computeTotals(state, parameters, now);
  const moves: DisputeMove[] = [];
  for (const judged of judgement.path) {
    const dispute: Dispute = { ...situation, totals, judged, moves };
    if (judged.right === undefined) proposeMissing(dispute);
    else if (judged.wrong.length > 0) await playDispute(dispute, judged.right);
  }
  confirmRight(situation, judgement.path, moves);
  for (const judged of judgement.path) collectRewards({ ...situation, totals, judged, moves });
  // What is owed may serve for bonds while there is a dispute. Whether there is anything to collect only L1 can tell.
  const isQuiet =
    moves.every(({ kind }) => kind === "collect" || kind === "collect-unit") &&
    judgement.path.every((judged) => isOver(state, judged));
  if (isQuiet && situation.withdrawsBonds === true) moves.push(...bondsToWithdraw(situation));
  if (owed > 0n && isQuiet) moves.push({ kind: "withdraw", account });
  return moves;
}

/** Bonds that no claim after it takes over, as far as one knows. */
function bondsToWithdraw({ state, account }: Situation): DisputeMove[] {
  return [...state.claims.values()]
    .filter(({ proposer, status, holdsBond }) => proposer === account && status === "confirmed" && holdsBond)
    .map(({ parentId, claimId }) => ({ kind: "withdraw-bond", parentId, claimId }));
}

function isOver({ winners }: DisputeState, { parent, wrong }: Judged): boolean {
  return wrong.length === 0 || winners.has(parent.claimId);
}

/** The right claim is missing beside wrong ones: it can be proposed as long as none of them has stood alone for long enough, or won. */
function proposeMissing({ state, judged, parameters, now, moves }: Dispute): void {
  const { parent, wrong } = judged;
  const [first, second] = wrong;
  if (first === undefined || parent.status === "forfeited" || state.winners.has(parent.claimId)) return;
  if (wrong.some(({ status }) => status === "confirmed")) return;
  const standsAlone = second === undefined && now >= first.proposedAt + parameters.challengePeriod;
  if (!standsAlone) moves.push({ kind: "propose", parentId: parent.claimId, parent });
}

async function playDispute(dispute: Dispute, right: DisputedClaim): Promise<void> {
  const { state, judged, parameters, totals, moves, maximumNodes } = dispute;
  const { parent, own } = judged;
  const parentId = parent.claimId;
  const winner = state.winners.get(parentId);
  if (winner !== undefined && winner !== right.claimId) return;
  const wanted = winner === undefined ? parameters.challengePeriod : 0;
  const isShort = totals.ofClaim(right.claimId) < wanted;
  const position = claimTracePosition(parent, parameters.claimTraceHeight);
  const recorded = state.positions.get(positionId(position));
  const halves = recorded === undefined ? undefined : halvesOf(recorded, right.traceRoot);
  if (halves !== undefined) {
    const wantedBelow = wanted - totals.ownOfClaim(right.claimId);
    await playSpan(dispute, halves.left, wantedBelow);
    await playSpan(dispute, halves.right, wantedBelow);
  } else if (isShort) {
    const found = await own.trace.halves(0, parameters.claimTraceHeight);
    moves.push({ kind: "bisect-claim", parentId, parent, claim: right, halves: found });
  }
  if (winner !== undefined || isShort) return;
  const tree = totals.showClaim(right.claimId, wanted, maximumNodes);
  if (tree === undefined) return;
  if (storeTotals(dispute, tree)) return;
  moves.push({ kind: "decide", parentId, parent, claim: right, tree: tree.nodes });
}

/** Stores what a tree goes by; whether there is something to be stored before it. */
function storeTotals({ state, judged, moves }: Dispute, { toStore }: ShowingTree): boolean {
  toStore.forEach(({ span, nodes }, index) => {
    const recorded = state.positions.get(span.positionId);
    // One that goes by another of them waits until that is on L1.
    const isReady = index === 0 || nodes.every(({ kind }) => kind !== "cached");
    if (recorded === undefined || !isReady) return;
    moves.push({ kind: "cache", parentId: judged.parent.claimId, position: recorded.position, span, tree: nodes });
  });
  return toStore.length > 0;
}

/**
 * A span of the own trace of the claim that is recorded.
 * @param wanted seconds that its total has to come to
 */
async function playSpan(dispute: Dispute, span: SpanReference, wanted: number): Promise<void> {
  const { state, judged, totals, moves } = dispute;
  const recorded = state.positions.get(span.positionId);
  if (recorded === undefined || recorded.spans.length < 2) return;
  const isShort = totals.of(span) < wanted;
  const { position } = recorded;
  if (position.height === 0) {
    try {
      await playUnit(dispute, recorded, span, wanted);
    } catch (error) {
      // It is run while other moves are made.
      if (!(error instanceof UnitBusyError)) throw error;
    }
    return;
  }
  const halves = halvesOf(recorded, span.root);
  if (halves !== undefined) {
    const wantedBelow = wanted - totals.own(span);
    await playSpan(dispute, halves.left, wantedBelow);
    await playSpan(dispute, halves.right, wantedBelow);
  } else if (isShort) {
    const found = await judged.own.trace.halves(position.start, position.height);
    moves.push({ kind: "bisect", parentId: judged.parent.claimId, position, unitRoot: undefined, halves: found });
  }
}

/** A rivaled leaf of the own trace of the claim. */
async function playUnit(
  dispute: Dispute,
  recorded: RecordedPosition,
  span: SpanReference,
  wanted: number,
): Promise<void> {
  const { judged, totals, account, moves, parameters } = dispute;
  const { position } = recorded;
  const isShort = totals.of(span) < wanted;
  if (!isShort && !recorded.traces.some((trace) => isOfAccount(dispute, trace.traceId))) return;
  const unit = judged.own.openUnit(position.start);
  const root = await unit.root(0, parameters.unitTraceHeight);
  const before = await stateBefore(judged.own.trace, position);
  const traceId = positionId(unitTracePosition(recorded.id, before.state, parameters.unitTraceHeight));
  const trace: SpanReference = { positionId: traceId, root, unitRoot: span.root };
  const opened = findSpan(dispute.state.positions.get(traceId), keyOf(trace));
  if (opened === undefined) {
    if (!isShort) return;
    const siblings = await unit.proof(2 ** parameters.unitTraceHeight - 1, parameters.unitTraceHeight);
    const parentId = judged.parent.claimId;
    moves.push({ kind: "open", parentId, position, unitRoot: span.root, before, siblings });
    return;
  }
  const reference: UnitTraceReference = { unit: position, unitRoot: span.root, before: before.state, root };
  await playTrace(dispute, unit, trace, reference, wanted - totals.own(span), opened.player === account);
}

/** Whether the account has played in the traces at a position, so that it may have won something there. */
function isOfAccount({ state, account }: Situation, traceId: Hash): boolean {
  return state.positions.get(traceId)?.spans.some(({ player }) => player === account) ?? false;
}

/** The own trace of a unit, which is opened. Who opened it wants the bond back, for which the trace itself has to win. */
async function playTrace(
  dispute: Dispute,
  unit: OwnUnit,
  trace: SpanReference,
  reference: UnitTraceReference,
  wanted: number,
  isOwnBond: boolean,
): Promise<void> {
  const { state, judged, parameters, totals, moves, maximumNodes, account } = dispute;
  const { challengePeriod } = parameters;
  const winner = state.unitWinners.get(trace.positionId);
  await playStepSpan(dispute, unit, reference, trace, isOwnBond && winner === undefined ? challengePeriod : wanted);

  const recorded = state.positions.get(trace.positionId);
  const rewards = rewardTrees(state, recorded, trace.root, account, maximumNodes);
  const hasRivals = (recorded?.spans.length ?? 0) > 1;
  const parentId = judged.parent.claimId;
  if (winner === undefined) {
    if (!isOwnBond && !(hasRivals && rewards.length > 0)) return;
    const tree = totals.show(trace, challengePeriod, maximumNodes);
    if (tree === undefined || storeTotals(dispute, tree)) return;
    moves.push({ kind: "decide-unit", parentId, trace: reference, tree: tree.nodes });
  } else if (winner === keyOf(trace) && hasRivals) {
    for (const tree of rewards) moves.push({ kind: "collect-unit", parentId, trace: reference, tree });
  }
}

/** A span of the own trace of a unit that is recorded. */
async function playStepSpan(
  dispute: Dispute,
  unit: OwnUnit,
  reference: UnitTraceReference,
  span: SpanReference,
  wanted: number,
): Promise<void> {
  const { state, judged, totals, moves } = dispute;
  const parentId = judged.parent.claimId;
  const recorded = state.positions.get(span.positionId);
  if (recorded === undefined || recorded.spans.length < 2 || totals.of(span) >= wanted) return;
  const { position } = recorded;
  if (position.height === 0) {
    if (recorded.proofs.some(({ key }) => key === keyOf(span))) return;
    const before = await stateBefore(unit, position);
    moves.push({ kind: "prove", parentId, unit: reference.unit, position, before });
    return;
  }
  const halves = halvesOf(recorded, span.root);
  if (halves !== undefined) {
    const wantedBelow = wanted - totals.own(span);
    await playStepSpan(dispute, unit, reference, halves.left, wantedBelow);
    await playStepSpan(dispute, unit, reference, halves.right, wantedBelow);
    return;
  }
  const found = await unit.halves(position.start, position.height);
  moves.push({ kind: "bisect", parentId, position, unitRoot: span.unitRoot, halves: found });
}

async function stateBefore(trace: OwnClaim["trace"] | OwnUnit, { start, prefix }: Position): Promise<StateBefore> {
  if (start === 0) return { state: prefix, prefix: ZERO_HASH, siblings: [] };
  return trace.openPrefix(start);
}

/**
 * A right claim that won against rivals is confirmed, and before it those it stands on; other claims are left to who proposed
 * them.
 */
function confirmRight(situation: Situation, path: readonly Judged[], moves: DisputeMove[]): void {
  const { state, parameters, now } = situation;
  const last = path.findLastIndex(({ parent, wrong }) => wrong.length > 0 && state.winners.has(parent.claimId));
  // One after the other: the next can be confirmed once this is.
  const next = path.slice(0, last + 1).find(({ right }) => right !== undefined && right.status === "proposed");
  if (next?.right === undefined || next.parent.status !== "confirmed") return;
  const { right, wrong, parent } = next;
  const isDue =
    wrong.length === 0
      ? now >= right.proposedAt + parameters.challengePeriod
      : state.winners.get(parent.claimId) === right.claimId;
  if (isDue) moves.push({ kind: "confirm", parentId: parent.claimId, claim: right });
}

/** What the account is paid out of lost bonds; the wrong claims are forfeited for that, down to where their bonds are. */
function collectRewards({ state, judged, parameters, account, maximumNodes, moves }: Dispute): void {
  const { parent, right, wrong } = judged;
  if (right?.status !== "confirmed" || state.winners.get(parent.claimId) !== right.claimId) return;
  const parentId = parent.claimId;
  const recorded = state.positions.get(positionId(claimTracePosition(parent, parameters.claimTraceHeight)));
  const trees = rewardTrees(state, recorded, right.traceRoot, account, maximumNodes);
  if (trees.length === 0) return;
  for (const claim of wrong) forfeitBonds(state, parentId, claim, moves);
  if ((state.lostBonds.get(parentId) ?? 0n) === 0n) return;
  for (const tree of trees) moves.push({ kind: "collect", parentId, parent, claim: right, tree });
}

/** Forfeits a claim that lost if there is a bond on it or below it; its children can be forfeited once it is. */
function forfeitBonds(state: DisputeState, parentId: Hash, claim: DisputedClaim, moves: DisputeMove[]): void {
  if (claim.status === "proposed") {
    if (holdsBond(state, claim)) moves.push({ kind: "forfeit", parentId, claim });
    return;
  }
  for (const child of childrenOf(state, claim.claimId)) forfeitBonds(state, parentId, child, moves);
}

function holdsBond(state: DisputeState, claim: DisputedClaim): boolean {
  return claim.holdsBond || childrenOf(state, claim.claimId).some((child) => holdsBond(state, child));
}
