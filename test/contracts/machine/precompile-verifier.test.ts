import { expect } from "chai";
import { Phase } from "../../../src/machine/index.ts";
import { PRECOMPILE_SCENARIOS } from "./frame-scenarios/index.ts";
import * as scenarios from "./frame-scenarios/precompiles.ts";
import { MAIN, precompile } from "./frame-scenarios/program.ts";
import { deployFrameVerifiers, kindOf, runOnL1, runScenario } from "./frame-steps.ts";
import type { FrameStep, FrameVerifiers, Scenario } from "./frame-steps.ts";

describe("steps of precompiles on L1", function () {
  this.timeout(300_000);
  let verifiers: FrameVerifiers;
  before(async () => {
    verifiers = await deployFrameVerifiers();
  });
  const run = (scenario: Scenario) => runOnL1(verifiers, scenario);

  const check = async (calls: typeof scenarios.eachPrecompile) => {
    for (const { scenario, results } of calls) {
      const outcome = await run(scenario);
      expect([outcome.storage(MAIN, 0), outcome.storage(MAIN, 1)]).to.eql(results);
    }
  };

  it("each succeeds or fails as Ethereum's does", async () => {
    await check(scenarios.eachPrecompile);
  });

  it("65,536 bytes of input are not too long, one more is; IDENTITY takes any number", async () => {
    await check(scenarios.inputLengths);
  });

  it("MODEXP reads 3,168 bytes of its input at most", async () => {
    await check(scenarios.modexpLengths);
  });

  it("7,500,000 gas are not too much, one more is", async () => {
    await check(scenarios.mostGas);
  });

  it("value stays with one that succeeds, and comes back from one that fails", async () => {
    for (const { number, result, balance, scenario } of scenarios.paidCalls) {
      const outcome = await run(scenario);
      expect(outcome.storage(MAIN, 0)).to.equal(result);
      expect(outcome.account(precompile(number))?.balance).to.equal(balance);
      expect(outcome.account(MAIN)?.balance).to.equal(9n - balance);
    }
  });

  it("a transaction to one", async () => {
    expect((await run(scenarios.transactionToPrecompile)).status).to.equal(1);
  });

  it("with any gas on L1 a step comes to its state or reverts", async () => {
    const steps: FrameStep[] = [];
    for (const scenario of PRECOMPILE_SCENARIOS) {
      const outcome = await runScenario(scenario);
      steps.push(...outcome.steps.filter(({ phase }) => phase === Phase.Precompile));
    }
    expect(steps.length).to.be.greaterThan(20);
    for (const step of steps) {
      let [least, enough] = [21_000, 2 ** 24];
      expect(await verifiers.takeWith(step, enough)).to.equal(step.after);
      // Between the most gas that is known to be too little and the least that is known to be enough.
      while (enough - least > 1) {
        const gas = (least + enough) >> 1;
        const result = await verifiers.takeWith(step, gas);
        expect(result === undefined || result === step.after, `${kindOf(step)} with ${gas} gas`).to.equal(true);
        if (result === undefined) least = gas;
        else enough = gas;
      }
      for (let gas = least - 40; gas < least; gas += 5) {
        expect([undefined, step.after]).to.include(await verifiers.takeWith(step, gas));
      }
    }
  });
});
