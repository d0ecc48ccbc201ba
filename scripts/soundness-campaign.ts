// `npm run campaign:soundness`: the soundness tests of the one-step prover, for as long as one likes.

import { existsSync } from "node:fs";
import fc from "fast-check";
import { prepareMachine } from "../src/machine/index.ts";
import {
  attempt,
  calldataAttempts,
  createReport,
  starve,
  truthOf,
  witnessAttempts,
} from "../test/contracts/machine/soundness/campaign.ts";
import { MESSAGE_HISTORIES } from "../test/contracts/machine/message-histories.ts";
import { collectChainSteps } from "../test/contracts/machine/soundness/chain-steps.ts";
import { boundaryStep, collectSteps } from "../test/contracts/machine/soundness/honest-steps.ts";
import { officialPrograms, programs } from "../test/contracts/machine/soundness/programs.ts";
import { createRandomness } from "../test/contracts/machine/soundness/randomness.ts";
import { poolOf } from "../test/contracts/machine/soundness/witness-mutations.ts";
import { STATE_TESTS } from "../test/execution/state-tests.ts";
import { HISTORIES } from "../test/machine/chain/histories.ts";
import { randomHistory } from "../test/machine/chain/random-histories.ts";
import { createStepChecker } from "./conformance/step-checker.ts";
import { positiveInteger, readOptions } from "./options.ts";

/** Of ten calls so many have another witness; the others have other calldata. */
const WITNESS_SHARE = 0.75;
/** Most official state tests taken from, in one run. */
const MAXIMUM_TESTS = 150;
const MAXIMUM_HISTORIES = 200;

const HELP = `npm run campaign:soundness -- [options]

Takes steps of every kind, of programs of its own, of official state tests and of histories of a chain, changes their witness or calldata or gives
them less gas, in as many ways as are wanted, and checks that each call of the OneStepProver on a simulated L1 reverts or
returns the one right state. Ends with a table of what was done how often; exit code 1 if a call returned anything else.

--seed S     what the changes are drawn from (default: the time)
--calls N    how many calls (default 100000)
--help`;

const { values } = readOptions(HELP, {
  seed: { type: "string", default: String(Date.now()) },
  calls: { type: "string", default: "100000" },
});
const wanted = positiveInteger("--calls", values.calls, "a number of calls");

await prepareMachine();
const randomness = createRandomness(values.seed);
const own = programs();
const official = existsSync(STATE_TESTS)
  ? officialPrograms(Math.min(MAXIMUM_TESTS, Math.ceil(wanted / 500)), randomness)
  : [];
const checker = await createStepChecker();
const steps = collectSteps([...own, ...official], { perKind: 2 });
for (const { begin } of own.slice(0, 2)) steps.push(boundaryStep(begin()));
const random = fc.sample(randomHistory({ oneOfBlobsIn: 30 }), {
  seed: randomness.below(2 ** 31),
  numRuns: Math.min(MAXIMUM_HISTORIES, Math.ceil(wanted / 500)),
});
const histories = [...Object.values(HISTORIES), ...Object.values(MESSAGE_HISTORIES), ...random];
const ofChains = await collectChainSteps(checker, histories, 2);
steps.push(...ofChains);
const kinds = new Set(steps.map(({ name }) => name)).size;
console.log(
  `seed ${values.seed}: ${steps.length} steps of ${kinds} kinds, from ${own.length} programs and ${official.length} official tests; ${ofChains.length} of them of ${histories.length} histories`,
);

const report = createReport();
const [pool, truth] = [poolOf(steps), truthOf(steps)];
const made = () => [...report.tallies.values()].reduce((sum, { refused, right }) => sum + refused + right, 0);
const progress = () => console.log(`${made()} calls, ${report.holes.length} holes`);

for (const step of steps) await starve(checker, step, report, { ratio: 1.5, fineSteps: 8 });
progress();
while (made() < wanted && report.holes.length === 0) {
  const perStep = Math.max(1, Math.min(20, Math.ceil((wanted - made()) / steps.length)));
  const ofWitness = Math.ceil(perStep * WITNESS_SHARE);
  await attempt(checker, witnessAttempts(steps, pool, truth, randomness, ofWitness), report);
  await attempt(checker, witnessAttempts(ofChains, pool, truth, randomness, perStep, "preimages"), report);
  await attempt(checker, witnessAttempts(ofChains, pool, truth, randomness, 1, "input"), report);
  await attempt(checker, calldataAttempts(steps, randomness, perStep - ofWitness), report);
  progress();
}
await checker.close();

console.table(Object.fromEntries([...report.tallies].sort(([one], [other]) => (one < other ? -1 : 1))));
for (const hole of report.holes) console.error(hole);
console.log(`seed ${values.seed}: ${made()} calls, ${report.holes.length} holes`);
if (report.holes.length > 0) process.exitCode = 1;
