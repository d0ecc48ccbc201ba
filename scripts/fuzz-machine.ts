// `npm run fuzz:machine`: random states and transactions on ethereumjs, the machine at once and in steps, and the contracts.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import {
  CORPUS,
  caseToJson,
  kindOfPair,
  pairsOfCase,
  parseSeed,
  randomCase,
  readCase,
  shrinkCase,
} from "../test/machine/fuzz/index.ts";
import type { FuzzCase, Seed } from "../test/machine/fuzz/index.ts";
import { createProgress, duration } from "./conformance/progress.ts";
import { createWorkerPool } from "./conformance/worker-pool.ts";
import type { FuzzResult, FuzzTask } from "./fuzz-machine-worker.ts";
import { positiveInteger, readOptions } from "./options.ts";

const REPRODUCERS = fileURLToPath(new URL("../cache/fuzz/", import.meta.url));
const CORPUS_BYTES = 150_000;
/** One case in so many is large. */
const LARGE_ONE_IN = 4;

const HELP = `npm run fuzz:machine -- [options]

Makes states, programs and transactions from a seed and runs each case on ethereumjs, on the machine in fast mode and in
steps, and on the OneStepProver on a simulated L1. After every transaction outcome, gas, output, logs, state root and
block must be the same, and the state hash after every step that is taken on chain.

--seed S        what the cases are made from (default: the time)
--cases N       how many cases (default 1000)
--minutes M     instead: for how long
--jobs N        worker processes (default ${availableParallelism()}: one a core)
--steps all|N   steps of each transaction to take on chain: all, or N at random (default 50) and those of every pair of
                step and outcome that was not seen often yet
--replay X      only one case, all its steps on chain: the file of one, or its seed, as small-S-17
--corpus        instead: makes the kept cases of test/machine/fuzz/corpus anew, a small one for every pair of step and
                outcome that is first seen among --cases, all of which are small
--help

A difference is printed, and its case, with all left out that is not needed for it, saved in cache/fuzz. Ends with the pairs of step
and outcome that were seen, and a summary; exit code 1 if there was a difference.`;

const { values } = readOptions(HELP, {
  seed: { type: "string", default: String(Date.now()) },
  cases: { type: "string", default: "1000" },
  minutes: { type: "string" },
  jobs: { type: "string", default: String(availableParallelism()) },
  steps: { type: "string", default: "50" },
  replay: { type: "string" },
  corpus: { type: "boolean", default: false },
});
const cases = positiveInteger("--cases", values.cases, "a number of cases");
const milliseconds =
  values.minutes === undefined
    ? undefined
    : 60_000 * positiveInteger("--minutes", values.minutes, "a number of minutes");
const jobs = positiveInteger("--jobs", values.jobs, "a number of processes");
const steps = values.steps === "all" ? "all" : positiveInteger("--steps", values.steps, 'a number of steps or "all"');

if (values.corpus) await makeCorpus();
else await fuzz();

async function fuzz(): Promise<void> {
  const { replay } = values;
  const pool = createWorkerPool<FuzzTask, FuzzResult>(new URL("fuzz-machine-worker.ts", import.meta.url), jobs);
  const pairs = new Map<string, number>();
  const counts = { cases: 0, included: 0, skipped: 0, steps: 0, checked: 0, differences: 0 };
  const begun = Date.now();
  const progress = createProgress();
  const work = replay === undefined ? seeds() : [replay].values();
  console.error(replay === undefined ? `seed ${values.seed}` : `replaying ${replay}`);

  const take = async (): Promise<void> => {
    for (let next = work.next(); next.done !== true; next = work.next()) {
      const name = next.value;
      const isFile = replay !== undefined && existsSync(replay);
      const subject = isFile ? { fuzzCase: readCase(replay) } : { seed: parseSeed(name) };
      const { report, shrunk } = await pool.run({ subject, steps: replay === undefined ? steps : "all" });
      counts.cases++;
      counts.included += report.included;
      counts.skipped += report.skipped;
      counts.steps += report.steps;
      counts.checked += report.checked;
      for (const pair of report.pairs) pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
      if (report.difference !== undefined) {
        counts.differences++;
        const file = shrunk && save(isFile ? "replayed" : name, { what: report.difference, ...shrunk });
        console.log(`DIFFERENCE in ${name}, reproduced by --replay ${file}\n  ${report.difference}`);
      }
      const [done, total] = milliseconds === undefined ? [counts.cases, cases] : [Date.now() - begun, milliseconds];
      progress.report(
        done,
        total,
        `${counts.cases} cases, ${counts.checked} of ${counts.steps} steps on-chain, ${pairs.size} pairs, ${counts.differences} differences`,
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, take));
  } finally {
    pool.close();
  }

  console.log("Steps and what came of them (cases):");
  for (const [step, outcomes] of byStep(pairs)) console.log(`  ${step}: ${outcomes.join(", ")}`);
  console.log(
    `${counts.cases} cases, ${counts.included} transactions included, ${counts.skipped} skipped, ${counts.steps} steps, ` +
      `${counts.checked} of them on-chain, ${pairs.size} pairs of step and outcome, ${duration(Date.now() - begun)}`,
  );
  console.log(`${counts.differences} differences`);
  if (counts.differences > 0) process.exitCode = 1;

  function* seeds(): Generator<Seed, undefined> {
    for (let index = 0; ; index++) {
      if (milliseconds === undefined ? index >= cases : Date.now() - begun >= milliseconds) return undefined;
      yield seedOf(index);
    }
  }
}

function seedOf(index: number): Seed {
  return `${index % LARGE_ONE_IN === LARGE_ONE_IN - 1 ? "large" : "small"}-${values.seed}-${index}`;
}

function byStep(pairs: ReadonlyMap<string, number>): Map<string, string[]> {
  const outcomes = new Map<string, string[]>();
  for (const [pair, count] of [...pairs].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const [step, outcome] = pair.split(" → ") as [string, string];
    outcomes.set(step, [...(outcomes.get(step) ?? []), `${outcome} (${count})`]);
  }
  return outcomes;
}

function save(name: string, fuzzCase: FuzzCase): string {
  mkdirSync(REPRODUCERS, { recursive: true });
  const path = join(REPRODUCERS, `${name}.json`);
  writeFileSync(path, `${caseToJson(fuzzCase)}\n`);
  return path;
}

/** A small case for each pair that the ones before do not have. */
async function makeCorpus(): Promise<void> {
  for (const name of readdirSync(CORPUS)) rmSync(new URL(name, CORPUS));
  const style = await resolveConfig(fileURLToPath(new URL("case.json", CORPUS)));
  const seen = new Set<string>();
  const progress = createProgress();
  let bytes = 0;
  let count = 0;
  for (let index = 0; index < cases; index++) {
    const fuzzCase = randomCase(parseSeed(`small-${values.seed}-${index}`));
    const fresh = [...(await kindsOf(fuzzCase))].filter((pair) => !seen.has(pair));
    if (fresh.length > 0) {
      const kept = await shrinkCase(fuzzCase, async (candidate) => {
        const reached = await kindsOf(candidate);
        return fresh.every((pair) => reached.has(pair));
      });
      const text = await format(caseToJson({ what: fresh.join("; "), ...kept }), { ...style, parser: "json" });
      if (bytes + text.length <= CORPUS_BYTES) {
        writeFileSync(
          new URL(`${String(++count).padStart(3, "0")}-${fileNameOf(fresh[0] as string)}.json`, CORPUS),
          text,
        );
        bytes += text.length;
        for (const pair of fresh) seen.add(pair);
      }
    }
    progress.report(index + 1, cases, `${seen.size} pairs, ${bytes} bytes`);
  }
  console.log(`${count} cases of seed ${values.seed} with ${seen.size} pairs, ${bytes} bytes`);
}

async function kindsOf(fuzzCase: FuzzCase): Promise<ReadonlySet<string>> {
  return new Set([...(await pairsOfCase(fuzzCase))].map(kindOfPair));
}

function fileNameOf(pair: string): string {
  return pair
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}
