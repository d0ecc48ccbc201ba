import { createExclusiveRunner, createStepLoop } from "../concurrency/index.ts";
import {
  InconsistentL1Error,
  createTroubleReporter,
  errorText,
  isConnectionClosed,
  readL1Block,
  readNextTimestamp,
} from "../l1/index.ts";
import type { L1Block } from "../l1/index.ts";
import type { Address, Hash, Instruments } from "../primitives/index.ts";
import { alarmKey, describeAlarm, findAlarms } from "./alarms.ts";
import { openContext } from "./context.ts";
import type { ChallengerContext } from "./context.ts";
import { dueMoves } from "./decisions.ts";
import type { DisputeState, DisputedClaim, OpenedTrace } from "./dispute-state.ts";
import { judgeClaims } from "./judgement.ts";
import type { DisputeMove } from "./moves.ts";
import { MAXIMUM_NODES } from "./packing.ts";
import { readOwed } from "./rewards.ts";
import { sendMoves, settleTransactions } from "./sending.ts";
import type { Challenger, ChallengerOptions, ChallengerStep, Withheld } from "./types.ts";

/** Opens the challenger, without touching the network. */
export function createChallenger(options: ChallengerOptions, instruments: Instruments): Challenger {
  const context = openContext(options, instruments);
  const { state, disputes, log } = context;
  const exclusive = createExclusiveRunner();
  const trouble = createTroubleReporter();
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 12,
    step: async () => {
      await exclusive(() => step(context));
      state.failure = undefined;
      trouble.over();
      return false;
    },
    onError: (error) => {
      const text = errorText(error);
      state.failure = text;
      trouble.report(text, (again) => log.error({ error: text, ...again }, "the challenger cannot go on"));
    },
    endsLoop: isConnectionClosed,
  });
  return {
    step: () => exclusive(() => step(context)),
    state: () => disputes.state(),
    judgement: () => state.judgement,
    alarms: () => state.alarms,
    problems: () => [
      ...state.alarms.map(describeAlarm),
      ...state.withheld.map(describeWithheld),
      ...(state.failure === undefined ? [] : [`the challenger cannot go on: ${state.failure}`]),
    ],
    start: loop.start,
    stop: loop.stop,
  };
}

/**
 * One pass:
 *
 * 1. what L1 tells of disputes is read up to its head, and the claims are judged;
 * 2. alarms are raised;
 * 3. nothing is sent while an earlier transaction is on its way;
 * 4. the moves that are due are made.
 */
async function step(context: ChallengerContext): Promise<ChallengerStep> {
  const { options, mode, disputes, hiddenClaims, state, metrics } = context;
  const { client, own, parameters, transactions, contracts } = options;
  const block = await client.getBlock({ blockTag: "latest" });
  const head = await readL1Block(client, Number(block.number));
  if (head === undefined) throw new Error(`L1 does not know its head ${block.number} any more`);
  const read = await disputes.read(head);
  await hiddenClaims.check(read, head).catch((error: unknown) => {
    if (error instanceof InconsistentL1Error) disputes.forget();
    throw error;
  });
  const isOfInterest = ({ claimId }: DisputedClaim): boolean =>
    transactions !== undefined && !state.settled.has(claimId) && hasPlayed(read, claimId, transactions.account);
  state.judgement = await judgeClaims(read, own, isOfInterest);
  const now = await readNextTimestamp(client, block);
  raiseAlarms(context, read, now);
  metrics.l1Block.set(head.number);
  if (mode === "watch-only" || transactions === undefined) return { kind: "watching" };
  const waiting = await settleTransactions(context, transactions, head);
  if (waiting !== undefined) return { kind: "waiting-for-transaction", purpose: waiting };
  if (state.judgement.kind !== "judged") return { kind: "behind" };

  const { account } = transactions;
  const owed = await readOwed(client, contracts.challengeGame, account);
  const withdrawsBonds = options.withdrawsBonds ?? false;
  const situation = { state: read, judgement: state.judgement, parameters, account, owed, now, withdrawsBonds };
  const moves = await dueMoves({ ...situation, maximumNodes: MAXIMUM_NODES });
  if (mode === "dry-run") return logMoves(context, moves);
  if (moves.length === 0) {
    state.withheld = [];
    return { kind: state.judgement.unjudged === undefined ? "idle" : "behind" };
  }
  return play(context, moves, head, { owed, baseFeePerGas: block.baseFeePerGas ?? 0n });
}

async function play(
  context: ChallengerContext,
  moves: readonly DisputeMove[],
  head: L1Block,
  means: { readonly owed: bigint; readonly baseFeePerGas: bigint },
): Promise<ChallengerStep> {
  const { options, state, withheldTrouble, log } = context;
  const { client, transactions } = options;
  if (transactions === undefined) return { kind: "watching" };
  const balance = await client.getBalance({ address: transactions.account });
  const played = await sendMoves(context, transactions, moves, head, { balance, ...means });
  state.withheld = "withheld" in played ? played.withheld : [];
  if (played.kind === "idle") settleDisputes(context, moves, transactions.account);
  const reasons = state.withheld.map(describeWithheld);
  if (reasons.length === 0) withheldTrouble.over();
  else {
    withheldTrouble.report(reasons.join("; "), (again) =>
      log.error({ withheld: state.withheld, ...again }, "moves that are due are not made"),
    );
  }
  return played;
}

function logMoves({ log }: ChallengerContext, moves: readonly DisputeMove[]): ChallengerStep {
  for (const move of moves) log.info({ move: summarise(move) }, "this move would be made");
  return { kind: "dry-run", moves };
}

/** Without what fills a log: roots, siblings and trees. */
function summarise(move: DisputeMove): object {
  const { kind } = move;
  const parentId = "parentId" in move ? { parentId: move.parentId } : {};
  if (!("position" in move)) return { kind, ...parentId };
  const { level, start, height } = move.position;
  return { kind, ...parentId, level, start, height };
}

/** Each alarm is logged and counted when it begins. */
function raiseAlarms(context: ChallengerContext, read: DisputeState, now: number): void {
  const { options, state, metrics, log } = context;
  const { alarms, secondsLeft } = findAlarms({
    state: read,
    judgement: state.judgement,
    parameters: options.parameters,
    now,
    shortTime: options.shortTime ?? 0.5,
  });
  const known = new Set(state.alarms.map(alarmKey));
  for (const alarm of alarms) {
    if (known.has(alarmKey(alarm))) continue;
    metrics.alarms.inc({ kind: alarm.kind });
    log.error({ alarm }, describeAlarm(alarm));
  }
  state.alarms = alarms;
  metrics.wrongClaims.set(alarms.filter(({ kind }) => kind === "wrong-claim").length);
  metrics.secondsLeft.set(secondsLeft ?? options.parameters.challengePeriod);
}

function hasPlayed({ moves }: DisputeState, parentId: Hash, account: Address): boolean {
  return moves.some((move) => move.parentId === parentId && move.player === account);
}

/** Confirmed disputes in which nothing is left to win are not looked at again. Called when nothing was sent. */
function settleDisputes({ state, disputes }: ChallengerContext, moves: readonly DisputeMove[], account: Address): void {
  if (state.judgement.kind !== "judged") return;
  const read = disputes.state();
  const isOut = ({ traceId }: OpenedTrace): boolean =>
    !read.unitWinners.has(traceId) &&
    (read.positions.get(traceId)?.spans.some(({ player }) => player === account) ?? false);
  const busy = new Set(
    moves.flatMap((move) =>
      "parentId" in move && move.kind !== "collect" && move.kind !== "collect-unit" ? [move.parentId] : [],
    ),
  );
  for (const { parentId, traces } of read.positions.values()) if (traces.some(isOut)) busy.add(parentId);
  for (const { parent, right } of state.judgement.path) {
    if (right?.status === "confirmed" && !busy.has(parent.claimId)) state.settled.add(parent.claimId);
  }
}

export function describeWithheld(withheld: Withheld): string {
  switch (withheld.kind) {
    case "insufficient-balance":
      return `account ${withheld.account} has ${withheld.balance} wei, a move takes ${withheld.required}`;
    case "spending-limit":
      return `the spending limit (${withheld.limit}) of ${withheld.maximum} wei keeps from a move in dispute ${withheld.parentId}, with which ${withheld.required} would be at stake`;
    case "right-claim-missing":
      return `the right claim after ${withheld.parentId} is missing: ${withheld.reason}`;
    case "prover-disagrees":
      return `the prover on L1 leads from state ${withheld.before} to ${withheld.actual}, this node's machine to ${withheld.own}`;
    case "would-revert":
      return `L1 would refuse to ${withheld.action}: ${withheld.revert}`;
  }
}
