import { Phase, prepareMachine } from "../../../src/machine/index.ts";
import { createHistory } from "../../machine/chain/history.ts";
import { HISTORIES } from "../../machine/chain/histories.ts";
import { deployChainProver, stepsOf } from "./chain-prover.ts";
import type { ChainProver } from "./chain-prover.ts";

describe("the units of a chain on-chain", function () {
  this.timeout(600_000);
  let prover: ChainProver;
  before(async () => {
    await prepareMachine();
    prover = await deployChainProver();
  });

  for (const [name, options] of Object.entries(HISTORIES)) {
    it(`come to the state the machine comes to, step by step: ${name}`, async () => {
      const history = await createHistory(options);
      const steps = stepsOf(history).filter(
        ({ phase }) => phase !== Phase.LoadBatch && (phase < Phase.ReadCalldata || phase > Phase.InflateSymbols),
      );
      await prover.verify(steps, await prover.inputOf(history));
    });
  }
});
