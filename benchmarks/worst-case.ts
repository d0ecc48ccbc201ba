/**
 * How fast a node follows the most expensive inputs there are, in gas per second: everything from a batch in the database of
 * the node to its blocks in it. Writes `worst-case.md`.
 */

import { cpus, loadavg } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { positiveInteger, readOptions } from "../scripts/options.ts";
import { writeReport } from "../scripts/write-report.ts";
import { DEPLOYMENT_PRESETS } from "../src/deployment/index.ts";
import { openFollowedChain } from "./worst-case/follower.ts";
import type { FollowedChain } from "./worst-case/follower.ts";
import { writeLargeState } from "./worst-case/large-state.ts";
import { jumpingCode } from "./worst-case/programs.ts";
import { BIG_CONTRACT, BLOCK_CHARGE, SENDER, createWorkloads } from "./worst-case/workloads.ts";
import type { Workload } from "./worst-case/workloads.ts";

const HELP = `npm run bench:worst-case -- [options]

--accounts N        accounts of the state, and slots of its big contract (default 1000000)
--repetitions N     runs of each workload, of which the one with the least processor time counts (default 3)
--only TEXT         workloads with this in their name; the report is then only printed
--help`;

const { values } = readOptions(HELP, {
  accounts: { type: "string", default: "1000000" },
  repetitions: { type: "string", default: "3" },
  only: { type: "string", default: "" },
});
const accounts = positiveInteger("--accounts", values.accounts, "a number of accounts");
const repetitions = positiveInteger("--repetitions", values.repetitions, "a number of runs");

/** Contracts of 24 KiB: more than a transaction can look at, cold. */
const CONTRACTS = 6_500;
/** Seconds after which a workload is not run again, once it was run twice. */
const PATIENCE = 2;
const BALANCE = 10n ** 37n;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

interface Measurement {
  readonly name: string;
  /** Gas that the chain charges for it, of signed transactions, blocks and what is skipped; else gas of L1. */
  readonly gas: number;
  readonly isL1Gas: boolean;
  /** Of the wall's clock, and of all threads. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly batches: number;
}

async function run(chain: FollowedChain, workload: Workload, runs: number, nonce: number) {
  const before = chain.latest().header;
  const post = await workload.post({ timestamp: before.timestamp, nonce, run: runs });
  chain.l1.mine(...post.actions);
  await chain.read();
  // What the benchmark itself has left behind is not to be part of what is measured.
  collectGarbage();

  const start = performance.now();
  const cpu = process.cpuUsage();
  await chain.follow();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1_000;

  let gasUsed = 0;
  let included = 0;
  const last = chain.latest().header.number;
  for (let number = before.number + 1; number <= last; number++) {
    const { header, transactions } = chain.block(number);
    gasUsed += Number(header.gasUsed);
    included += transactions.filter(({ kind }) => kind === "signed").length;
  }
  if (included !== post.included)
    throw new Error(`${workload.name}: expected ${post.included} transactions to be included, got ${included}`);
  const isL1Gas = post.depositGas > 0;
  const measurement: Measurement = {
    name: workload.name,
    gas: isL1Gas ? post.depositGas : gasUsed + post.skippedGas + (last - before.number) * BLOCK_CHARGE,
    isL1Gas,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    batches: post.actions.filter(({ kind }) => kind === "batch").length,
  };
  return { measurement, nonce: nonce + included };
}

const { workloads, codes, bigContract } = createWorkloads({ accounts, contracts: CONTRACTS });
console.log(`writing a state of ${accounts} accounts`);
const chain = await openFollowedChain({
  balances: { [SENDER]: BALANCE },
  codes,
  writeState: (database, root) =>
    writeLargeState({
      database,
      root,
      accounts,
      slots: accounts,
      holder: { address: BIG_CONTRACT, code: bigContract },
      contracts: CONTRACTS,
      codeOf: jumpingCode,
    }),
});
const measurements: Measurement[] = [];
try {
  let runs = 0;
  let nonce = 0;
  const chosen = workloads.filter(({ name }) => name.includes(values.only));
  // The sender's first nonce is used up, so that the workloads of wrong nonces have one.
  const [warmUp] = workloads as [Workload];
  ({ nonce } = await run(chain, warmUp, runs++, nonce));
  for (const [index, workload] of chosen.entries()) {
    let best: Measurement | undefined;
    const start = performance.now();
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const done = await run(chain, workload, runs++, nonce);
      ({ nonce } = done);
      if (best === undefined || done.measurement.cpuSeconds < best.cpuSeconds) best = done.measurement;
      if (repetition > 0 && performance.now() - start > PATIENCE * 1_000) break;
    }
    if (best === undefined) continue;
    measurements.push(best);
    console.log(
      `${index + 1}/${chosen.length} ${best.name}: ${speed(best).toFixed(1)} Mgas/s (${best.seconds.toFixed(3)} s, ${best.cpuSeconds.toFixed(3)} s of CPU)`,
    );
  }
} finally {
  await chain.close();
}

/** Millions of gas a second of processor time: what else runs on the machine changes that the least. */
function speed({ gas, cpuSeconds }: Measurement): number {
  return gas / 1e6 / cpuSeconds;
}

function report(): string {
  const ofGas = measurements.filter(({ gas, isL1Gas }) => gas > 0 && !isL1Gas);
  const slowest = ofGas.reduce((least, each) => (speed(each) < speed(least) ? each : least));
  const configured = Number(DEPLOYMENT_PRESETS.production.gasPerSecond) / 1e6;
  const numbers = ({ seconds, cpuSeconds }: Measurement) =>
    `${(1_000 * seconds).toFixed(0)} | ${(1_000 * cpuSeconds).toFixed(0)}`;
  const row = (each: Measurement) => {
    const name = each === slowest ? `**${each.name}**` : each.name;
    return `| ${name} | ${(each.gas / 1e6).toFixed(1)} | ${numbers(each)} | ${speed(each).toFixed(1)} |`;
  };
  const batches = measurements.find(({ name }) => name === "empty batches");
  return `# The worst case

How fast a node follows inputs that are the most work for their gas: from a batch that is in its database (read from L1) to
the blocks in it, on the disk. It inflates and decodes the batch, recovers senders, executes on the machine, computes state
roots, seals and stores. The state has ${accounts.toLocaleString("en")} accounts, a contract with as many slots, and ${CONTRACTS.toLocaleString("en")} contracts of 24 KiB each.
What is called cold is read from the database; the system's page cache may hold it.

Gas is what the chain charges (specification §3, §4): that of signed transactions, ${BLOCK_CHARGE.toLocaleString("en")} a block, and for a skipped
transaction 16 a byte and at least 5,000. A deposit counts with the gas of L1 it takes. Of each workload the run of up to
${repetitions} that took the least processor time. \`CPU ms\` is that of all threads of the process, and what the speed is of; \`ms\` is the
time of the clock, which says more where the disk is waited for and less where other programs run. During this run the
machine had a load of ${loadavg()[1]?.toFixed(1)}, this benchmark included. ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}. Regenerate with \`npm run bench:worst-case\`.

The slowest is ${slowest.name}: ${speed(slowest).toFixed(1)} million gas a second. **A quarter of it, ${(speed(slowest) / 4).toFixed(1)} million gas a second, is what a
production network can take as its speed** on a machine like this; the production preset has ${configured} million.

| workload | million gas | ms | CPU ms | million gas a second |
|---|---:|---:|---:|---:|
${ofGas
  .toSorted((left, right) => speed(left) - speed(right))
  .map(row)
  .join("\n")}

Deposits, in gas of L1:

| workload | million gas | ms | CPU ms | million gas a second |
|---|---:|---:|---:|---:|
${measurements
  .filter(({ isL1Gas }) => isL1Gas)
  .map(row)
  .join("\n")}

${batches === undefined ? "" : `An empty batch takes ${((1_000 * batches.seconds) / batches.batches).toFixed(2)} ms.`}
`;
}

if (values.only === "") await writeReport(new URL("./worst-case.md", import.meta.url), report());
