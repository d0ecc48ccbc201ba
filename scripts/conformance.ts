// `npm run conformance -- --on-chain`: Ethereum's official state tests (Osaka) on the machine, and its steps on the contracts.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { findEntries } from "./conformance/entries.ts";
import type { StepSelection } from "./conformance/entry-run.ts";
import { createProgress } from "./conformance/progress.ts";
import type { Task, TaskResult } from "./conformance/protocol.ts";
import { createWorkerPool } from "./conformance/worker-pool.ts";
import { positiveInteger, readOptions, refuse } from "./options.ts";

const VECTORS = fileURLToPath(new URL("../../shared/vectors/state", import.meta.url));

const HELP = `npm run conformance -- [options] [FILE|DIR…]

Runs Ethereum state tests under Osaka rules on the machine: every post entry in fast mode from the raw bytes of its
transaction, and with --on-chain the steps of its trace through the compiled OneStepProver on a simulated L1, which must
give exactly the state hashes of the TypeScript machine. State root and logs hash must be the test's.

FILE|DIR   state tests, gzipped or not: one JSON test a line (.ndjson), or files of an execution-spec-tests release (.json);
           without any: ../shared/vectors/state

--on-chain      also take the steps in Solidity
--steps all|N   with --on-chain: all steps of every entry (default), or N of each, always with the first, the last and one of
                every opcode and phase with each of its outcomes
--filter S      only entries whose "file test #entry" contains S
--jobs N        worker processes (default ${availableParallelism()}: one a core)
--help

Blob transactions, which the chain rejects, count as skipped; that they are skipped in the right way is checked. So does
an entry that fails because it calls a precompile beyond the chain's caps on input and gas (docs/differences.md).
The last line is "N passed, M failed, K skipped". Exit code 1 if one failed, or if there was none.`;

const { values, positionals } = readOptions(
  HELP,
  {
    "on-chain": { type: "boolean", default: false },
    steps: { type: "string" },
    filter: { type: "string", default: "" },
    jobs: { type: "string", default: String(availableParallelism()) },
  },
  { takesPaths: true },
);

const jobs = positiveInteger("--jobs", values.jobs, "a number of processes");
if (values.steps !== undefined && !values["on-chain"]) refuse("--steps: only with --on-chain");
const selection = selectionOf(values["on-chain"], values.steps ?? "all");
const entries = findEntries(positionals.length === 0 ? [VECTORS] : positionals, values.filter);
if (entries.length === 0)
  console.error(
    `no Osaka state test${values.filter === "" ? "" : ` whose "file test #entry" contains ${values.filter}`}`,
  );

const pool = createWorkerPool<Task, TaskResult>(new URL("conformance/worker.ts", import.meta.url), jobs);
const progress = createProgress();
const counts = { passed: 0, failed: 0, skipped: 0 };
const reasons = new Map<string, number>();
const pairs = new Set<string>();
let steps = 0;

await Promise.all(
  entries.map(async ({ place, name }) => {
    try {
      const result = await pool.run({ kind: "run", place, selection });
      if (result.kind !== "run") throw new Error(`the worker answered ${result.kind}`);
      const { outcome } = result;
      counts[outcome.kind]++;
      steps += outcome.checked;
      for (const pair of outcome.pairs) pairs.add(pair);
      if (outcome.kind === "skipped") reasons.set(outcome.why, (reasons.get(outcome.why) ?? 0) + 1);
      if (outcome.kind === "failed") console.log(`FAILED ${name}: ${outcome.why}`);
    } catch (error) {
      counts.failed++;
      console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const done = counts.passed + counts.failed + counts.skipped;
    progress.report(
      done,
      entries.length,
      `${done} of ${entries.length} entries, ${counts.failed} failed, ${steps} steps on-chain`,
    );
  }),
);
pool.close();

if (selection.kind !== "none") console.log(`${steps} steps on-chain, ${pairs.size} distinct pairs of step and outcome`);
for (const [why, count] of reasons) console.log(`${count} skipped: ${why}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0 || entries.length === 0) process.exitCode = 1;

function selectionOf(onChain: boolean, steps: string): StepSelection {
  if (!onChain) return { kind: "none" };
  if (steps === "all") return { kind: "range", from: 0, to: Infinity };
  return { kind: "sample", count: positiveInteger("--steps", steps, 'a number of steps or "all"') };
}
