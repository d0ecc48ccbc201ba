import { expect } from "chai";
import { createStepChecker } from "../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../scripts/conformance/step-checker.ts";
import { kindOfPair, readCorpus } from "./corpus.ts";
import { parseSeed, randomCase } from "./random-case.ts";
import { runCase } from "./run-case.ts";
import { shrinkCase } from "./shrink.ts";

/** `ONESTEP_FUZZ_SEED`: other cases than always. `npm run fuzz:machine` runs many more. */
const SEED = process.env["ONESTEP_FUZZ_SEED"] ?? "0";
const FRESH_CASES = Number(process.env["ONESTEP_FUZZ_CASES"] ?? 50);

describe("Random states and transactions", function () {
  this.timeout(600_000);
  let checker: StepChecker;

  before(async () => {
    checker = await createStepChecker();
  });

  after(async () => {
    await checker.close();
  });

  it("end alike on ethereumjs and on the machine at once and in steps, each of which the contracts take: the kept cases", async () => {
    const pairs = new Set<string>();
    for (const [name, fuzzCase] of readCorpus()) {
      const report = await runCase(fuzzCase, { checker });
      expect(report.difference, name).to.equal(undefined);
      expect(report.checked, name).to.equal(report.steps);
      const reached = report.pairs.map(kindOfPair);
      expect(reached, name).to.include.members(fuzzCase.what?.split("; ") ?? []);
      for (const pair of reached) pairs.add(pair);
    }
    expect(pairs.size).to.be.greaterThan(200);
  });

  it(`end alike there: ${FRESH_CASES} new ones`, async () => {
    let included = 0;
    for (let index = 0; index < FRESH_CASES; index++) {
      const seed = parseSeed(`small-${SEED}-${index}`);
      const report = await runCase(randomCase(seed), { checker });
      expect(report.difference, `--replay ${seed}`).to.equal(undefined);
      included += report.included;
    }
    expect(included).to.be.greaterThan(FRESH_CASES / 2);
  });

  it("are the same for the same seed, and others for another", () => {
    expect(randomCase("small-1")).to.eql(randomCase("small-1"));
    expect(randomCase("small-1")).to.not.eql(randomCase("small-2"));
  });

  it("show a step that the contracts take to another state, and shrink to what is needed for that", async () => {
    const lies: StepChecker = {
      ...checker,
      check: async (calls) =>
        (await checker.check(calls)).map(() => ({ kind: "taken", after: `0x${"00".repeat(32)}` })),
    };
    const { difference } = await runCase(randomCase("small-1"), { checker: lies });
    expect(difference).to.contain("state hash: expected 0x");
    const shrunk = await shrinkCase(randomCase("small-1"), async (candidate) => {
      const report = await runCase(candidate);
      return report.included + report.skipped > 0;
    });
    expect(shrunk.transactions.length).to.equal(1);
    expect(Object.keys(shrunk.accounts)).to.eql([]);
  });
});
