import { expect } from "chai";
import { runEntry } from "../../../scripts/conformance/entry-run.ts";
import { readStateTests } from "../../../scripts/conformance/state-tests.ts";
import { createStepChecker } from "../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../scripts/conformance/step-checker.ts";
import { prepareMachine } from "../../../src/machine/index.ts";
import { STATE_TESTS, hasStateTests, stateTestFiles } from "../../execution/state-tests.ts";

/** Entries of every file, spread over it. `npm run conformance:full` takes all steps of all. */
const SAMPLE_PER_FILE = 4;
/** Steps of an entry: few entries have more, and those go round in loops. */
const MOST_STEPS = 1_200;

describe("Every step of Ethereum's Osaka state tests on the OneStepProver", function () {
  this.timeout(300_000);

  if (!hasStateTests()) return;

  let checker: StepChecker;
  before(async () => {
    await prepareMachine();
    checker = await createStepChecker();
  });
  after(() => checker.close());

  for (const file of stateTestFiles(STATE_TESTS)) {
    it(`gives the state of the machine: ${file.replace(".ndjson.gz", "")}`, async () => {
      const entries = [...readStateTests(new URL(file, STATE_TESTS))].flatMap((test) =>
        test.post.map((post, index) => ({ test, post, name: `${test.name} #${index}` })),
      );
      // From the middle of each part, so that another sample is taken than where the machine alone is tested.
      const stride = entries.length / Math.min(SAMPLE_PER_FILE, entries.length);
      const failures: string[] = [];
      let checked = 0;
      for (let position = stride / 2; position < entries.length; position += stride) {
        const { test, post, name } = entries[Math.floor(position)] as (typeof entries)[number];
        const outcome = await runEntry(test, post, { kind: "range", from: 0, to: MOST_STEPS }, checker);
        if (outcome.kind === "failed") failures.push(`${name}: ${outcome.why}`);
        checked += outcome.checked;
      }
      expect(failures).to.eql([]);
      expect(checked).to.be.greaterThan(0);
    });
  }
});
