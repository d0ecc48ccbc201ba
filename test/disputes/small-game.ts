import { loadHash } from "../../src/traces/index.ts";
import { ZERO_ADDRESS } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import {
  EMPTY_WITNESS,
  GENESIS,
  GENESIS_BODY,
  GENESIS_STATE,
  bodyOf,
  deployDispute,
  siblingsOfLast,
} from "./dispute-fixture.ts";
import type { DisputeParameters } from "./dispute-fixture.ts";
import { createLedger } from "./ledger.ts";
import { movesOf } from "./moves.ts";
import type { Move } from "./moves.ts";
import { createOracle } from "./oracle.ts";
import type { DisputeEvent, Span, TreeNode } from "./oracle.ts";
import { claimIdOf, positionId } from "./positions.ts";
import { honestView, lyingView } from "./views.ts";
import type { Lie, View } from "./views.ts";

/** A liar, and how it plays. Times are in response times. */
export interface Liar {
  readonly lie: Lie;
  /** When it proposes its claim, or begins to play. */
  readonly entersAt: number;
  /** How long it waits before each of its turns, over and over. */
  readonly stalls: readonly number[];
  /** Turns after which it is gone. */
  readonly crashesAfter: number;
  /** It makes the honest party's moves too, before that one does. */
  readonly copies: boolean;
}

export interface SmallGame {
  readonly liars: readonly Liar[];
  /** When the honest party proposes, unless a wrong claim makes it do so earlier. */
  readonly honestEntersAt: number;
  /** Of moves at the same second, whose come first. */
  readonly honestIsFirst: boolean;
}

export interface SmallGameResult {
  /** Seconds from the honest party's first chance until its claim was decided. */
  readonly delay: number;
  /** The most that a wrong claim gathered. */
  readonly wrongSeconds: number;
  readonly moves: number;
  readonly blocks: number;
}

const PLAYERS = 9;
const RICH = 10n ** 24n;

/**
 * Plays small games on the contracts, one after the other from the same snapshot, each with the oracle beside it. The honest party answers
 * what it sees after one response time; so `challengePeriod` is the least that the game allows.
 */
export async function createSmallGames(heights: { readonly claim: number; readonly unit: number }) {
  const minimumResponseTime = 10;
  const parameters: DisputeParameters = {
    challengePeriod: (heights.claim + heights.unit + 6) * minimumResponseTime,
    minimumResponseTime,
    claimBond: 10n ** 18n,
    unitBond: 10n ** 17n,
    claimTraceHeight: heights.claim,
    unitTraceHeight: heights.unit,
  };
  const fixture = await deployDispute(parameters);
  const { ethers, provider, game, chain, networkHelpers } = fixture;
  const batch = await ethers.deployContract("CallBatch", []);
  const reader = await ethers.deployContract("StepBatch", []);
  const targets = {
    game: await game.getAddress(),
    chain: await chain.getAddress(),
    batch: await batch.getAddress(),
    reader: await reader.getAddress(),
  };
  await networkHelpers.setBalance(targets.batch, RICH);
  const accounts: string[] = [];
  for (let index = 0; index < PLAYERS; index++) {
    accounts.push(await (await ethers.deployContract("ScriptedAccount", [ZERO_ADDRESS, "0x"])).getAddress());
  }
  const honest = honestView(loadHash(GENESIS_STATE), heights);
  const honestBody = bodyOf(honest, heights);
  const honestId = claimIdOf(honestBody);
  const from = fixture.signers[0]!.address;
  const totalOf = game.interface.getFunction("totalOf").selector;
  const take = reader.interface.getFunction("take").selector;
  let snapshot = await provider.request({ method: "evm_snapshot" });

  interface Call {
    readonly account: string;
    readonly target: string;
    readonly value: bigint;
    readonly data: string;
    /** What to tell the ledger if it succeeds. */
    readonly then?: () => void;
    readonly mayFail?: boolean;
  }

  async function play(plan: SmallGame): Promise<SmallGameResult> {
    await provider.request({ method: "evm_revert", params: [snapshot] });
    snapshot = await provider.request({ method: "evm_snapshot" });
    const oracle = createOracle({
      claimHeight: heights.claim,
      unitHeight: heights.unit,
      stateBefore: () => honest.claim.before,
    });
    const { claimBond, unitBond, challengePeriod } = parameters;
    const ledger = createLedger({ claimBond, unitBond, claimHeight: heights.claim, unitHeight: heights.unit });
    let [blockNumber, blockHash] = await fixture.latestBlock();
    let now = await fixture.now();
    const begin = now;
    let moves = 0;
    let blocks = 0;
    let wrongSeconds = 0;
    let firstChance: number | undefined;

    const liars = plan.liars.map((liar, index) => ({
      ...liar,
      account: accounts[index + 1]!,
      view: lyingView(honest, heights, liar.lie),
      turns: 0,
      /** Since when it has something to do. */
      since: begin + liar.entersAt * minimumResponseTime,
    }));

    const proposal = (account: string, view: View): Call => ({
      account,
      target: targets.chain,
      value: claimBond,
      data: chain.interface.encodeFunctionData("propose", [
        GENESIS,
        view.state,
        siblingsOfLast(view.claim, heights.claim),
        blockNumber,
        blockHash,
      ]),
    });
    const callOf = (account: string, move: Move): Call => ({
      account,
      target: targets.game,
      value: move.name === "open" ? unitBond : 0n,
      data: encodeMove(move),
    });
    function encodeMove(move: Move): string {
      switch (move.name) {
        case "bisectClaim":
          return game.interface.encodeFunctionData("bisectClaim", [move]);
        case "bisect":
          return game.interface.encodeFunctionData("bisect", [move]);
        case "open":
          return game.interface.encodeFunctionData("open", [
            { ...move, l1BlockNumber: blockNumber, l1BlockHash: blockHash },
          ]);
        case "prove":
          return game.interface.encodeFunctionData("prove", [move, EMPTY_WITNESS]);
      }
    }
    const exists = (view: View): boolean => oracle.claim(claimIdOf(bodyOf(view, heights))) !== undefined;

    /** Makes calls in one block, and compares everything with the oracle after it. */
    async function mine(time: number, calls: Call[]): Promise<void> {
      const data = batch.interface.encodeFunctionData("run", [calls]);
      await provider.request({ method: "evm_setNextBlockTimestamp", params: [time] });
      const hash = await provider.request({
        method: "eth_sendTransaction",
        params: [{ from, to: targets.batch, data, gas: "0xffffff" }],
      });
      const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as Receipt;
      if (receipt.status !== "0x1") throw new Error("a block did not fit");
      now = time;
      blocks++;
      blockNumber = Number(receipt.blockNumber);
      blockHash = receipt.blockHash;
      let made = 0;
      let hasOpened = false;
      for (const log of receipt.logs) {
        const address = log.address.toLowerCase();
        if (address === targets.batch.toLowerCase()) {
          const parsed = batch.interface.parseLog(log)!;
          const call = calls[made++]!;
          const { isSuccess, data: reason } = parsed.args as unknown as { isSuccess: boolean; data: string };
          if (!isSuccess && call.mayFail !== true) throw new Error(`a move reverted: ${describe(reason)}`);
          if (isSuccess) call.then?.();
          // Somebody opened it before: the bond is the player's again.
          if (isSuccess && call.target === targets.game && call.value > 0n && !hasOpened)
            ledger.credited(call.account, call.value);
          hasOpened = false;
        } else if (address === targets.game.toLowerCase() || address === targets.chain.toLowerCase()) {
          const parsed = (address === targets.game.toLowerCase() ? game : chain).interface.parseLog(log)!;
          const event = eventOf(parsed.name, parsed.args as unknown as EventArguments);
          if (event === undefined) continue;
          moves++;
          oracle.apply(event, now);
          if (event.name === "Opened") hasOpened = true;
          if (event.name === "Opened") ledger.opened(positionId(oracle.unitTrace(event.unit, event.before)));
        }
      }
      await compare();
    }

    function describe(reason: string): string {
      return (game.interface.parseError(reason) ?? chain.interface.parseError(reason))?.name ?? reason;
    }

    async function compare(): Promise<void> {
      const expected: bigint[] = [];
      const items: { target: string; data: string }[] = [];
      for (const span of oracle.allSpans()) {
        const total = oracle.totalOfSpan(span, now);
        items.push({ target: targets.game, data: encodeTotalOf(totalOf, span, total.tree) });
        expected.push(BigInt(total.seconds));
      }
      for (const account of [...ledger.accounts(), accounts[0]!]) {
        items.push({ target: targets.game, data: game.interface.encodeFunctionData("owed", [account]) });
        expected.push(ledger.owed(account));
      }
      for (const id of oracle.childrenOf(GENESIS)) {
        items.push({ target: targets.chain, data: chain.interface.encodeFunctionData("unrivaledTime", [GENESIS, id]) });
        const { seconds } = oracle.totalOfClaim(id, now);
        if (id !== honestId) wrongSeconds = Math.max(wrongSeconds, seconds);
        const [first, second] = oracle.childrenOf(GENESIS).map((child) => oracle.claim(child)!.time);
        expected.push(BigInt(id === oracle.childrenOf(GENESIS)[0] ? (second ?? now) - first! : 0));
      }
      const data = encodeTake(take, items);
      const answer = (await provider.request({
        method: "eth_call",
        params: [{ from, to: targets.reader, data, gas: "0xffffff" }, "latest"],
      })) as string;
      const [outcomes] = reader.interface.decodeFunctionResult("take", answer) as unknown as [
        { isSuccess: boolean; data: string }[],
      ];
      outcomes.forEach(({ isSuccess, data: result }, index) => {
        if (!isSuccess || BigInt(result) !== expected[index])
          throw new Error(
            `value ${index}: L1 says ${isSuccess ? BigInt(result) : describe(result)}, not ${expected[index]}`,
          );
      });
      const balance = BigInt(
        (await provider.request({ method: "eth_getBalance", params: [targets.game, "latest"] })) as string,
      );
      if (balance !== ledger.balance()) throw new Error(`the game holds ${balance} wei, not ${ledger.balance()}`);
      if (wrongSeconds >= challengePeriod) throw new Error(`a wrong claim gathered ${wrongSeconds} seconds`);
    }

    const honestCalls = (): Call[] => {
      if (exists(honest)) {
        return movesOf(honest, oracle, heights, GENESIS_BODY, true).map((move) => callOf(accounts[0]!, move));
      }
      const isChallenged = oracle.childrenOf(GENESIS).length > 0;
      const isTime = now + minimumResponseTime >= begin + plan.honestEntersAt * minimumResponseTime;
      return isChallenged || isTime ? [proposal(accounts[0]!, honest)] : [];
    };
    const liarCalls = (liar: (typeof liars)[number]): Call[] => {
      if (liar.turns >= liar.crashesAfter) return [];
      if (liar.lie.isFrenemy !== true && !exists(liar.view))
        // Another liar may claim the same in the same block.
        return [{ ...proposal(liar.account, liar.view), mayFail: true }];
      const copied = liar.copies ? movesOf(honest, oracle, heights, GENESIS_BODY, true) : [];
      const own = movesOf(liar.view, oracle, heights, GENESIS_BODY, false);
      return [...copied, ...own].map((move) => callOf(liar.account, move));
    };
    const patience = (liar: (typeof liars)[number]): number =>
      (1 + (liar.stalls[liar.turns % liar.stalls.length] ?? 0)) * minimumResponseTime;

    for (;;) {
      const children = oracle.childrenOf(GENESIS);
      if (firstChance === undefined && children.length > 0) firstChance = now;
      const isHonestThere = children.includes(honestId);
      const total = isHonestThere ? oracle.totalOfClaim(honestId, now) : undefined;
      if (total !== undefined && total.seconds >= challengePeriod) break;

      const answers = honestCalls();
      const turns = liars.map((liar) => ({ liar, calls: liarCalls(liar) }));
      for (const { liar, calls } of turns) if (calls.length === 0) liar.since = Math.max(liar.since, now);
      let next = Number.POSITIVE_INFINITY;
      if (answers.length > 0) next = now + minimumResponseTime;
      for (const { liar, calls } of turns) {
        if (calls.length > 0) next = Math.min(next, Math.max(now + minimumResponseTime, liar.since + patience(liar)));
      }
      if (total === undefined)
        next = Math.min(next, Math.max(now, begin + plan.honestEntersAt * minimumResponseTime) + minimumResponseTime);
      else {
        const undisturbed = now + challengePeriod - total.seconds;
        if (next === Number.POSITIVE_INFINITY || next > undisturbed) next = undisturbed;
      }
      // What a wrong claim has at most before anything else is recorded.
      for (const id of children) {
        if (id === honestId) continue;
        const { seconds } = oracle.totalOfClaim(id, next);
        if (isHonestThere && seconds >= challengePeriod)
          throw new Error(`a wrong claim would gather ${seconds} seconds`);
      }
      const lying = turns.flatMap(({ liar, calls }) => {
        if (calls.length === 0 || next < liar.since + patience(liar)) return [];
        liar.turns++;
        liar.since = next;
        return calls;
      });
      const honestly = answers.length > 0 && next >= now + minimumResponseTime ? answers : [];
      await mine(next, plan.honestIsFirst ? [...honestly, ...lying] : [...lying, ...honestly]);
      if (blocks > 1000) throw new Error("the game does not end");
    }
    const delay = now - firstChance!;
    if (delay >= 2 * challengePeriod) throw new Error(`decided after ${delay} seconds`);
    await settle();
    return { delay, wrongSeconds, moves, blocks };

    /** Decides, and pays everything that there is to pay. */
    async function settle(): Promise<void> {
      const [honestAccount] = accounts as [string];
      const call = (data: string, target = targets.game, then?: () => void): Call => ({
        account: honestAccount,
        target,
        value: 0n,
        data,
        ...(then === undefined ? {} : { then }),
      });
      const { tree } = oracle.totalOfClaim(honestId, now);
      const body = [GENESIS_BODY, honestBody.stateHash, honestBody.traceRoot] as const;
      await mine(now + 1, [
        call(game.interface.encodeFunctionData("decide", [...body, tree as never])),
        call(chain.interface.encodeFunctionData("confirm", [honestBody]), targets.chain),
      ]);
      const { tree: claimTree, rewards } = oracle.rewardsBelow(oracle.claimTrace(GENESIS), honestBody.traceRoot);
      const collect = call(game.interface.encodeFunctionData("collect", [...body, claimTree]), targets.game, () =>
        ledger.collected(GENESIS, rewards),
      );
      await mine(now + 1, [collect]);
      const losers = oracle.childrenOf(GENESIS).filter((id) => id !== honestId);
      for (const id of losers) {
        const data = chain.interface.encodeFunctionData("forfeitBond", [oracle.claim(id)!.body]);
        await mine(now + 1, [call(data, targets.chain, () => ledger.lost(GENESIS)), collect, collect]);
      }
      // What the honest party has not answered at the level of units by now it answers while it waits.
      for (let round = 0; round < heights.unit + 4; round++) {
        const more = honestCalls();
        if (more.length === 0) break;
        await mine(now + minimumResponseTime, more);
      }
      await mine(now + challengePeriod, []);
      for (const { position, root, unitRoot } of oracle.allSpans()) {
        if (position.level !== 1 || position.height !== heights.unit) continue;
        const unit = [...Array(2 ** heights.claim).keys()]
          .map((start) => ({ ...oracle.claimTrace(GENESIS), start, height: 0, prefix: honest.claim.prefix(start) }))
          .find((candidate) => positionId(candidate) === position.context);
        if (unit === undefined) continue;
        const isRight = root === honest.unit(unit.start).root(0, heights.unit);
        const total = oracle.totalOfSpan({ position, root, unitRoot }, now);
        if (!isRight) {
          if (total.seconds >= challengePeriod) throw new Error("a wrong trace of a unit gathered enough");
          continue;
        }
        const arguments_ = [unit, unitRoot, position.prefix, root] as const;
        const opener = oracle.openerOf(position, root, unitRoot);
        const id = positionId(position);
        const below = oracle.rewardsBelow(position, root);
        const collectUnit = call(
          game.interface.encodeFunctionData("collectUnit", [...arguments_, below.tree]),
          targets.game,
          () => ledger.unitCollected(id, below.rewards),
        );
        await mine(now + 1, [
          call(
            game.interface.encodeFunctionData("decideUnit", [...arguments_, total.tree as never]),
            targets.game,
            () => ledger.unitDecided(id, opener),
          ),
          collectUnit,
          collectUnit,
        ]);
      }
      await mine(
        now + 1,
        ledger
          .accounts()
          .flatMap((account) => [
            call(game.interface.encodeFunctionData("withdraw", [account]), targets.game, () =>
              ledger.withdrawn(account),
            ),
            { ...call(game.interface.encodeFunctionData("withdraw", [account])), mayFail: true },
          ]),
      );
    }
  }

  return { parameters, play };
}

const word = (value: number): string => value.toString(16).padStart(64, "0");
const digits = (hash: string): string => hash.slice(2);

/** Calldata of `totalOf`. Written out, as most of the time of a game went into encoding it otherwise. */
function encodeTotalOf(selector: string, { position, unitRoot, root }: Span, tree: readonly TreeNode[]): string {
  const { level, context, start, height, prefix } = position;
  const head = [
    word(level),
    digits(context),
    word(start),
    word(height),
    digits(prefix),
    digits(unitRoot),
    digits(root),
  ];
  const nodes = tree.flatMap(({ kind, first, second }) => [word(kind), digits(first), digits(second)]);
  return [selector, ...head, word(0x100), word(tree.length), ...nodes].join("");
}

/** Calldata of StepBatch's `take`, likewise. */
function encodeTake(selector: string, items: readonly { readonly target: string; readonly data: string }[]): string {
  const offsets: string[] = [];
  const tails: string[] = [];
  let offset = 32 * items.length;
  for (const { target, data } of items) {
    const length = (data.length - 2) / 2;
    const words = Math.ceil(length / 32);
    offsets.push(word(offset));
    tails.push(digits(target).padStart(64, "0"), word(0x40), word(length), digits(data).padEnd(64 * words, "0"));
    offset += 96 + 32 * words;
  }
  return [selector, word(0x20), word(items.length), ...offsets, ...tails].join("");
}

export type SmallGames = Awaited<ReturnType<typeof createSmallGames>>;

interface Receipt {
  readonly status: string;
  readonly blockNumber: string;
  readonly blockHash: Hash;
  readonly logs: { readonly address: string; readonly topics: string[]; readonly data: string }[];
}

/** All arguments of all the events, by name. */
interface EventArguments {
  readonly claimId: Hash;
  readonly parentId: Hash;
  readonly proposer: string;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
  readonly left: Hash;
  readonly right: Hash;
  readonly player: string;
  readonly position: Hash;
  readonly unit: Hash;
  readonly unitRoot: Hash;
  readonly before: Hash;
  readonly root: Hash;
  readonly state: Hash;
}

export function eventOf(name: string, args: EventArguments): DisputeEvent | undefined {
  const { parentId, stateHash, traceRoot, proposer, left, right, player, position } = args;
  switch (name) {
    case "ClaimProposed":
      return { name, body: { parentId, stateHash, traceRoot }, proposer };
    case "ClaimBisected":
      return { name, parentId, left, right, player };
    case "Bisected":
      return { name, position, left, right, player };
    case "Opened":
      return { name, unit: args.unit, unitRoot: args.unitRoot, before: args.before, root: args.root, player };
    case "Proven":
      return { name, position, state: args.state, player };
    default:
      return undefined;
  }
}
