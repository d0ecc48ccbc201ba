import { expect } from "chai";
import type { ChallengerOptions, OwnClaims } from "../../src/challenger/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { KEYS } from "../l1-transactions/l1-fixture.ts";
import { createDisputeFixture } from "./dispute-fixture.ts";
import type { DisputeFixture, ParentClaim, Player } from "./dispute-fixture.ts";
import { scriptJudge } from "./scripted-traces.ts";
import type { ScriptedClaim } from "./scripted-traces.ts";
import { HONEST_KEY, LIAR_KEY, LIE, MOVES_ON_A_PATH } from "./two-sides.ts";

const OTHER_LIE = { name: "other liar", unit: 2, step: 0 };
const MOST_ROUNDS = 100;

describe("a challenger with two disputes at once", () => {
  let fixture: DisputeFixture;
  afterEach(() => fixture.close());

  const judgeBoth = (first: ScriptedClaim, second: ScriptedClaim): OwnClaims =>
    scriptJudge(
      fixture.genesis.stateHash,
      new Map([
        [0, { batchCount: 1, claim: first }],
        [1, { batchCount: 2, claim: second }],
      ]),
    );

  /** Right claims of two generations, each with a wrong one beside it, of one honest key and one liar. */
  async function begin(options: Partial<ChallengerOptions> = {}, isSecondLater = false) {
    fixture = await createDisputeFixture({}, 2);
    const { right } = fixture;
    const wrong = fixture.wrong(LIE);
    const parent: ParentClaim & { readonly stateHash: Hash } = {
      claimId: fixture.claimIdOf(right),
      batchCount: 1,
      stateHash: right.stateHash,
    };
    const nextRight = fixture.claimAfter(parent);
    const nextWrong = fixture.claimAfter(parent, OTHER_LIE);
    await fixture.scriptSteps(nextRight);
    await fixture.propose(HONEST_KEY, right);
    await fixture.propose(LIAR_KEY, wrong, LIE.name);
    const proposeNextWrong = () => fixture.propose(LIAR_KEY, nextWrong, OTHER_LIE.name, parent);
    if (!isSecondLater) await proposeNextWrong();
    await fixture.propose(HONEST_KEY, nextRight, "right", parent, 0n);
    const honest = await fixture.open(HONEST_KEY, { own: judgeBoth(right, nextRight), ...options });
    const liars = [
      await fixture.open(LIAR_KEY, { own: judgeBoth(wrong, nextRight) }),
      await fixture.open(KEYS[0]!, { own: judgeBoth(right, nextWrong) }),
    ];
    return { honest, liars, parent, right, wrong, nextRight, proposeNextWrong };
  }

  /**
   * All play until nobody has had anything to do for two periods. The first liar plays before the honest side, the second, which is on its
   * side in the first dispute, after it.
   * @param pause seconds that pass when nobody has anything to do
   */
  async function playOut(
    honest: Player,
    [first, second]: readonly Player[],
    { pause = fixture.parameters.challengePeriod, onRound = async (): Promise<void> => {} } = {},
  ): Promise<void> {
    let quietSeconds = 0;
    for (let round = 0; quietSeconds < 2 * fixture.parameters.challengePeriod; round++) {
      expect(round, "rounds").to.be.lessThan(MOST_ROUNDS);
      const kinds: (string | undefined)[] = [];
      for (const player of [first, honest, second]) kinds.push(await player?.step());
      await onRound();
      if (kinds.includes("played") || kinds.includes("waiting-for-transaction")) {
        quietSeconds = 0;
        continue;
      }
      quietSeconds += pause;
      await fixture.l1.increaseTime(pause);
      await fixture.l1.mine();
    }
  }

  /** Of all but a liar, whatever the order. */
  const movesAgainst = ({ account }: Player, { challenger }: Player, parentId: Hash): string[] =>
    challenger
      .state()
      .moves.filter((move) => move.parentId === parentId && move.player !== account && move.kind !== "propose")
      .map(({ kind }) => kind)
      .toSorted();

  it("wins both of two generations, with as many moves in each as in one alone", async () => {
    const { honest, liars, parent, right, nextRight } = await begin();
    await playOut(honest, liars);
    expect(await fixture.winner()).to.equal(fixture.claimIdOf(right));
    expect(await fixture.winner(parent.claimId)).to.equal(fixture.claimIdOf(nextRight, parent.claimId));
    for (const [index, parentId] of [fixture.genesis.claimId, parent.claimId].entries()) {
      expect(movesAgainst(liars[index]!, honest, parentId)).to.eql(MOVES_ON_A_PATH.toSorted());
    }
    const { claims, latestConfirmed, credits } = honest.challenger.state();
    expect(latestConfirmed).to.equal(fixture.claimIdOf(nextRight, parent.claimId));
    expect([...claims.values()].filter(({ status }) => status === "proposed")).to.eql([]);
    expect(credits.get(honest.account) ?? 0n).to.equal(0n);
  });

  it("makes the moves of both in one transaction", async () => {
    const { honest, parent } = await begin();
    await honest.step();
    await honest.step();
    const { moves } = honest.challenger.state();
    const own = moves.filter(({ kind, player }) => kind === "bisect-claim" && player === honest.account);
    expect(own.map(({ parentId }) => parentId)).to.have.members([fixture.genesis.claimId, parent.claimId]);
    expect(new Set(own.map(({ origin }) => origin.transactionHash)).size).to.equal(1);
  });

  it("makes no move among the children of a wrong claim, which go with it", async () => {
    const { honest, liars, parent, wrong, nextRight } = await begin();
    const wrongParent = { claimId: fixture.claimIdOf(wrong), batchCount: 1, stateHash: wrong.stateHash };
    const children = [OTHER_LIE, { ...OTHER_LIE, name: "third liar" }];
    for (const lie of children) {
      await fixture.propose(KEYS[0]!, fixture.claimAfter(wrongParent, lie), lie.name, wrongParent);
    }
    await playOut(honest, liars);
    expect(movesAgainst(liars[1]!, honest, wrongParent.claimId)).to.eql([]);
    expect(await fixture.winner(wrongParent.claimId)).to.equal(ZERO_HASH);
    expect(await fixture.winner(parent.claimId)).to.equal(fixture.claimIdOf(nextRight, parent.claimId));
    const { claims } = honest.challenger.state();
    const lost = [...claims.values()].filter(({ parentId }) => parentId === wrongParent.claimId);
    expect(lost.map(({ status, holdsBond }) => [status, holdsBond])).to.eql([
      ["forfeited", false],
      ["forfeited", false],
    ]);
  });

  it("wins both within a limit that is enough for both, which at no time it exceeds", async () => {
    // Its bond moved from the first claim to the second, and is reckoned with in both.
    const total = 2n * 10n ** 18n + 3n * 10n ** 17n;
    const { honest, liars, parent, right, nextRight } = await begin({ spendingLimits: { total } });
    const before = await fixture.l1.client.getBalance({ address: honest.account });
    let least = before;
    await playOut(honest, liars, {
      onRound: async () => {
        const balance = await fixture.l1.client.getBalance({ address: honest.account });
        if (balance < least) least = balance;
      },
    });
    expect(await fixture.winner()).to.equal(fixture.claimIdOf(right));
    expect(await fixture.winner(parent.claimId)).to.equal(fixture.claimIdOf(nextRight, parent.claimId));
    expect(before - least < total).to.equal(true);
  });

  it("says that a limit keeps it from the second, and goes on with that once the first is won, while there is time", async () => {
    const total = 2n * 10n ** 18n + 15n * 10n ** 16n;
    const { honest, liars, parent, right, nextRight, proposeNextWrong } = await begin(
      { spendingLimits: { total } },
      true,
    );
    for (let round = 0; round < 2 * MOVES_ON_A_PATH.length; round++) {
      for (const player of [liars[0]!, honest]) await player.step();
    }
    await fixture.l1.increaseTime(fixture.parameters.challengePeriod / 2);
    await proposeNextWrong();
    const said: string[] = [];
    await playOut(honest, liars, {
      pause: fixture.parameters.challengePeriod / 10,
      onRound: async () => {
        said.push(...honest.challenger.problems().filter((problem) => problem.includes("spending limit (total)")));
      },
    });
    expect(said.length).to.be.greaterThan(0);
    expect(said.every((problem) => problem.includes(parent.claimId))).to.equal(true);
    expect(await fixture.winner()).to.equal(fixture.claimIdOf(right));
    expect(await fixture.winner(parent.claimId)).to.equal(fixture.claimIdOf(nextRight, parent.claimId));
    expect(honest.challenger.problems()).to.eql([]);
  });
});
