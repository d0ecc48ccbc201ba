import { L1TransactionError } from "../l1/index.ts";
import type { L1Block, TransactionManager } from "../l1/index.ts";
import { hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import { encodeMoves, encodeProof, encodeSingle } from "./calls.ts";
import type { DisputeCall, PlayableMove, SingleMove } from "./calls.ts";
import type { ChallengerContext } from "./context.ts";
import type { DisputeState } from "./dispute-state.ts";
import type { DisputeMove, MoveOf } from "./moves.ts";
import { UnitBusyError } from "./own-claims.ts";
import { CALL_GAS, NODE_GAS, PLAY_GAS, PROOF_GAS, isPlayable, packMoves } from "./packing.ts";
import { readReward } from "./rewards.ts";
import { addStake, computeStakes, exceededLimit } from "./spending.ts";
import type { Stakes } from "./spending.ts";
import type { ChallengerStep, Withheld } from "./types.ts";

const PURPOSE_PREFIX = "dispute/";

/** L1 blocks before its own that a transaction can name the hash of, and so that an opening can be bound to. */
const NAMEABLE_BLOCKS = 256;

/** What the moves of a step are sent with. */
interface Sending {
  readonly context: ChallengerContext;
  readonly transactions: TransactionManager;
  readonly state: DisputeState;
  readonly l1Block: L1BlockReference;
  /** Wei a unit of gas is reckoned with: twice the base fee. */
  readonly gasPrice: bigint;
  readonly actions: string[];
  readonly withheld: Withheld[];
  /** Wei that the account has left, and that the game owes it and bonds can be paid of. */
  balance: bigint;
  owed: bigint;
  readonly owedAtFirst: bigint;
  stakes: Stakes;
}

export interface Means {
  /** Wei. */
  readonly balance: bigint;
  readonly owed: bigint;
  readonly baseFeePerGas: bigint;
}

/** Makes the moves that are due, as far as means and limits go: what time runs for first. */
export async function sendMoves(
  context: ChallengerContext,
  transactions: TransactionManager,
  moves: readonly DisputeMove[],
  head: L1Block,
  { balance, owed, baseFeePerGas }: Means,
): Promise<ChallengerStep> {
  const { options, disputes, fees } = context;
  const state = disputes.state();
  const sending: Sending = {
    context,
    transactions,
    state,
    // The head's own hash cannot be named where an endpoint estimates in the head.
    l1Block: { number: head.number - 1, hash: head.parentHash },
    gasPrice: 2n * baseFeePerGas,
    actions: [],
    withheld: [],
    balance,
    owed,
    owedAtFirst: owed,
    stakes: await computeStakes(state, transactions.account, options.parameters, fees),
  };
  for (const move of moves) if (move.kind === "propose") await propose(sending, move);
  const playable = moves.filter(isPlayable).filter((move) => afford(sending, move.parentId, costOfMove(sending, move)));
  for (const played of packMoves(playable, options.playGas ?? 12_000_000)) await play(sending, played);
  for (const move of moves) {
    if (move.kind === "prove") await prove(sending, move);
    else if (move.kind !== "propose" && !isPlayable(move)) await sendSingle(sending, move);
  }
  const { actions, withheld } = sending;
  if (actions.length > 0) return { kind: "played", actions, withheld };
  return withheld.length > 0 ? { kind: "withheld", withheld } : { kind: "idle" };
}

function costOfMove({ context, gasPrice }: Sending, move: PlayableMove): bigint {
  const bond = move.kind === "open" ? context.options.parameters.unitBond : 0n;
  return bond + BigInt(PLAY_GAS[move.kind]) * gasPrice;
}

/** Whether so many wei can be put at stake in a dispute; they are reckoned as put then. What lacks is said. */
function afford(sending: Sending, parentId: Hash, amount: bigint): boolean {
  const { context, stakes, withheld } = sending;
  const exceeded = exceededLimit(stakes, parentId, amount, context.options.spendingLimits ?? {});
  if (exceeded !== undefined) {
    withheld.push({ kind: "spending-limit", parentId, ...exceeded });
    return false;
  }
  if (!canPay(sending, amount)) return false;
  sending.stakes = addStake(stakes, parentId, amount);
  return true;
}

/** Whether the account has so many wei; they are reckoned as spent then. */
function canPay(sending: Sending, amount: bigint): boolean {
  const { transactions, balance, owed, withheld } = sending;
  if (balance + owed < amount) {
    const { account } = transactions;
    withheld.push({ kind: "insufficient-balance", account, balance: balance + owed, required: amount });
    return false;
  }
  const fromOwed = owed < amount ? owed : amount;
  sending.owed -= fromOwed;
  sending.balance -= amount - fromOwed;
  return true;
}

async function propose(sending: Sending, { parentId, parent }: MoveOf<"propose">): Promise<void> {
  const { context, actions, withheld } = sending;
  const { own, proposeMissing, parameters } = context.options;
  const child = await own.childOf(parent);
  if (child === undefined) return;
  if (!afford(sending, parentId, parameters.claimBond + BigInt(CALL_GAS) * sending.gasPrice)) return;
  const outcome: Awaited<ReturnType<NonNullable<typeof proposeMissing>>> =
    proposeMissing === undefined
      ? { kind: "not-sent", reason: "this node runs no proposer" }
      : await proposeMissing(parent, child);
  if (outcome.kind === "sent") actions.push("propose");
  else withheld.push({ kind: "right-claim-missing", parentId, reason: outcome.reason });
}

async function play(sending: Sending, moves: readonly PlayableMove[]): Promise<void> {
  const { context, l1Block } = sending;
  const { contracts, parameters } = context.options;
  const bonds = BigInt(moves.filter(({ kind }) => kind === "open").length) * parameters.unitBond;
  // What the game owes pays for the bonds of one call of a step only: L1 is read again before the next step.
  const owed = sending.actions.includes("play") ? 0n : sending.owedAtFirst;
  const value = bonds > owed ? bonds - owed : 0n;
  await submit(sending, "play", encodeMoves(moves, l1Block, value, contracts), `${l1Block.number}/`);
}

async function prove(sending: Sending, move: MoveOf<"prove">): Promise<void> {
  const { context, state, gasPrice, withheld } = sending;
  const { own, contracts } = context.options;
  const parent = state.claims.get(move.parentId);
  if (parent === undefined || !afford(sending, move.parentId, BigInt(PROOF_GAS) * gasPrice)) return;
  const claim = await own.childOf(parent);
  if (claim === undefined) return;
  const proven = await claim
    .openUnit(move.unit.start)
    .prove(move.position.start)
    .catch((error: unknown) => {
      if (error instanceof UnitBusyError) return undefined;
      throw error;
    });
  if (proven === undefined) return;
  const actual = await context.prover.resultOf(proven, parent.nextBatchCount);
  if (actual !== proven.after) {
    // The call would succeed, and prove another state, again and again.
    withheld.push({
      kind: "prover-disagrees",
      parentId: move.parentId,
      before: proven.before,
      own: proven.after,
      actual,
    });
    return;
  }
  await submit(sending, "prove", encodeProof(move, proven, contracts));
}

async function sendSingle(sending: Sending, move: SingleMove): Promise<void> {
  const { context, transactions, gasPrice } = sending;
  const { client, contracts } = context.options;
  const call = encodeSingle(move, contracts);
  const nodes = "tree" in move ? move.tree.length : 0;
  const cost = BigInt(CALL_GAS + NODE_GAS * nodes) * gasPrice;
  if (move.kind === "collect" || move.kind === "collect-unit") {
    // What was paid before shows in the contract only.
    if ((await readReward(client, call, transactions.account)) <= cost) return;
  }
  // More may be owed once what was sent is mined.
  if (move.kind === "withdraw" && (sending.actions.length > 0 || sending.owed <= cost)) return;
  // No limit holds up what ends a dispute, and brings back what is at stake in it.
  if (move.kind !== "withdraw" && !canPay(sending, cost)) return;
  await submit(sending, move.kind, call);
}

/** A node may simulate in an earlier block than the one to come: the last seconds of a period are then waited for. */
const WAITING: ReadonlySet<string> = new Set(["TooEarly", "ChallengePeriodRuns"]);

async function submit(sending: Sending, action: string, call: DisputeCall, mark = ""): Promise<void> {
  const { context, transactions, actions, withheld } = sending;
  const { to, data, value } = call;
  const purpose = `${PURPOSE_PREFIX}${action}/${mark}${identify(data)}`;
  // What is mined and waits for its confirmations shows in what was read, unless L1 reorganised: then it is sent by itself.
  if (transactions.status(purpose) !== undefined) return;
  try {
    await transactions.submit({ purpose, to, data: hexToBytes(data), value });
  } catch (error) {
    if (!(error instanceof L1TransactionError) || error.reason.kind !== "would-revert") throw error;
    if (WAITING.has(error.reason.revert.errorName ?? "")) return;
    withheld.push({ kind: "would-revert", action, revert: error.reason.revert.message });
    return;
  }
  actions.push(action);
  context.metrics.transactions.inc({ action });
  context.log.info({ action, value }, "transaction of the challenger sent");
}

function identify(data: Hex): string {
  return keccak256(hexToBytes(data)).slice(2, 34);
}

/**
 * Forgets what is confirmed, and cancels calls whose L1 block cannot be named any more; gives the purpose of a transaction that is on
 * its way, or in a block that was not read yet. What is still to be done shows in what was read.
 */
export async function settleTransactions(
  { log }: ChallengerContext,
  transactions: TransactionManager,
  head: L1Block,
): Promise<string | undefined> {
  for (const status of transactions.statuses()) {
    const { purpose } = status;
    if (!purpose.startsWith(PURPOSE_PREFIX)) continue;
    if (status.kind === "pending") {
      if (!status.cancelling && isBindingSpent(purpose, head.number)) {
        log.warn({ purpose }, "a call was not mined while its L1 block could be named; it is made anew");
        await transactions.cancel(purpose);
      }
      return purpose;
    }
    if ((status.block?.number ?? 0) > head.number) return purpose;
    if (!status.confirmed) continue;
    if (status.kind === "reverted") {
      log.warn({ purpose, revert: status.revert.message }, "a transaction of the challenger reverted");
    }
    await transactions.forget(purpose);
  }
  return undefined;
}

/** Whether a call of `play` can only be refused from the next block on, if there is an opening in it. */
function isBindingSpent(purpose: string, l1Number: number): boolean {
  const [, action, bound] = purpose.split("/");
  return action === "play" && l1Number + 1 - Number(bound) > NAMEABLE_BLOCKS;
}
