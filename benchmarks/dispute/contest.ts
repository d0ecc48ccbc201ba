import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { TransactionReceipt } from "ethers";
import { computeTotals } from "../../src/challenger/index.ts";
import type { DisputeMove, DisputedClaim, OwnClaim } from "../../src/challenger/index.ts";
import { encodeSingle } from "../../src/challenger/calls.ts";
import { isPlayable, packMoves } from "../../src/challenger/packing.ts";
import { bytesToHex, bigintToBytes32, toAddress } from "../../src/primitives/index.ts";
import { stateHash } from "../../src/rollup/index.ts";
import type { Board, DisputedHistory } from "../../test/disputes/board.ts";
import { siblingsOfLast } from "../../test/disputes/false-claims.ts";
import { lyingPath } from "./liar.ts";
import type { LyingPath } from "./liar.ts";
import { scriptOf, scriptedClaim } from "./scripted-claims.ts";
import type { Lie } from "./scripted-claims.ts";

/** Gas of a call of `play` at most; the challenger's own default (src/challenger/types.ts). */
const PLAY_GAS_LIMIT = 12_000_000;

export interface Adversary {
  readonly lie: Lie;
  /** Seconds from the begin at which it claims. */
  readonly entersAt: number;
}

export interface ContestOptions {
  readonly history: DisputedHistory;
  readonly adversaries: readonly Adversary[];
  /** Seconds that the honest party takes for each answer; adversaries take none. */
  readonly responseTime: number;
  /** Called once the right claim can be decided for, before that is done. It leaves L1 as it is. */
  readonly onDecidable?: (dispute: Dispute) => Promise<void>;
  /** Called once there are bonds of wrong claims to collect, before that is done. It leaves L1 as it is. */
  readonly onCollectable?: (dispute: Dispute) => Promise<void>;
  readonly onProgress?: (text: string) => void;
}

/** A dispute at one moment. */
export interface Dispute {
  readonly table: Awaited<ReturnType<Board["deploy"]>>;
  readonly parent: DisputedClaim;
  readonly right: DisputedClaim;
  /** L1 timestamp of the next block. */
  readonly now: number;
}

/** Transactions of one kind. */
export interface Spending {
  readonly calls: number;
  readonly gas: bigint;
  /** Bytes. */
  readonly calldata: number;
  readonly mostGas: bigint;
}

/** What one honest party took against its adversaries. Amounts are in wei. */
export interface Contest {
  /** Seconds from the first wrong claim to the decision for the right one. */
  readonly delay: number;
  /** Transactions of the honest party, by what they were; of `play` by its first move. */
  readonly honest: ReadonlyMap<string, Spending>;
  /** Moves, however many of them were in one transaction. */
  readonly honestMoves: number;
  /** Bonds that the honest party has put up at most at once. */
  readonly locked: bigint;
  /** What it was paid for its moves out of the bonds that were lost. */
  readonly rewards: bigint;
  readonly adversaryGas: bigint;
  /** Bonds that the adversaries put up, all of which they lose. */
  readonly lost: bigint;
  /** What was paid to adversaries out of them, for moves that were right. */
  readonly returned: bigint;
}

/**
 * One honest party, which plays by the challenger's own decisions, against adversaries with a wrong claim each, on the contracts
 * and L1's clock. Throws if the right claim does not win.
 */
export async function playContest(board: Board, options: ContestOptions): Promise<Contest> {
  const { history, adversaries, responseTime, onProgress } = options;
  const { networkHelpers, parameters, heights, honest, connection } = board;
  const { ethers } = connection;
  const { challengePeriod, claimBond, unitBond } = parameters;
  const table = await board.deploy(history);
  const right = scriptedClaim(history.before, heights);
  await board.scripted.script(scriptOf(right));
  const genesis = [...table.state().claims.values()][0];
  if (genesis === undefined) throw new Error("expected the genesis claim");
  const claims: ReadonlyMap<number, OwnClaim> = new Map([[history.before.batchCount, right.own]]);
  const stateHashes = new Map([
    [history.before.batchCount, stateHash(history.before)],
    [right.after.batchCount, right.own.stateHash],
  ]);
  const dueAt = (at: number): Promise<readonly DisputeMove[]> =>
    table.due(honest, claims, (count) => stateHashes.get(count), at);

  const begin = (await networkHelpers.time.latest()) + 60;
  let now = begin;
  const spendings = new Map<string, Spending>();
  let [honestMoves, openings, adversaryGas, adversaryOpenings] = [0, 0, 0n, 0];

  const honestly = async (what: string, moves: number, send: Promise<TransactionReceipt>): Promise<void> => {
    const { gasUsed, hash } = await send;
    const data = (await ethers.provider.getTransaction(hash))?.data ?? "0x";
    const before = spendings.get(what) ?? { calls: 0, gas: 0n, calldata: 0, mostGas: 0n };
    honestMoves += moves;
    spendings.set(what, {
      calls: before.calls + 1,
      gas: before.gas + gasUsed,
      calldata: before.calldata + (data.length - 2) / 2,
      mostGas: gasUsed > before.mostGas ? gasUsed : before.mostGas,
    });
  };
  /** The next block has the time that it is. */
  const tick = (): Promise<void> => networkHelpers.time.setNextBlockTimestamp(now);
  const childWith = (hash: string, traceRoot: string): DisputedClaim | undefined =>
    [...table.state().claims.values()].find((one) => one.stateHash === hash && one.traceRoot === traceRoot);

  interface Player {
    readonly by: HardhatEthersSigner;
    readonly adversary: Adversary;
    readonly claim: ReturnType<typeof scriptedClaim>;
    path: LyingPath | undefined;
  }
  const players: Player[] = [];
  for (const [index, adversary] of adversaries.entries()) {
    const address = toAddress(`0x${bytesToHex(bigintToBytes32(BigInt(0xbad000 + index))).slice(-40)}`);
    await networkHelpers.setBalance(address, 10n ** 24n);
    const by = await ethers.getImpersonatedSigner(address);
    players.push({ by, adversary, claim: scriptedClaim(history.before, heights, adversary.lie), path: undefined });
  }

  /** Whether an adversary did anything. */
  const letAdversariesPlay = async (): Promise<boolean> => {
    let isPlayed = false;
    for (const player of players) {
      const { by, adversary, claim } = player;
      if (player.path === undefined && now - begin >= adversary.entersAt) {
        await tick();
        const siblings = await siblingsOfLast(claim.own, heights.claim);
        adversaryGas += (await table.propose(by, genesis.claimId, claim.after, siblings)).gasUsed;
        const proposed = childWith(claim.own.stateHash, claim.own.traceRoot);
        if (proposed === undefined) throw new Error("expected the wrong claim to be there");
        player.path = lyingPath(genesis, proposed, claim, adversary.lie, heights);
        isPlayed = true;
      }
      for (const move of player.path?.takeDue(table.state()) ?? []) {
        await tick();
        adversaryGas += (await table.make(by, [move], claims)).gasUsed;
        if (move.kind === "open") adversaryOpenings++;
        isPlayed = true;
      }
    }
    return isPlayed;
  };

  /** Only L1 can tell what was collected: each of these calls is made once. */
  const collected = new Set<string>();
  const isNew = (move: DisputeMove): boolean => {
    if (move.kind !== "collect" && move.kind !== "collect-unit") return true;
    const { data } = encodeSingle(move, table.contracts);
    if (collected.has(data)) return false;
    collected.add(data);
    return true;
  };
  /** Makes moves as the challenger sends them, and tells whether there were any. */
  const playHonestly = async (due: readonly DisputeMove[]): Promise<boolean> => {
    const moves = due.filter(isNew);
    const playable = moves.filter(isPlayable);
    if (moves.some(({ kind }) => kind === "propose")) {
      await tick();
      const siblings = await siblingsOfLast(right.own, heights.claim);
      await honestly("propose", 1, table.propose(honest, genesis.claimId, right.after, siblings));
    }
    for (const call of packMoves(playable, PLAY_GAS_LIMIT)) {
      await tick();
      openings += call.filter(({ kind }) => kind === "open").length;
      await honestly(
        call.length > 1 ? "play" : (call[0]?.kind ?? "play"),
        call.length,
        table.make(honest, call, claims),
      );
    }
    for (const move of moves) {
      if (move.kind === "propose" || isPlayable(move)) continue;
      await tick();
      await honestly(move.kind, 1, table.make(honest, [move], claims));
    }
    return moves.length > 0;
  };

  const disputeNow = (): Dispute => {
    const claim = childWith(right.own.stateHash, right.own.traceRoot);
    if (claim === undefined) throw new Error("expected the right claim to be there");
    return { table, parent: genesis, right: claim, now };
  };
  const totalNow = (): number | undefined => {
    const claim = childWith(right.own.stateHash, right.own.traceRoot);
    return claim === undefined ? undefined : computeTotals(table.state(), parameters, now).ofClaim(claim.claimId);
  };

  let isDecidable = false;
  for (let round = 0; !table.state().winners.has(genesis.claimId); round++) {
    if (round > 20 * (heights.claim + heights.unit)) throw new Error("the contest does not end");
    const isLying = await letAdversariesPlay();
    const total = totalNow();
    if (total !== undefined && total >= challengePeriod) {
      if (!isDecidable) await options.onDecidable?.(disputeNow());
      isDecidable = true;
      await playHonestly(await dueAt(now));
      continue;
    }
    const due = await dueAt(now + responseTime);
    if (due.length > 0 || isLying) {
      now += responseTime;
      await playHonestly(due);
      if (round % 10 === 9) onProgress?.(`round ${round + 1}, ${table.state().positions.size} positions`);
      continue;
    }
    const entries = players.filter(({ path }) => path === undefined).map(({ adversary }) => begin + adversary.entersAt);
    now = Math.min(...entries, now + challengePeriod - (total ?? 0));
  }
  const delay = now - begin;
  const winner = table.state().winners.get(genesis.claimId);
  if (winner !== childWith(right.own.stateHash, right.own.traceRoot)?.claimId)
    throw new Error("a wrong claim won the contest");
  const locked = claimBond + BigInt(openings) * unitBond;

  let isCollectable = false;
  for (let idle = 0; idle < 2;) {
    now += 12;
    const due = await dueAt(now);
    if (!isCollectable && due.some(({ kind }) => kind === "collect")) {
      isCollectable = true;
      await options.onCollectable?.(disputeNow());
    }
    if (await playHonestly(due)) continue;
    // Units are decided for when their traces have gathered enough.
    idle++;
    now += challengePeriod;
  }
  const credits = await creditsBy();
  const bondsBack = BigInt(openings) * unitBond;
  const ofHonest = credits.get(honest.address.toLowerCase()) ?? 0n;
  const others = [...credits].filter(([account]) => account !== honest.address.toLowerCase());
  return {
    delay,
    honest: spendings,
    honestMoves,
    locked,
    rewards: ofHonest - bondsBack,
    adversaryGas,
    lost: BigInt(adversaries.length) * claimBond + BigInt(adversaryOpenings) * unitBond,
    returned: others.reduce((sum, [, amount]) => sum + amount, 0n),
  };

  /** Wei that the game has credited, by account. */
  async function creditsBy(): Promise<ReadonlyMap<string, bigint>> {
    const { game } = table;
    const found = new Map<string, bigint>();
    for (const { args } of await game.queryFilter(game.filters.Credited())) {
      const account = args.account.toLowerCase();
      found.set(account, (found.get(account) ?? 0n) + args.amount);
    }
    return found;
  }
}
