// `npm run campaign:duels`: the challenger of the role against every liar, for every kind of step, on the contracts.

import { prepareMachine } from "../src/machine/index.ts";
import { MESSAGE_HISTORIES } from "../test/contracts/machine/message-histories.ts";
import { createRandomness } from "../test/contracts/machine/soundness/randomness.ts";
import { playAdversary } from "../test/disputes/adversary.ts";
import { BEHAVIOURS } from "../test/disputes/behaviours.ts";
import { openBoard } from "../test/disputes/board.ts";
import { divergencesOf } from "../test/disputes/divergences.ts";
import { HISTORIES } from "../test/machine/chain/histories.ts";
import { naturalNumber, positiveInteger, readOptions } from "./options.ts";

const HELP = `npm run campaign:duels -- [options]

For every kind of step that the small histories have (each phase of each kind of unit, each opcode, each kind of data) and every behaviour
of a liar: the challenger as the role runs it plays the whole dispute on the contracts, at production heights and with the
OneStepProver. The right claim must be decided for in time and confirmed, no wrong claim may gather a period, no honest transaction
may revert, and the liar must lose at least half of what it put up. Disputes are numbered, in an order that the seed chooses; prints a
line for each, and ends with exit code 1 if one went wrong.

--only TEXT       kinds whose name has this in it
--behaviour TEXT  behaviours whose name has this in it; where a liar is wrong, and how it plays:
${BEHAVIOURS.map(({ name }) => `                    ${name}`).join("\n")}
--from K          begin with dispute K, to go on where another run ended (default 0)
--disputes N      how many disputes, at most (default: all)
--seed S          what the order, and the wrong states, are drawn from (default "1")
--help`;

const { values } = readOptions(HELP, {
  only: { type: "string", default: "" },
  behaviour: { type: "string", default: "" },
  from: { type: "string", default: "0" },
  disputes: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
  seed: { type: "string", default: "1" },
});
const from = naturalNumber("--from", values.from, "the number of a dispute");
const count = positiveInteger("--disputes", values.disputes, "a number of disputes");

await prepareMachine();
const board = await openBoard();
const divergences = (await divergencesOf({ ...HISTORIES, ...MESSAGE_HISTORIES })).filter(({ kind }) =>
  kind.includes(values.only),
);
const behaviours = BEHAVIOURS.filter(({ name }) => name.includes(values.behaviour));
const all = divergences.flatMap((divergence) => behaviours.map((behaviour) => ({ divergence, behaviour })));
const { below } = createRandomness(values.seed);
for (let last = all.length - 1; last > 0; last--) {
  const other = below(last + 1);
  [all[last], all[other]] = [all[other]!, all[last]!];
}
console.log(
  `seed ${values.seed}: ${divergences.length} kinds of steps and ${behaviours.length} behaviours, ${all.length} disputes`,
);
let [played, failed] = [0, 0];
for (const [offset, { divergence, behaviour }] of all.slice(from, Math.min(all.length, from + count)).entries()) {
  const name = `dispute ${from + offset}, ${divergence.kind}, ${behaviour.name}`;
  played++;
  try {
    const { transactions, gas, duration, lost } = await playAdversary(board, divergence, behaviour, values.seed);
    console.log(
      `${name}: won in ${duration} s by ${transactions} transactions and ${gas} gas; the liar lost ${lost} wei`,
    );
  } catch (error) {
    failed++;
    console.error(`${name}:`, error);
  }
}
console.log(`seed ${values.seed}: ${played} disputes, ${failed} lost or stuck`);
process.exit(failed > 0 ? 1 : 0);
