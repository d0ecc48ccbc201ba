import { ZERO_ADDRESS, ZERO_HASH, hashPair } from "../primitives/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { ImpossibleEventError } from "./dispute-event.ts";
import type { DisputeEvent } from "./dispute-event.ts";
import { cacheKey, findSpan } from "./dispute-state.ts";
import type {
  DisputeParameters,
  DisputeState,
  DisputedClaim,
  PlayedMove,
  ProofConflict,
  RecordedPosition,
  Span,
} from "./dispute-state.ts";
import {
  claimTracePosition,
  leftHalf,
  positionId,
  rightHalf,
  rootKey,
  unitRootKey,
  unitTracePosition,
} from "./position.ts";
import type { Position, RootKey } from "./position.ts";

type Heights = Pick<DisputeParameters, "claimTraceHeight" | "unitTraceHeight">;
type Event<Kind extends DisputeEvent["kind"]> = Extract<DisputeEvent, { readonly kind: Kind }>;

/** A copy that events change. */
interface Draft {
  last: DisputeState["last"];
  readonly claims: Map<Hash, DisputedClaim>;
  readonly children: Map<Hash, readonly Hash[]>;
  latestConfirmed: Hash | undefined;
  readonly positions: Map<Hash, RecordedPosition>;
  readonly winners: Map<Hash, Hash>;
  readonly unitWinners: Map<Hash, RootKey>;
  readonly cached: Map<string, number>;
  readonly lostBonds: Map<Hash, bigint>;
  readonly credits: Map<Address, bigint>;
  readonly moves: PlayedMove[];
  readonly conflicts: ProofConflict[];
}

/**
 * The state after more events, in the order in which L1 has them. What the contracts refuse cannot have happened.
 * @throws ImpossibleEventError; the state before it stays good
 */
export function applyEvents(state: DisputeState, events: readonly DisputeEvent[], heights: Heights): DisputeState {
  if (events.length === 0) return state;
  const draft: Draft = {
    last: state.last,
    claims: new Map(state.claims),
    children: new Map(state.children),
    latestConfirmed: state.latestConfirmed,
    positions: new Map(state.positions),
    winners: new Map(state.winners),
    unitWinners: new Map(state.unitWinners),
    cached: new Map(state.cached),
    lostBonds: new Map(state.lostBonds),
    credits: new Map(state.credits),
    moves: [...state.moves],
    conflicts: [...state.conflicts],
  };
  for (const event of events) {
    checkOrder(draft, event);
    applyEvent(draft, event, heights);
    draft.last = event.origin;
  }
  return draft;
}

function applyEvent(draft: Draft, event: DisputeEvent, heights: Heights): void {
  switch (event.kind) {
    case "claim-proposed":
      return propose(draft, event);
    case "claim-confirmed":
      return confirm(draft, event);
    case "claim-forfeited":
      return forfeit(draft, event);
    case "bond-moved":
      return moveBond(draft, event);
    case "bond-withdrawn":
      return void draft.claims.set(event.claimId, { ...claimOf(draft, event.claimId, event), holdsBond: false });
    case "claim-bisected":
      return bisectClaim(draft, event, heights);
    case "bisected":
      return bisect(draft, event);
    case "opened":
      return open(draft, event, heights);
    case "proven":
      return prove(draft, event);
    case "proofs-conflict":
      return recordConflict(draft, event);
    case "claim-decided":
      return decide(draft, event);
    case "unit-decided":
      return decideUnit(draft, event);
    case "total-cached":
      return cacheTotal(draft, event);
    case "bond-lost":
      check(childIds(draft, event.parentId).length > 0, event, "the parent has no children");
      return void draft.lostBonds.set(event.parentId, (draft.lostBonds.get(event.parentId) ?? 0n) + event.amount);
    case "credited":
      return void draft.credits.set(event.account, (draft.credits.get(event.account) ?? 0n) + event.amount);
    case "withdrawn":
      check((draft.credits.get(event.account) ?? 0n) >= event.amount, event, "less was credited");
      // A withdrawal pays all there is.
      return void draft.credits.set(event.account, 0n);
  }
}

function propose(draft: Draft, event: Event<"claim-proposed">): void {
  const { claimId, parentId, proposer, stateHash, traceRoot, batchCount, nextBatchCount, origin } = event;
  const parent = claimOf(draft, parentId, event);
  check(parent.status !== "forfeited", event, "the parent has lost");
  check(!draft.claims.has(claimId), event, "there is such a claim");
  check(!draft.winners.has(parentId), event, "a sibling has won");
  check(batchCount === parent.nextBatchCount && nextBatchCount > batchCount, event, "wrong numbers of batches");
  draft.claims.set(claimId, {
    claimId,
    parentId,
    stateHash,
    traceRoot,
    batchCount,
    nextBatchCount,
    proposer,
    proposedAt: origin.timestamp,
    status: "proposed",
    holdsBond: true,
  });
  draft.children.set(parentId, [...childIds(draft, parentId), claimId]);
  draft.moves.push({ kind: "propose", parentId, player: proposer, origin });
}

function confirm(draft: Draft, event: Event<"claim-confirmed" | "claim-forfeited">): void {
  const { claimId, parentId, stateHash, traceRoot, origin } = event;
  if (parentId === ZERO_HASH) {
    check(draft.claims.size === 0, event, "there are claims before that of genesis");
    draft.claims.set(claimId, {
      claimId,
      parentId,
      stateHash,
      traceRoot,
      batchCount: 0,
      nextBatchCount: 1,
      proposer: ZERO_ADDRESS,
      proposedAt: origin.timestamp,
      status: "confirmed",
      holdsBond: false,
    });
  } else {
    const claim = claimOf(draft, claimId, event);
    check(claim.parentId === parentId && claim.status === "proposed", event, "it is not pending");
    check(draft.latestConfirmed === parentId, event, "its parent is not the last confirmed");
    draft.claims.set(claimId, { ...claim, status: "confirmed" });
  }
  draft.latestConfirmed = claimId;
}

function forfeit(draft: Draft, event: Event<"claim-confirmed" | "claim-forfeited">): void {
  const claim = claimOf(draft, event.claimId, event);
  const parent = claimOf(draft, claim.parentId, event);
  check(claim.status === "proposed", event, "it is not pending");
  const hasLost =
    parent.status === "forfeited" ||
    childIds(draft, parent.claimId).some((id) => draft.claims.get(id)?.status === "confirmed");
  check(hasLost, event, "it has not lost");
  draft.claims.set(claim.claimId, { ...claim, status: "forfeited", holdsBond: false });
}

function moveBond(draft: Draft, event: Event<"bond-moved">): void {
  const claim = claimOf(draft, event.from, event);
  check(claim.holdsBond, event, "there is no bond to move");
  draft.claims.set(event.from, { ...claim, holdsBond: false });
}

function bisectClaim(draft: Draft, event: Event<"claim-bisected">, heights: Heights): void {
  const { parentId, claimId, left, right } = event;
  const parent = claimOf(draft, parentId, event);
  const claim = claimOf(draft, claimId, event);
  check(claim.parentId === parentId && childIds(draft, parentId).length > 1, event, "the claim has no rival");
  check(hashPair(left, right) === claim.traceRoot, event, "the halves are not those of the claim");
  const position = claimTracePosition(parent, heights.claimTraceHeight);
  recordHalves(draft, getOrCreate(draft, position, parentId), claim.traceRoot, event);
  draft.moves.push({ kind: "bisect-claim", parentId, player: event.player, origin: event.origin });
}

function bisect(draft: Draft, event: Event<"bisected">): void {
  const recorded = positionOf(draft, event.position, event);
  const root = hashPair(event.left, event.right);
  check(recorded.position.height > 0, event, "a span of one state has no halves");
  check(recorded.spans.length > 1, event, "the span has no rival");
  const isRecorded = recorded.spans.some((span) =>
    span.unitRoot === undefined ? span.key === rootKey(root) : span.root === root,
  );
  check(isRecorded, event, "there is no such span");
  recordHalves(draft, recorded, root, event);
  draft.moves.push({ kind: "bisect", parentId: recorded.parentId, player: event.player, origin: event.origin });
}

function recordHalves(
  draft: Draft,
  recorded: RecordedPosition,
  root: Hash,
  event: Event<"claim-bisected" | "bisected">,
): void {
  const { left, right, player, origin } = event;
  check(!recorded.halves.has(root), event, "it was bisected before");
  const leftPosition = getOrCreate(draft, leftHalf(recorded.position), recorded.parentId);
  const rightPosition = getOrCreate(draft, rightHalf(recorded.position, left), recorded.parentId);
  const span = { unitRoot: undefined, player, recordedAt: origin.timestamp };
  addSpan(draft, leftPosition, { ...span, key: rootKey(left), root: left });
  addSpan(draft, rightPosition, { ...span, key: rootKey(right), root: right });
  const halves = new Map(recorded.halves).set(root, {
    left,
    right,
    leftId: leftPosition.id,
    rightId: rightPosition.id,
  });
  draft.positions.set(recorded.id, { ...recorded, halves });
}

function open(draft: Draft, event: Event<"opened">, heights: Heights): void {
  const { unitRoot, before, root, player, origin } = event;
  const unit = positionOf(draft, event.unit, event);
  check(unit.position.level === "claim" && unit.position.height === 0, event, "it is not the position of a unit");
  check(unit.spans.length > 1, event, "the unit has no rival");
  check(findSpan(unit, rootKey(unitRoot)) !== undefined, event, "there is no such span");
  const trace = getOrCreate(draft, unitTracePosition(unit.id, before, heights.unitTraceHeight), unit.parentId);
  const key = unitRootKey(root, unitRoot);
  check(findSpan(trace, key) === undefined, event, "it was opened before");
  addSpan(draft, trace, { key, root, unitRoot, player, recordedAt: origin.timestamp });
  draft.positions.set(unit.id, { ...unit, traces: [...unit.traces, { unitRoot, root, traceId: trace.id }] });
  draft.moves.push({ kind: "open", parentId: unit.parentId, player, origin });
}

function prove(draft: Draft, event: Event<"proven">): void {
  const { state, player, origin } = event;
  const step = positionOf(draft, event.position, event);
  const key = rootKey(state);
  check(step.position.level === "unit" && step.position.height === 0, event, "it is not the position of a step");
  check(step.spans.length > 1, event, "the step has no rival");
  check(findSpan(step, key) !== undefined, event, "nobody claims the state");
  check(!step.proofs.some((proof) => proof.key === key), event, "it was proven before");
  const proof = { key, root: state, unitRoot: undefined, player, recordedAt: origin.timestamp };
  draft.positions.set(step.id, { ...step, proofs: [...step.proofs, proof] });
  draft.moves.push({ kind: "prove", parentId: step.parentId, player, origin });
}

function recordConflict(draft: Draft, event: Event<"proofs-conflict">): void {
  const { id, parentId, proofs } = positionOf(draft, event.position, event);
  check(proofs.length > 1 && proofs.at(-1)?.root === event.state, event, "there is no second proof");
  draft.conflicts.push({ parentId, position: id, origin: event.origin });
}

function decide(draft: Draft, event: Event<"claim-decided">): void {
  const { parentId, claimId } = event;
  check(childIds(draft, parentId).includes(claimId), event, "it is no child of that parent");
  check(!draft.winners.has(parentId), event, "there is a winner");
  draft.winners.set(parentId, claimId);
}

function decideUnit(draft: Draft, event: Event<"unit-decided">): void {
  const { traces } = positionOf(draft, event.unit, event);
  const opened = traces.find(({ root }) => root === event.root);
  if (opened === undefined) throw new ImpossibleEventError(event, "no such trace was opened");
  check(!draft.unitWinners.has(opened.traceId), event, "there is a winner");
  draft.unitWinners.set(opened.traceId, unitRootKey(opened.root, opened.unitRoot));
}

function cacheTotal(draft: Draft, event: Event<"total-cached">): void {
  const { spans } = positionOf(draft, event.position, event);
  const span = spans.find((found) =>
    found.unitRoot === undefined ? found.key === rootKey(event.root) : found.root === event.root,
  );
  if (span === undefined) throw new ImpossibleEventError(event, "there is no such span");
  const key = cacheKey(event.position, span.key);
  check((draft.cached.get(key) ?? 0) < event.total, event, "it is not more than what was stored");
  draft.cached.set(key, event.total);
}

function checkOrder({ last }: Draft, event: DisputeEvent): void {
  if (last === undefined) return;
  const { blockNumber, logIndex, timestamp } = event.origin;
  const isLater =
    blockNumber > last.blockNumber
      ? timestamp >= last.timestamp
      : blockNumber === last.blockNumber && logIndex > last.logIndex && timestamp === last.timestamp;
  check(isLater, event, `it does not follow log ${last.logIndex} of block ${last.blockNumber}`);
}

function check(condition: boolean, event: DisputeEvent, reason: string): void {
  if (!condition) throw new ImpossibleEventError(event, reason);
}

function claimOf({ claims }: Draft, claimId: Hash, event: DisputeEvent): DisputedClaim {
  const claim = claims.get(claimId);
  if (claim === undefined) throw new ImpossibleEventError(event, `there is no claim ${claimId}`);
  return claim;
}

function positionOf({ positions }: Draft, id: Hash, event: DisputeEvent): RecordedPosition {
  const recorded = positions.get(id);
  if (recorded === undefined) throw new ImpossibleEventError(event, `nothing is recorded at position ${id}`);
  return recorded;
}

const childIds = ({ children }: Draft, parentId: Hash): readonly Hash[] => children.get(parentId) ?? [];

function getOrCreate({ positions }: Draft, position: Position, parentId: Hash): RecordedPosition {
  const id = positionId(position);
  const known = positions.get(id);
  if (known !== undefined) return known;
  const created = { id, position, parentId, spans: [], halves: new Map(), traces: [], proofs: [] };
  positions.set(id, created);
  return created;
}

/** What is there stays as it is. */
function addSpan({ positions }: Draft, recorded: RecordedPosition, span: Span): void {
  if (findSpan(recorded, span.key) !== undefined) return;
  positions.set(recorded.id, { ...recorded, spans: [...recorded.spans, span] });
}
