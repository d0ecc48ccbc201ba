import { expect } from "chai";
import { readStateTests } from "../../scripts/conformance/state-tests.ts";
import type { EvmExecutor } from "../../src/reference/evm-executor.ts";
import { STATE_TESTS, createStateTestExecutor, hasStateTests, runStateTest, stateTestFiles } from "./state-tests.ts";

/**
 * Of every file, so many tests at most, spread evenly. `STATE_TESTS=all` runs every one of the 7,883 post entries, which
 * takes about a minute.
 */
const SAMPLE_PER_FILE = process.env["STATE_TESTS"] === "all" ? Infinity : 8;

describe("Ethereum's Osaka state tests, with data price 0", function () {
  this.timeout(300_000);

  if (!hasStateTests()) return;

  let executor: EvmExecutor;
  before(async () => {
    executor = await createStateTestExecutor();
  });

  for (const file of stateTestFiles(STATE_TESTS)) {
    it(`end in the expected state root and logs: ${file.replace(".ndjson.gz", "")}`, async () => {
      const tests = [...readStateTests(new URL(file, STATE_TESTS))];
      const stride = Math.max(1, Math.ceil(tests.length / SAMPLE_PER_FILE));
      const failures: string[] = [];
      let ran = 0;
      for (let index = 0; index < tests.length; index += stride) {
        const test = tests[index] as (typeof tests)[number];
        for (const post of test.post) {
          const outcome = await runStateTest(executor, test, post);
          if (outcome.kind === "failed") failures.push(`${test.name}: ${outcome.why}`);
          ran++;
        }
      }
      expect(failures).to.eql([]);
      expect(ran).to.be.greaterThan(0);
    });
  }
});
