// `npm run campaign:chain`: whole histories of an Inbox, through the node, the machine and the contracts.

import fc from "fast-check";
import { prepareMachine } from "../src/machine/index.ts";
import { createRandomness } from "../test/contracts/machine/soundness/randomness.ts";
import { randomHistory } from "../test/machine/chain/random-histories.ts";
import type { HistoryOptions } from "../test/machine/chain/history.ts";
import type { Figures } from "./chain/figures.ts";
import { recordRealInput } from "./chain/real-input-history.ts";
import { replayDevnet } from "./chain/replay-devnet.ts";
import { replayHistory } from "./chain/replay-history.ts";
import { createStepChecker } from "./conformance/step-checker.ts";
import { naturalNumber, readOptions } from "./options.ts";

/** Histories drawn at a time. */
const DRAWN = 50;

const HELP = `npm run campaign:chain -- [options]

Replays histories of an Inbox with everything it may hold: garbage, streams with errors, cut and lying blocks, empty buckets, forced
messages. The node's engine, the machine at once and the machine step by step must come to the same blocks and boundaries, and
a sample of steps of all phases must be accepted by the OneStepProver on a simulated L1. Prints figures; exit code 1 if there is
a difference.

--seed S             what the histories are drawn from (default: the time)
--cases N            how many (default 500)
--on-chain-steps N   steps of each that are taken on-chain, at most (default 40)
--real-input         first, the contracts of test/real-input deployed and used on a devnet, as calldata and as blobs (some minutes)
--devnet             first, what two devnets post to their Inbox on L1, one as calldata, one as blobs: the scenarios of test/real-input,
                     messages, forced ones, garbage of others. A node follows each from L1 alone, with traces; its claims must be those
                     on L1, and a sample of their steps be accepted by the OneStepProver on that L1, against that Inbox (some minutes).
                     With --cases 0 nothing else
--help`;

const { values } = readOptions(HELP, {
  seed: { type: "string", default: String(Date.now()) },
  cases: { type: "string", default: "500" },
  "on-chain-steps": { type: "string", default: "40" },
  "real-input": { type: "boolean", default: false },
  devnet: { type: "boolean", default: false },
});
const cases = naturalNumber("--cases", values.cases, "a number of histories");
const onChainSteps = naturalNumber("--on-chain-steps", values["on-chain-steps"], "a number of steps");

await prepareMachine();
const randomness = createRandomness(values.seed);
const figures: Figures = new Map();
let [replayed, differing] = [0, 0];

const checker = await createStepChecker();
const replay = async (what: string, options: HistoryOptions, steps: number): Promise<void> => {
  const differences = await replayHistory(options, { checker, randomness, onChainSteps: steps }, figures);
  replayed++;
  if (differences.length === 0) return;
  differing++;
  for (const difference of differences) console.error(`${what}: ${difference}`);
};

const printFigures = (of: Figures) =>
  console.table(Object.fromEntries([...of].sort(([one], [other]) => (one < other ? -1 : 1))));

if (values.devnet) {
  for (const dataAvailability of ["calldata", "blobs"] as const) {
    console.log(`following a devnet that posts ${dataAvailability}`);
    const ofDevnet: Figures = new Map();
    const differences = await replayDevnet({ dataAvailability, randomness, randomSteps: 10 * onChainSteps }, ofDevnet);
    replayed++;
    if (differences.length > 0) differing++;
    for (const difference of differences) console.error(`devnet with ${dataAvailability}: ${difference}`);
    printFigures(ofDevnet);
    console.log(`devnet with ${dataAvailability}: ${differences.length} differences`);
  }
}
if (values["real-input"]) {
  console.log("playing the scenarios of test/real-input on a devnet");
  const { calldata, blobs } = await recordRealInput();
  for (const [kind, options] of Object.entries({ calldata, blobs })) {
    await replay(`real input as ${kind}`, options, 20 * onChainSteps);
    console.log(`real input as ${kind}: ${figures.get("steps")} steps so far, ${differing} differences`);
  }
}
for (let first = 0; first < cases; first += DRAWN) {
  const seed = randomness.below(2 ** 31);
  const drawn = fc.sample(randomHistory({ oneOfBlobsIn: 20 }), { seed, numRuns: Math.min(DRAWN, cases - first) });
  for (const [index, options] of drawn.entries()) await replay(`case ${first + index}`, options, onChainSteps);
  console.log(`${first + drawn.length} histories, ${figures.get("steps")} steps, ${differing} with a difference`);
}
await checker.close();

if (figures.size > 0) printFigures(figures);
console.log(`seed ${values.seed}: ${replayed} histories, ${differing} with a difference`);
if (differing > 0) process.exitCode = 1;
