// `npm run campaign:duels`: a dispute for every kind of step, down to it, on the contracts.

import { prepareMachine } from "../src/machine/index.ts";
import { MESSAGE_HISTORIES } from "../test/contracts/machine/message-histories.ts";
import { openBoard } from "../test/disputes/board.ts";
import { divergencesOf } from "../test/disputes/divergences.ts";
import { playDuel } from "../test/disputes/duel.ts";
import { HISTORIES } from "../test/machine/chain/histories.ts";
import { readOptions } from "./options.ts";

const HELP = `npm run campaign:duels -- [options]

For every kind of step that the small histories have (each phase of each kind of unit, each opcode, each kind of data): a liar who is right
up to that step and wrong from it on, and an honest challenger, play the whole dispute on the contracts, at production heights and
with the OneStepProver. The right claim must be decided for and confirmed. Four disputes a kind: the liar first or second, and with a
wrong state in the end or only a wrong trace. Prints a line for each kind; exit code 1 if one went wrong.

--only TEXT  kinds whose name has this in it
--help`;

const { values } = readOptions(HELP, { only: { type: "string", default: "" } });

await prepareMachine();
const board = await openBoard();
const divergences = await divergencesOf({ ...HISTORIES, ...MESSAGE_HISTORIES });
let [played, failed] = [0, 0];
for (const divergence of divergences.filter(({ kind }) => kind.includes(values.only))) {
  const gas: bigint[] = [];
  for (const liarFirst of [true, false]) {
    for (const isRightInTheEnd of [false, true]) {
      played++;
      try {
        const report = await playDuel(board, { ...divergence, falsehood: divergence, liarFirst, isRightInTheEnd });
        gas.push([...report.gas.values()].flat().reduce((sum, one) => sum + one, 0n));
      } catch (error) {
        failed++;
        console.error(`${divergence.kind}, liar ${liarFirst ? "first" : "second"}:`, error);
      }
    }
  }
  console.log(`${divergence.kind}: ${gas.length} won, honest side ${gas.join(", ")} gas`);
}
console.log(`${divergences.length} kinds, ${played} disputes, ${failed} lost or stuck`);
process.exit(failed > 0 ? 1 : 0);
