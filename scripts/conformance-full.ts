// `npm run conformance:full`: every step of every official state test through the contracts. Resumable: what has passed on the
// same contracts is not run again. Writes benchmarks/conformance.md when all is done.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatBytes, hexToBytes, keccak256 } from "../src/primitives/index.ts";
import { entryKey, openCampaignLog } from "./conformance/campaign-log.ts";
import { findEntries } from "./conformance/entries.ts";
import { createProgress } from "./conformance/progress.ts";
import type { Task, TaskResult } from "./conformance/protocol.ts";
import { createWorkerPool } from "./conformance/worker-pool.ts";
import { positiveInteger, readOptions } from "./options.ts";
import { writeReport } from "./write-report.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VECTORS = join(ROOT, "../shared/vectors/state");
const REPORT = new URL("../benchmarks/conformance.md", import.meta.url);

const HELP = `npm run conformance:full -- [options] [FILE|DIR…]

Takes every step of every entry of the official state tests (default ../shared/vectors/state) in Solidity, on a simulated
L1, and compares the state hash after each with the TypeScript machine's. Can be interrupted at any time and goes on where
it was; a change of the contracts' code starts it anew. Ends with a report in benchmarks/conformance.md (only for the default
tests) and the line "N passed, M failed, K skipped"; exit code 1 if an entry failed.

--jobs N     worker processes (default ${availableParallelism()}: one a core)
--restart    forget what an earlier run has done
--help`;

/** Steps of an entry that one task takes: about half a minute. */
const PART_STEPS = 40_000;

const { values, positionals } = readOptions(
  HELP,
  {
    jobs: { type: "string", default: String(availableParallelism()) },
    restart: { type: "boolean", default: false },
  },
  { takesPaths: true },
);
const jobs = positiveInteger("--jobs", values.jobs, "a number of processes");

const contracts = fingerprint();
const logPath = join(ROOT, "cache/conformance", `${contracts.slice(2, 18)}.ndjson`);
if (values.restart) rmSync(logPath, { force: true });
const log = openCampaignLog(logPath);
const entries = findEntries(positionals.length === 0 ? [VECTORS] : positionals);
console.error(`contracts ${contracts}: ${entries.length} entries, log ${logPath}`);
const pool = createWorkerPool<Task, TaskResult>(new URL("conformance/worker.ts", import.meta.url), jobs);

const lengths = await measureLengths();
const totalSteps = entries.reduce((sum, { place }) => sum + (lengths.get(entryKey(place)) ?? 0), 0);
await takeParts();
pool.close();
const failed = await report();
process.exitCode = failed > 0 || entries.length === 0 ? 1 : 0;

/** Steps of every entry's trace: what the work is planned by. */
async function measureLengths(): Promise<Map<string, number>> {
  const known = new Map<string, number>();
  for (const record of log.records) if (record.kind === "steps") known.set(record.entry, record.steps);
  const missing = entries.filter(({ place }) => !known.has(entryKey(place)));
  const progress = createProgress();
  let done = 0;
  await Promise.all(
    missing.map(async ({ place }) => {
      const entry = entryKey(place);
      const result = await pool.run({ kind: "count", place });
      if (result.kind !== "count") throw new Error(`the worker answered ${result.kind}`);
      known.set(entry, result.steps);
      log.add({ kind: "steps", entry, steps: result.steps });
      progress.report(++done, missing.length, `counting steps: ${done} of ${missing.length} entries`);
    }),
  );
  return known;
}

async function takeParts(): Promise<void> {
  const done = new Set<string>();
  let checked = 0;
  let failures = 0;
  for (const record of log.records) {
    if (record.kind !== "part" || record.outcome === "failed") continue;
    done.add(`${record.entry}@${record.from}`);
    checked += record.checked;
  }
  const parts = entries
    .flatMap((entry) => {
      const steps = lengths.get(entryKey(entry.place)) ?? 0;
      return Array.from({ length: Math.ceil(steps / PART_STEPS) }, (_, part) => ({
        entry,
        steps,
        from: part * PART_STEPS,
      }));
    })
    .filter(({ entry, from }) => !done.has(`${entryKey(entry.place)}@${from}`))
    // The shortest traces first: they do something else at every step, the longest go round in loops.
    .sort((left, right) => left.steps - right.steps);

  const progress = createProgress(checked);
  const take = async ({ entry, from }: (typeof parts)[number]): Promise<void> => {
    const key = entryKey(entry.place);
    const selection = { kind: "range", from, to: from + PART_STEPS } as const;
    const answer = await pool.run({ kind: "run", place: entry.place, selection }).catch((error: unknown) => ({
      kind: "run" as const,
      outcome: { kind: "failed" as const, why: String(error), steps: 0, checked: 0, pairs: [] },
    }));
    if (answer.kind !== "run") throw new Error(`the worker answered ${answer.kind}`);
    const { outcome } = answer;
    if (outcome.kind === "failed") {
      failures++;
      console.log(`FAILED ${entry.name}: ${outcome.why}`);
    }
    log.add({
      kind: "part",
      entry: key,
      from,
      outcome: outcome.kind,
      ...(outcome.kind === "passed" ? {} : { why: outcome.why }),
      checked: outcome.checked,
      pairs: outcome.pairs,
    });
    checked += outcome.checked;
    progress.report(checked, totalSteps, `${checked} of ${totalSteps} steps on-chain, ${failures} failed`);
  };
  await Promise.all(parts.map(take));
}

/** Prints and writes what came out; the number of entries that failed. */
async function report(): Promise<number> {
  const outcomes = new Map<string, "passed" | "failed" | "skipped">();
  const latest = new Map<string, Extract<(typeof log.records)[number], { kind: "part" }>>();
  for (const record of log.records) if (record.kind === "part") latest.set(`${record.entry}@${record.from}`, record);
  const pairs = new Set<string>();
  let checked = 0;
  for (const record of latest.values()) {
    checked += record.checked;
    for (const pair of record.pairs) pairs.add(pair);
    if (outcomes.get(record.entry) !== "failed") outcomes.set(record.entry, record.outcome);
  }
  const count = (kind: string) => entries.filter(({ place }) => outcomes.get(entryKey(place)) === kind).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  if (positionals.length === 0) await writeReport(REPORT, markdown({ passed, failed, skipped, checked, pairs }));
  console.log(`${checked} steps on-chain, ${pairs.size} distinct pairs of step and outcome`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed;
}

function markdown(result: {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly checked: number;
  readonly pairs: ReadonlySet<string>;
}): string {
  const outcomes = new Map<string, string[]>();
  for (const pair of [...result.pairs].sort()) {
    const [step, outcome] = pair.split(" → ") as [string, string];
    outcomes.set(step, [...(outcomes.get(step) ?? []), outcome]);
  }
  const number = (value: number): string => value.toLocaleString("en-US");
  return [
    "# Conformance",
    "",
    "Ethereum's official state tests for Osaka (execution-spec-tests v5.4.0), every step of every entry taken twice: by the",
    "TypeScript machine and by the compiled `OneStepProver` on a simulated L1 with the gas of one L1 transaction (2^24). The state",
    "hash after every step must be the same, and the state root and logs hash at the end the test's. Made by",
    "`npm run conformance:full`, which goes on where it was interrupted.",
    "",
    "|  |  |",
    "| --- | --- |",
    `| entries passed | ${number(result.passed)} |`,
    `| entries failed | ${number(result.failed)} |`,
    `| entries whose end the chain has otherwise: transactions that it rejects, with blobs or more than 131,072 bytes (the proof of that checked), calls beyond its caps of precompiles | ${number(result.skipped)} |`,
    `| steps on-chain | ${number(result.checked)} |`,
    `| mismatches | ${number(result.failed)} |`,
    `| distinct pairs of step and outcome | ${number(result.pairs.size)} |`,
    `| keccak256 of the contracts' code | \`${contracts}\` |`,
    "",
    "What was taken, and what came of it: the phase of the state after the step, and how a frame ended.",
    "",
    "| step | outcomes |",
    "| --- | --- |",
    ...[...outcomes].map(([step, names]) => `| ${step} | ${names.join(", ")} |`),
    "",
  ].join("\n");
}

/** keccak256 over the code of the prover and its verifiers, without the compiler's metadata. */
function fingerprint(): string {
  const folder = join(ROOT, "artifacts/contracts/machine");
  const codes = readdirSync(folder)
    .filter((name) => name === "OneStepProver.sol" || name.endsWith("Verifier.sol"))
    .sort()
    .map((name) => {
      const artifact = JSON.parse(readFileSync(join(folder, name, name.replace(".sol", ".json")), "utf8")) as {
        readonly deployedBytecode: string;
      };
      const code = hexToBytes(artifact.deployedBytecode);
      // The last two bytes say how long the metadata before them is.
      const metadata = ((code.at(-2) as number) << 8) | (code.at(-1) as number);
      return code.subarray(0, code.length - 2 - metadata);
    });
  return keccak256(concatBytes(codes));
}
