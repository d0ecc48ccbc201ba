import { expect } from "chai";
import type { OwnClaims } from "../../src/challenger/index.ts";
import { KEYS } from "../l1-transactions/l1-fixture.ts";
import { createDisputeFixture } from "./dispute-fixture.ts";
import type { DisputeFixture, Player } from "./dispute-fixture.ts";
import { scriptJudge } from "./scripted-traces.ts";
import type { ScriptedClaim } from "./scripted-traces.ts";

const HONEST_KEY = KEYS[1]!;
const LIAR_KEY = KEYS[2]!;

describe("challenger against the contracts", () => {
  let fixture: DisputeFixture;
  afterEach(() => fixture.close());

  const judgeBy = (claim: ScriptedClaim): OwnClaims =>
    scriptJudge(fixture.genesis.stateHash, new Map([[0, { batchCount: 1, claim }]]));

  /** Both play in turn until the honest side has nothing to do. The liar plays its own trace as if it were right. */
  async function playOut(honest: Player, liar: Player): Promise<string[]> {
    const done: string[] = [];
    for (;;) {
      const outcome = await honest.challenger.step();
      await honest.transactions.step();
      await fixture.l1.mine();
      if (outcome.kind === "played") done.push(...outcome.actions);
      const answer = await liar.challenger.step();
      await liar.transactions.step();
      await fixture.l1.mine();
      if (outcome.kind === "idle" && answer.kind !== "played") return done;
    }
  }

  for (const divergence of [
    { name: "first step", unit: 0, step: 0 },
    { name: "middle", unit: 1, step: 2 },
    { name: "last step", unit: 3, step: 3 },
    { name: "trace only", unit: 2, step: 1, rightEnd: true },
  ]) {
    it(`wins against a liar that plays on: ${divergence.name}`, async () => {
      fixture = await createDisputeFixture();
      const wrong = fixture.wrong(divergence);
      await fixture.propose(HONEST_KEY, fixture.right);
      await fixture.propose(LIAR_KEY, wrong, divergence.rightEnd === true ? "right" : divergence.name);
      const honest = await fixture.open(HONEST_KEY, { own: judgeBy(fixture.right) });
      const liar = await fixture.open(LIAR_KEY, { own: judgeBy(wrong) });

      const moves = await playOut(honest, liar);
      expect(moves.filter((move) => move === "prove")).to.have.length(1);
      const rightId = [...honest.challenger.state().claims.values()].find(
        ({ traceRoot }) => traceRoot === fixture.right.traceRoot,
      )!.claimId;
      expect(honest.challenger.alarms().map(({ kind }) => kind)).to.include("wrong-claim");

      await fixture.l1.increaseTime(fixture.parameters.challengePeriod);
      await fixture.l1.mine();
      const ending = await honest.run();
      expect(await fixture.winner()).to.equal(rightId);
      expect(ending).to.include.members(["decide", "confirm", "forfeit", "collect", "withdraw"]);
      expect(honest.challenger.alarms()).to.eql([]);
    });
  }
});
