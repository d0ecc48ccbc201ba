import { expect } from "chai";
import { runOnMachine } from "../../scripts/conformance/machine-runner.ts";
import { readStateTests } from "../../scripts/conformance/state-tests.ts";
import { prepareMachine } from "../../src/machine/index.ts";
import { STATE_TESTS, hasStateTests, stateTestFiles } from "../execution/state-tests.ts";

/**
 * Of every file, so many tests at most, spread evenly. `STATE_TESTS=all` runs every one of the 7,883 post entries, which
 * takes about a minute.
 */
const SAMPLE_PER_FILE = process.env["STATE_TESTS"] === "all" ? Infinity : 6;

describe("Ethereum's Osaka state tests on the machine, from raw bytes", function () {
  this.timeout(300_000);

  if (!hasStateTests()) return;

  before(() => prepareMachine());

  for (const file of stateTestFiles(STATE_TESTS)) {
    it(`end in the expected state root and logs, at once and step by step: ${file.replace(".ndjson.gz", "")}`, () => {
      const tests = [...readStateTests(new URL(file, STATE_TESTS))];
      const stride = Math.max(1, Math.ceil(tests.length / SAMPLE_PER_FILE));
      const failures: string[] = [];
      let ran = 0;
      for (let index = 0; index < tests.length; index += stride) {
        const test = tests[index] as (typeof tests)[number];
        for (const post of test.post) {
          for (const isProving of [false, true]) {
            const outcome = runOnMachine(test, post, { isProving });
            if (outcome.kind === "failed")
              failures.push(`${test.name}${isProving ? " step by step" : ""}: ${outcome.why}`);
            ran++;
          }
        }
      }
      expect(failures).to.eql([]);
      expect(ran).to.be.greaterThan(0);
    });
  }
});
