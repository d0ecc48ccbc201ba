// `npm run campaign:disputes`: small disputes on the real contracts against the oracle, for as long as one likes.

import { gamesOfOneLiar, randomGame } from "../test/disputes/game-plans.ts";
import { createSmallGames } from "../test/disputes/small-game.ts";
import type { SmallGame, SmallGames } from "../test/disputes/small-game.ts";
import { positiveInteger, readOptions } from "./options.ts";

const HELP = `npm run campaign:disputes -- [options]

Plays disputes with traces of 4 to 16 units and steps on a simulated L1: first every game of one liar at heights 2, then random ones
of up to eight liars at heights 2 to 4. After every block the totals of all spans must be those of the oracle, no wrong claim may
have gathered a challenge period, and the game must hold every wei that the ledger says. Ends with the longest delay; exit code 1 at
the first game that fails, with its number and what was played.

--games N    how many games (default 10000)
--from K     begin with game K, to go on where another run ended (default 0)
--seed S     what random games are drawn from (default "1")
--help`;

const { values } = readOptions(HELP, {
  games: { type: "string", default: "10000" },
  from: { type: "string", default: "0" },
  seed: { type: "string", default: "1" },
});
const count = positiveInteger("--games", values.games, "a number of games");
const from = values.from === "0" ? 0 : positiveInteger("--from", values.from, "the number of a game");

const PROGRESS_EVERY = 100;
const smallest = { claim: 2, unit: 2 };
const ofOneLiar = gamesOfOneLiar(smallest);
const boards = new Map<string, Promise<SmallGames>>();
let moves = 0;
let longest = 0;

console.log(
  `seed ${values.seed}: games ${from} to ${from + count - 1}; the first ${ofOneLiar.length} are all of one liar`,
);
for (let number = from; number < from + count; number++) {
  const plan: SmallGame | undefined = ofOneLiar[number];
  const heights = plan === undefined ? { claim: 2 + (number % 3), unit: 2 + (Math.floor(number / 3) % 3) } : smallest;
  const key = `${heights.claim} ${heights.unit}`;
  const board = boards.get(key) ?? createSmallGames(heights);
  boards.set(key, board);
  const { play, parameters } = await board;
  const game = plan ?? randomGame(`${values.seed} ${number}`, heights);
  try {
    const result = await play(game);
    moves += result.moves;
    longest = Math.max(longest, result.delay / parameters.challengePeriod);
  } catch (error) {
    console.error(`game ${number} of seed ${values.seed}, heights ${key}: ${JSON.stringify(game)}`);
    console.error(error);
    process.exit(1);
  }
  if ((number + 1) % PROGRESS_EVERY === 0)
    console.log(`${number + 1} games, ${moves} moves, longest ${longest.toFixed(2)} periods`);
}
console.log(
  `seed ${values.seed}: ${count} games, ${moves} moves, the longest dispute took ${longest.toFixed(2)} challenge periods`,
);
