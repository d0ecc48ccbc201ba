import { expect } from "chai";
import { FRAME_SCENARIOS } from "./frame-scenarios/index.ts";
import { VERIFIERS, deployFrameVerifiers, kindOf, runScenario } from "./frame-steps.ts";
import type { FrameStep, FrameVerifiers } from "./frame-steps.ts";
import { alteredWitnesses } from "./transaction-steps.ts";

describe("whoever proves steps of frames, calls, creations, storage and precompiles", function () {
  this.timeout(300_000);
  let verifiers: FrameVerifiers;
  /** Of all scenarios together, each kind of step once. */
  const kinds = new Map<string, FrameStep>();
  before(async () => {
    verifiers = await deployFrameVerifiers();
    for (const scenario of FRAME_SCENARIOS) {
      for (const step of (await runScenario(scenario)).steps) kinds.set(kindOf(step), step);
    }
  });

  it("has every kind of step before them", () => {
    const needed = [
      ...["x54>23", "x54>19", "x54>28", "x55>23", "x55>19", "x55>28", "x5c>23", "x5c>28", "x5d>23", "x5d>28"],
      ...["x31>23", "x31>18", "x31>28", "x3b>23", "x3f>23", "x47>23", "x47>28", "x40>23", "x40>18", "x40>19", "x40>28"],
      ...["xf1>20", "xf1>18", "xf1>23", "xf1>28", "xf2>20", "xf4>20", "xfa>20", "xfa>28"],
      ...["xf0>20", "xf0>18", "xf0>23", "xf0>28", "xf5>20", "xf5>18", "xf5>23", "xf5>28", "xff>28", "xff>18"],
      ...["EnterFrame:f1>21", "EnterFrame:f1>22", "EnterFrame:f1>28", "EnterFrame:f0>21", "EnterFrame:f0>28"],
      ...["EnterCode:f1>23", "EnterCode:f0>23", "DepositCode:f0>28", "DepositCode:f5>28"],
      ...[
        "ExitFrame:f1>23",
        "ExitFrame:f1>24",
        "ExitFrame:f1>29",
        "ExitFrame:f0>27",
        "ExitFrame:f0>23",
        "ExitFrame:f0>29",
      ],
    ];
    const shown = new Set([...kinds.keys()].map((kind) => kind.split(" ")[0]));
    expect(needed.filter((kind) => !shown.has(kind))).to.eql([]);
  });

  it("cannot come to another state with another witness", async () => {
    for (const step of kinds.values()) {
      const altered = [...alteredWitnesses(step.witness)];
      // Of a step that opens much, some of it.
      const stride = Math.ceil(altered.length / 60);
      const chosen = altered.filter((_, index) => index % stride === 0);
      const results = await verifiers.take(chosen.map(({ witness }) => ({ ...step, witness })));
      results.forEach(({ isSuccess, data }, index) => {
        const name = `${kindOf(step)}: ${chosen[index]?.what}`;
        if (isSuccess) expect(data, name).to.equal(step.after);
      });
      expect(
        results.some(({ isSuccess }) => !isSuccess),
        kindOf(step),
      ).to.equal(true);
    }
  });

  it("cannot ask a verifier for what is another's", async () => {
    for (const step of kinds.values()) {
      const others = VERIFIERS.filter((name) => name !== step.verifier);
      const results = await verifiers.take(others.map((verifier) => ({ ...step, verifier })));
      expect(results.map(({ isSuccess }) => isSuccess)).to.eql(others.map(() => false));
    }
  });
});
