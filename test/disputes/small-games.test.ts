import { expect } from "chai";
import { gamesOfOneLiar, liarOf, randomGame } from "./game-plans.ts";
import { createSmallGames } from "./small-game.ts";
import type { SmallGame, SmallGames } from "./small-game.ts";

const HEIGHTS = { claim: 2, unit: 2 };
/** `npm run campaign:disputes` plays all of them. */
const ONE_OF = 97;
const RANDOM_GAMES = 10;

/**
 * What each game checks after every block: the totals of all spans on L1 are those of the oracle, no wrong claim has gathered a challenge
 * period, and the game holds what the ledger says. In the end: the right claim was decided in less than two periods, no wrong trace
 * of a unit can be, and everything is paid once.
 */
describe("small games against the oracle", function () {
  this.timeout(600_000);
  let games: SmallGames;

  before(async () => {
    games = await createSmallGames(HEIGHTS);
  });

  async function playAll(plans: readonly SmallGame[]): Promise<void> {
    for (const plan of plans) {
      await games.play(plan).catch((error: unknown) => {
        throw new Error(`in ${JSON.stringify(plan)}`, { cause: error });
      });
    }
  }

  it("one liar at every step: the right claim wins within two periods, wherever it leaves the right course", async () => {
    const lies = Array.from({ length: 16 }, (_, leaf) => ({ unit: leaf >> 2, step: leaf & 3, salt: 1 }));
    await playAll(lies.map((lie) => ({ liars: [liarOf(lie)], honestEntersAt: 0, honestIsFirst: false })));
  });

  it(`every order, stall, crash and way to lie of one liar: one game of ${ONE_OF}`, async () => {
    const all = gamesOfOneLiar(HEIGHTS);
    expect(all.length).to.be.greaterThan(1000);
    await playAll(all.filter((_, index) => index % ONE_OF === 7));
  });

  it("up to eight liars of all kinds at once, stalling, crashing, copying honest moves and opening under right leaves", async () => {
    await playAll(Array.from({ length: RANDOM_GAMES }, (_, index) => randomGame(`small ${index}`, HEIGHTS)));
  });
});
