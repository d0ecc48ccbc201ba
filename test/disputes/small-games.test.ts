import { expect } from "chai";
import { createSmallGames } from "./small-game.ts";
import type { Liar, SmallGames } from "./small-game.ts";

const FOREVER = Number.POSITIVE_INFINITY;

/** A liar that plays on at once until the end; parts can be overridden. */
function liarOf(lie: Liar["lie"], overrides: Partial<Liar> = {}): Liar {
  return { lie, entersAt: 0, stalls: [0], crashesAfter: FOREVER, copies: false, ...overrides };
}

describe("small games, all of them", function () {
  this.timeout(600_000);
  let games: SmallGames;

  before(async () => {
    games = await createSmallGames({ claim: 2, unit: 2 });
  });

  it("plays one", async () => {
    const t = Date.now();
    const result = await games.play({ liars: [liarOf({ unit: 1, step: 2, salt: 1 })], honestEntersAt: 0, honestIsFirst: true });
    console.log(result, Date.now() - t);
    const t2 = Date.now();
    const result2 = await games.play({ liars: [liarOf({ unit: 3, step: 2, salt: 1 }, {stalls: [0, 3, 5]})], honestEntersAt: 5, honestIsFirst: true });
    console.log(result2, Date.now() - t2);
    expect(1).to.equal(1);
  });
});
