import { expect } from "chai";
import type { PlayableMove } from "../../src/challenger/calls.ts";
import { PLAY_GAS, isPlayable, packMoves } from "../../src/challenger/packing.ts";
import { computeStakes, exceededLimit } from "../../src/challenger/spending.ts";
import { HONEST, LIAR, PARAMETERS, createPlayedGame } from "./played-game.ts";

describe("calls with many moves", () => {
  async function makeMoves(count: number): Promise<PlayableMove[]> {
    const game = createPlayedGame();
    game.propose(game.right);
    game.propose(game.wrong({ name: "liar", unit: 0, step: 0 }));
    const [move] = (await game.due()).filter(isPlayable);
    return Array.from({ length: count }, () => move!);
  }

  it("hold as many moves as fit into the gas, in order", async () => {
    const moves = await makeMoves(7);
    const gas = PLAY_GAS.call + 3 * PLAY_GAS["bisect-claim"];
    expect(packMoves(moves, gas).map((call) => call.length)).to.eql([3, 3, 1]);
    expect(packMoves(moves, gas - 1).map((call) => call.length)).to.eql([2, 2, 2, 1]);
    expect(packMoves(moves, gas).flat()).to.eql(moves);
    expect(packMoves([], gas)).to.eql([]);
  });

  it("hold one move that would not fit anyway", async () => {
    expect(packMoves(await makeMoves(2), 1).map((call) => call.length)).to.eql([1, 1]);
  });
});

describe("what is at stake", () => {
  it("is the fees of the own moves, the bonds of units that are not won and of claims, in disputes that are not decided", async () => {
    const game = createPlayedGame();
    const wrong = game.wrong({ name: "liar", unit: 2, step: 1 });
    game.propose(game.right, HONEST);
    game.model.wait(1);
    game.propose(wrong, LIAR);
    for (let round = 0; round < 8; round++) {
      game.model.wait(1);
      for (const move of await game.due()) game.make(move, HONEST);
      game.model.wait(1);
      await game.play(wrong, LIAR);
    }
    const state = game.state();
    const own = state.moves.filter(({ player }) => player === HONEST);
    const transactions = new Set(own.map(({ origin }) => origin.transactionHash)).size;
    const fees = { feeOf: async () => 7n };
    const stakes = await computeStakes(state, HONEST, PARAMETERS, fees);
    const expected = BigInt(transactions) * 7n + PARAMETERS.claimBond + PARAMETERS.unitBond;
    expect([...stakes]).to.eql([[game.model.genesis, expected]]);
    const decided = { ...state, winners: new Map([[game.model.genesis, game.model.claims()[0]!.id]]) };
    expect([...(await computeStakes(decided, HONEST, PARAMETERS, fees))]).to.eql([]);
  });

  it("may come to a limit, and not beyond, in a dispute and in all together", () => {
    const stakes = new Map([
      ["0x01", 5n],
      ["0x02", 3n],
    ] as const);
    expect(exceededLimit(stakes, "0x01", 4n, { perDispute: 9n, total: 12n })).to.equal(undefined);
    expect(exceededLimit(stakes, "0x01", 5n, { perDispute: 9n })).to.include({ limit: "per-dispute", required: 10n });
    expect(exceededLimit(stakes, "0x02", 5n, { perDispute: 9n, total: 12n })).to.include({
      limit: "total",
      required: 13n,
    });
    expect(exceededLimit(stakes, "0x03", 100n, {})).to.equal(undefined);
  });
});
