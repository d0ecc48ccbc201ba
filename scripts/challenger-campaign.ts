// `npm run campaign:challenger`: disputes on a devnet L1, whose challenger is a process that is killed after its moves.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatEther } from "viem";
import { killChallenger, startDisputedRollup } from "../test/end-to-end/challenger-kills.ts";
import { naturalNumber, positiveInteger, readOptions } from "./options.ts";

const HELP = `npm run campaign:challenger -- [options]

Runs L1, a sequencer, a batcher and a challenger, each a process of its own, and a liar with money and a node. In each dispute the liar
claims something wrong from a step on that the seed chooses; the challenger has to propose the right claim and to play, at production
heights, and is killed (SIGKILL) after moves of its own, now and then with its data folder. Each dispute must be won, confirmed and
paid. Prints each kill; a failure names the seed and the dispute, and where logs and data are.

--disputes N       how many disputes (default 6)
--from K           begin with dispute K, to go on where another run ended (default 0)
--kills N          kills in a dispute, at most, before the last move (default 20)
--longest-pause N  milliseconds from a move to the kill, at most (default 3000)
--emptied N        of a hundred kills, those that take the folder too (default 40)
--seed S           what all is drawn from (default: the time)
--help`;

const { values } = readOptions(HELP, {
  disputes: { type: "string", default: "6" },
  from: { type: "string", default: "0" },
  kills: { type: "string", default: "20" },
  "longest-pause": { type: "string", default: "3000" },
  emptied: { type: "string", default: "40" },
  seed: { type: "string", default: String(Date.now()) },
});
const disputes = positiveInteger("--disputes", values.disputes, "a number of disputes");
const from = naturalNumber("--from", values.from, "the number of a dispute");
const options = {
  seed: values.seed,
  kills: naturalNumber("--kills", values.kills, "a number of kills"),
  longestPause: naturalNumber("--longest-pause", values["longest-pause"], "milliseconds"),
  emptied: naturalNumber("--emptied", values.emptied, "a number of kills of a hundred"),
  report: (line: string) => {
    console.log(line);
  },
};

const folder = mkdtempSync(join(tmpdir(), "onestep-challenger-campaign-"));
const rollup = await startDisputedRollup(folder);
let dispute = from;
try {
  for (; dispute < from + disputes; dispute++) {
    const started = performance.now();
    const { kills, emptiedFolders, honestMoves, transactions, gained } = await killChallenger(rollup, {
      dispute,
      ...options,
    });
    const { made, inVain, reverted } = transactions;
    console.log(
      `dispute ${dispute} of seed ${values.seed}: won and paid after ${((performance.now() - started) / 1000).toFixed(0)} s, ` +
        `${kills} kills, ${emptiedFolders} with the folder; ${honestMoves} honest moves, ${made} transactions, ` +
        `${inVain} more in vain, ${reverted} reverted; the challenger gained ${formatEther(gained)} ETH`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
} catch (error) {
  writeFileSync(join(folder, "logs"), rollup.roles.logs());
  console.error(
    `dispute ${dispute} of seed ${values.seed}: ${error instanceof Error ? error.message : String(error)}\nlogs and data: ${folder}`,
  );
  process.exitCode = 1;
} finally {
  await rollup.close();
}
