// A worker process of the fuzzer: runs cases, shrinks those that show a difference.
import { randomCase, runCase, shrinkCase } from "../test/machine/fuzz/index.ts";
import type { CaseReport, FuzzCase, Seed } from "../test/machine/fuzz/index.ts";
import { createStepChecker } from "./conformance/step-checker.ts";
import type { StepChecker } from "./conformance/step-checker.ts";
import { serveTasks } from "./conformance/worker-pool.ts";

export interface FuzzTask {
  readonly subject: { readonly seed: Seed } | { readonly fuzzCase: FuzzCase };
  readonly steps: "all" | number;
}

export interface FuzzResult {
  readonly report: CaseReport;
  /** The case with all left out that the difference does not need, if there is one. */
  readonly shrunk: FuzzCase | undefined;
}

/** Cases with a pair of step and outcome after which it is no news to the contracts any more. */
const ENOUGH_CASES = 20;

const cases = new Map<string, number>();
const known = new Set<string>();
let checker: Promise<StepChecker> | undefined;

serveTasks(async ({ subject, steps }: FuzzTask): Promise<FuzzResult> => {
  const fuzzCase = "seed" in subject ? randomCase(subject.seed) : subject.fuzzCase;
  const options = { checker: await (checker ??= createStepChecker()), steps, known };
  const report = await runCase(fuzzCase, options);
  for (const pair of report.pairs) {
    const count = (cases.get(pair) ?? 0) + 1;
    cases.set(pair, count);
    if (count >= ENOUGH_CASES) known.add(pair);
  }
  if (report.difference === undefined) return { report, shrunk: undefined };
  const differs = async (candidate: FuzzCase): Promise<boolean> => {
    const { difference } = await runCase(candidate, { ...options, steps: "all" });
    return difference !== undefined && kindOf(difference) === kindOf(report.difference ?? "");
  };
  return { report, shrunk: await shrinkCase(fuzzCase, differs) };
});

/** What differs, whatever the values. */
function kindOf(difference: string): string {
  return difference.split("\n")[1]?.split(":")[0] ?? difference.replace(/\d+/g, "");
}
