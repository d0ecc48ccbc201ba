// A worker process of the conformance runner: runs the entries it is asked to.

import { prepareMachine } from "../../src/machine/index.ts";
import { countSteps, runEntry } from "./entry-run.ts";
import type { EntryPlace, Task, TaskResult } from "./protocol.ts";
import { readStateTests } from "./state-tests.ts";
import type { StateTest, StateTestPost } from "./state-tests.ts";
import { createStepChecker } from "./step-checker.ts";
import type { StepChecker } from "./step-checker.ts";
import { serveTasks } from "./worker-pool.ts";

let file: { readonly path: string; readonly tests: readonly StateTest[] } | undefined;
let checker: Promise<StepChecker> | undefined;

await prepareMachine();
serveTasks(async (task: Task): Promise<TaskResult> => {
  const { test, post } = find(task.place);
  if (task.kind === "count") return { kind: "count", steps: countSteps(test, post) };
  const { selection } = task;
  if (selection.kind !== "none") checker ??= createStepChecker();
  return { kind: "run", outcome: await runEntry(test, post, selection, await checker) };
});

function find({ path, test, post }: EntryPlace): { readonly test: StateTest; readonly post: StateTestPost } {
  if (file?.path !== path) file = { path, tests: [...readStateTests(path)] };
  const found = file.tests[test];
  const entry = found?.post[post];
  if (found === undefined || entry === undefined) throw new Error(`${path} has no entry ${post} of test ${test}`);
  return { test: found, post: entry };
}
