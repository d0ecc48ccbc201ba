import { expect } from "chai";
import { keccak256, numberToHex } from "viem";
import type { Hex } from "viem";
import { computeTotals } from "../../src/challenger/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { createDisputeFixture } from "./dispute-fixture.ts";
import type { DisputeFixture, Player } from "./dispute-fixture.ts";
import { HONEST_KEY, LIAR_KEY, LIE, MOVES_ON_A_PATH, judgeBy, openTwoSides } from "./two-sides.ts";

/** Seconds in which an answer is on L1 if nobody keeps it away. */
const RESPONSE = 60;
const PERIOD = 1_000;
/** docs/disputes.md §4: m = H0 + H1 + 2 honest moves are due one after the other, the claim among them. */
const MOVES = 2 + 2 + 2;
/** T > m·δ + c: from so many seconds of censorship on, a wrong claim may win. 640 of 1,000 here. */
const BOUND = PERIOD - MOVES * RESPONSE;

/** Before its own that a transaction can name. */
const NAMEABLE_BLOCKS = 256;

/**
 * The worst there is: the liar claims first, and answers in the block after an honest move, so that all time in which one is due is
 * its own. Each honest move lands `RESPONSE` seconds after the liar's, and later by what L1 keeps it away.
 */
describe("a challenger that L1 censors", () => {
  let fixture: DisputeFixture;
  afterEach(() => fixture.close());

  /** @param censored seconds that each of the honest moves is kept away, the claim first */
  async function play(censored: readonly number[]) {
    fixture = await createDisputeFixture({ challengePeriod: PERIOD });
    const { l1 } = fixture;
    const wrong = fixture.wrong(LIE);
    const held: Hex[] = [];
    const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture, fixture.right) });
    const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, wrong) });
    const keepAway = (): void =>
      l1.intercept(async (method, params, next) => {
        if (method !== "eth_sendRawTransaction") return next();
        const raw = params[0] as Hex;
        held.push(raw);
        return keccak256(raw);
      });
    /** Puts what is sent now into a block of that second. */
    const landAt = async (timestamp: number, send: () => Promise<unknown>): Promise<void> => {
      await l1.setAutomine(false);
      await send();
      await l1.rpc("evm_setNextBlockTimestamp", timestamp);
      await l1.rpc("evm_mine");
      await l1.setAutomine(true);
    };
    const timestamp = async (): Promise<number> => Number((await l1.client.getBlock()).timestamp);
    const honestMove = async (): Promise<void> => {
      keepAway();
      const { kind } = await honest.challenger.step();
      l1.intercept(undefined);
      expect(kind).to.equal("played");
    };

    await fixture.propose(LIAR_KEY, wrong, LIE.name);
    let liarMoved = await timestamp();
    for (const [index, seconds] of censored.entries()) {
      const landing = liarMoved + RESPONSE + seconds;
      if (index === 0) {
        await landAt(landing, () => fixture.propose(HONEST_KEY, fixture.right));
      } else {
        await honestMove();
        await landAt(landing, async () => {
          for (const raw of held.splice(0)) await l1.rpc("eth_sendRawTransaction", raw);
        });
        await honest.transactions.step();
      }
      await landAt(landing + 1, () => liar.challenger.step());
      await liar.transactions.step();
      liarMoved = landing + 1;
    }
    // The last honest move is the proof, after which nothing of the wrong claim grows.
    await honest.challenger.step();
    return { honest, liar, wrong };
  }

  function wrongSeconds({ challenger }: Player, claimId: Hash, now: number): number {
    return computeTotals(challenger.state(), fixture.parameters, now).ofClaim(claimId);
  }

  /** Decides for whichever claim can be decided for. */
  async function decideAll(...players: readonly Player[]): Promise<Hash> {
    for (const player of players) await player.run();
    await fixture.l1.increaseTime(PERIOD);
    await fixture.l1.mine();
    for (const player of players) await player.run();
    return fixture.winner();
  }

  const spread = (total: number): number[] => {
    const each = Math.floor(total / MOVES);
    return Array.from({ length: MOVES }, (_, index) => (index === 0 ? total - each * (MOVES - 1) : each));
  };
  const atMove = (move: number, total: number): number[] =>
    Array.from({ length: MOVES }, (_, index) => (index === move ? total : 0));
  const placements: readonly (readonly [string, (total: number) => number[]])[] = [
    ["spread over all moves", spread],
    ...["propose", ...MOVES_ON_A_PATH.slice(0, -1)].map(
      (name, move) => [`at move ${move + 1}, ${name}`, (total: number) => atMove(move, total)] as const,
    ),
  ];

  for (const [where, place] of placements) {
    it(`wins if kept away for ${BOUND - 1} s, a second less than the bound, ${where}: the wrong claim gathers a period less that second`, async () => {
      const { honest, liar, wrong } = await play(place(BOUND - 1));
      const { timestamp } = await fixture.l1.client.getBlock();
      expect(wrongSeconds(honest, fixture.claimIdOf(wrong), Number(timestamp))).to.equal(PERIOD - 1);
      // The liar tries first, now and a period later.
      expect(await decideAll(liar, honest)).to.equal(fixture.claimIdOf(fixture.right));
    });

    it(`loses if kept away for the ${BOUND} s of the bound, ${where}: the wrong claim gathers a period, and no sooner`, async () => {
      const { honest, liar, wrong } = await play(place(BOUND));
      const { timestamp } = await fixture.l1.client.getBlock();
      expect(wrongSeconds(honest, fixture.claimIdOf(wrong), Number(timestamp))).to.equal(PERIOD);
      expect(await decideAll(liar, honest)).to.equal(fixture.claimIdOf(wrong));
    });
  }

  it("makes an opening anew that is kept away until its L1 block cannot be named any more", async () => {
    const opened = await openTwoSides();
    ({ fixture } = opened);
    const { l1 } = fixture;
    const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture, fixture.right) });
    const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, opened.wrong) });
    for (let turn = 0; turn < MOVES_ON_A_PATH.indexOf("open"); turn++) {
      await honest.step();
      await liar.step();
    }
    l1.intercept(async (method, params, next) =>
      method === "eth_sendRawTransaction" ? keccak256(params[0] as Hex) : next(),
    );
    expect((await honest.challenger.step()).kind).to.equal("played");
    await l1.rpc("hardhat_mine", numberToHex(NAMEABLE_BLOCKS + 1));
    expect((await honest.challenger.step()).kind).to.equal("waiting-for-transaction");
    l1.intercept(undefined);
    // What tells L1 not to take it any more is sent again after a while.
    fixture.passWallClock(61);
    await honest.transactions.step();
    await l1.mine();
    for (const player of [honest, liar, honest, liar, honest, liar, honest]) await player.step();
    // What was censored comes too late: its nonce is used up.
    expect(await decideAll(honest, liar, honest)).to.equal(fixture.claimIdOf(fixture.right));
    const own = honest.challenger
      .state()
      .moves.filter(({ player, kind }) => player === honest.account && kind !== "propose");
    expect(own.map(({ kind }) => kind)).to.eql(MOVES_ON_A_PATH);
  });
});
