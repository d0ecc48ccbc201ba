import { expect } from "chai";
import { readOwed } from "../../src/challenger/rewards.ts";
import { addressOf } from "../l1-transactions/l1-fixture.ts";
import type { L1Fixture } from "../l1-transactions/l1-fixture.ts";
import { Killed, createTestDisk } from "../l1-transactions/memory-record-store.ts";
import type { DisputeFixture } from "./dispute-fixture.ts";
import { HONEST_KEY, LIAR_KEY, MOVES_ON_A_PATH, judgeBy, openTwoSides, transactionsOf } from "./two-sides.ts";

/** Instances of the challenger in a row, each of which is killed; far more than a dispute takes. */
const MOST_LIVES = 60;

/** What a call takes at most that finds everything recorded, without the prover's own. */
const MOST_GAS_IN_VAIN = 70_000;

/**
 * Ends whoever asks L1 when it sends its `count`-th transaction: before that gets to L1, or when it is there. After that L1 has no
 * answer for it. Gives whether it is dead.
 */
function killAtTransaction(l1: L1Fixture, count: number, when: "before" | "after"): () => boolean {
  let [sent, isDead] = [0, false];
  l1.intercept(async (method, _parameters, next) => {
    if (isDead) throw new Killed();
    if (method !== "eth_sendRawTransaction" || ++sent < count) return next();
    isDead = true;
    if (when === "after") await next();
    throw new Killed();
  });
  return () => isDead;
}

describe("a challenger that is killed at each of its L1 transactions", () => {
  let fixture: DisputeFixture;
  afterEach(() => fixture.close());

  for (const { moment, when, isMined } of [
    { moment: "when it is recorded, before it is sent", when: "before", isMined: true },
    { moment: "when it is sent, before it is in a block", when: "after", isMined: false },
    { moment: "when it is in a block, before it is seen", when: "after", isMined: true },
  ] as const) {
    for (const folder of ["kept", "lost"] as const) {
      it(`wins, with no move twice and none lost: killed ${moment}, its folder ${folder}`, async () => {
        const opened = await openTwoSides();
        ({ fixture } = opened);
        const { l1 } = fixture;
        const account = addressOf(HONEST_KEY);
        const first = Number(await l1.client.getBlockNumber());
        const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, opened.wrong) });
        let disk = createTestDisk();
        let [deaths, isOver] = [0, false];
        for (let life = 0; !isOver; life++) {
          expect(life, "lives").to.be.lessThan(MOST_LIVES);
          if (folder === "lost") disk = createTestDisk();
          const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture, fixture.right) }, disk);
          await l1.setAutomine(isMined);
          // What is never sent and whose folder is lost is gone: every other life then makes one move before it ends.
          const allowed = when === "before" && life % 2 === 1 ? 2 : 1;
          const isDead = killAtTransaction(l1, allowed, when);
          const outcome = await live(honest);
          l1.intercept(undefined);
          await l1.setAutomine(true);
          await l1.mine();
          if (isDead()) deaths++;
          const answer = await liar.step();
          if (isDead() || outcome === "waiting-for-transaction" || answer === "played") continue;
          if (deaths > 0 && (await fixture.winner()) === fixture.claimIdOf(fixture.right)) isOver = outcome === "idle";
          else await l1.increaseTime(fixture.parameters.challengePeriod);
        }

        const last = await fixture.open(HONEST_KEY, { own: judgeBy(fixture, fixture.right) }, createTestDisk());
        expect(await last.run()).to.eql([]);
        const { moves, claims, credits } = last.challenger.state();
        const own = moves.filter(({ player, kind }) => player === account && kind !== "propose");
        expect(own.map(({ kind }) => kind)).to.eql(MOVES_ON_A_PATH);
        expect(claims.get(fixture.claimIdOf(fixture.right))?.status).to.equal("confirmed");
        expect(credits.get(account) ?? 0n).to.equal(0n);
        const receipts = await Promise.all(
          (await transactionsOf(fixture, account, first + 1)).map((hash) => l1.client.getTransactionReceipt({ hash })),
        );
        expect(receipts.filter(({ status, logs }) => status !== "success" || logs.length === 0)).to.eql([]);
        // All moves, the decisions for the claim and for the unit, the confirmation, the payments.
        expect(deaths).to.be.at.least(MOVES_ON_A_PATH.length + 4);
      });
    }
  }

  it("makes a move again that waits in the pool of L1 when its folder is lost: that costs gas, and its bond comes back", async () => {
    const opened = await openTwoSides();
    ({ fixture } = opened);
    const { l1 } = fixture;
    const account = addressOf(HONEST_KEY);
    const first = Number(await l1.client.getBlockNumber());
    const liar = await fixture.open(LIAR_KEY, { own: judgeBy(fixture, opened.wrong) });
    const openAnew = () => fixture.open(HONEST_KEY, { own: judgeBy(fixture, fixture.right) }, createTestDisk());
    const playTwice = async (): Promise<string[]> => {
      await l1.setAutomine(false);
      const kinds: string[] = [];
      for (let life = 0; life < 2; life++) kinds.push((await (await openAnew()).challenger.step()).kind);
      await l1.setAutomine(true);
      await l1.mine();
      return kinds;
    };
    for (const move of MOVES_ON_A_PATH) {
      expect(await playTwice(), move).to.eql(["played", "played"]);
      await liar.step();
    }
    await l1.increaseTime(fixture.parameters.challengePeriod);
    await l1.mine();
    while ((await playTwice()).includes("played"));

    expect(await fixture.winner()).to.equal(fixture.claimIdOf(fixture.right));
    const reader = await openAnew();
    expect(await reader.run()).to.eql([]);
    const own = reader.challenger.state().moves.filter(({ player, kind }) => player === account && kind !== "propose");
    expect(own.map(({ kind }) => kind)).to.eql(MOVES_ON_A_PATH);
    expect(await readOwed(l1.client, fixture.contracts.challengeGame, account)).to.equal(0n);
    const receipts = await Promise.all(
      (await transactionsOf(fixture, account, first + 1)).map((hash) => l1.client.getTransactionReceipt({ hash })),
    );
    const inVain = receipts.filter(({ logs }) => logs.length === 0).map(({ gasUsed }) => Number(gasUsed));
    expect(inVain.length).to.be.at.least(MOVES_ON_A_PATH.length);
    expect(Math.max(...inVain)).to.be.lessThan(MOST_GAS_IN_VAIN);
  });

  /** What a process does until it ends: gives the kind of its last step. */
  async function live({ challenger, transactions }: Awaited<ReturnType<DisputeFixture["open"]>>): Promise<string> {
    try {
      for (;;) {
        await transactions.step();
        const { kind } = await challenger.step();
        if (kind !== "played") return kind;
      }
    } catch (error) {
      if (!/killed/i.test(String(error))) throw error;
      return "killed";
    }
  }
});
