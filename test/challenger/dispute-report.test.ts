import { expect } from "chai";
import { judgeClaims, reportDisputes } from "../../src/challenger/index.ts";
import { HONEST, LIAR, PARAMETERS, createPlayedGame } from "./played-game.ts";
import type { PlayedGame } from "./played-game.ts";
import { hashOf, scriptJudge } from "./scripted-traces.ts";
import type { ScriptedClaim } from "./scripted-traces.ts";

describe("the report of disputes", () => {
  let game: PlayedGame;
  let wrong: ScriptedClaim;

  beforeEach(() => {
    game = createPlayedGame();
    wrong = game.wrong({ name: "liar", unit: 2, step: 1 });
  });

  async function report() {
    const state = game.state();
    const own = scriptJudge(hashOf("genesis state"), new Map([[0, { batchCount: 1, claim: game.right }]]));
    const judgement = await judgeClaims(state, own, () => true);
    return reportDisputes(state, judgement, PARAMETERS, game.model.now());
  }

  it("is empty while nobody claims otherwise", async () => {
    expect(await report()).to.eql([]);
    game.propose(game.right, HONEST);
    expect(await report()).to.eql([]);
  });

  it("names both claims, what is right, who proposed them and what they have gathered", async () => {
    game.propose(game.right, HONEST);
    game.model.wait(5);
    game.propose(wrong, LIAR);
    const [dispute, ...others] = await report();
    expect(others).to.eql([]);
    expect(dispute?.claims.map(({ verdict, proposer, total }) => [verdict, proposer, total])).to.eql([
      ["right", HONEST, 5],
      ["wrong", LIAR, 0],
    ]);
    expect([dispute?.winner, dispute?.narrowedTo]).to.eql([undefined, undefined]);
  });

  it("tells how far it is narrowed, down to the step that is proven, and all moves", async () => {
    game.propose(game.right, HONEST);
    game.propose(wrong, LIAR);
    const heights: (string | undefined)[] = [];
    for (let round = 0; round < 20; round++) {
      game.model.wait(1);
      for (const move of await game.due()) game.make(move, HONEST);
      await game.play(wrong, LIAR);
      const [dispute] = await report();
      const { level, start, height } = dispute?.narrowedTo ?? {};
      const text = `${level} ${start} ${height}`;
      if (heights.at(-1) !== text) heights.push(text);
    }
    const last = (await report())[0]!;
    expect(heights.at(-1)).to.equal("unit 1 0");
    expect(heights).to.include("claim 2 0");
    expect(last.narrowedTo?.rivals).to.have.length(2);
    expect(last.narrowedTo?.proven).to.have.length(1);
    expect(last.moves.filter(({ kind }) => kind === "prove")).to.have.length(1);
    expect(new Set(last.moves.map(({ player }) => player))).to.eql(new Set([HONEST, LIAR]));
  });
});
