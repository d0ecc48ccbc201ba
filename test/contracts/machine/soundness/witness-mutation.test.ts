import { expect } from "chai";
import { createStepChecker } from "../../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../../scripts/conformance/step-checker.ts";
import { Phase, prepareMachine, encodeStepCall } from "../../../../src/machine/index.ts";
import { OPCODES } from "../../../../src/machine/opcodes.ts";
import { hasStateTests } from "../../../execution/state-tests.ts";
import { attempt, calldataAttempts, createReport, starve, truthOf, witnessAttempts } from "./campaign.ts";
import type { Report } from "./campaign.ts";
import { boundaryStep, collectSteps } from "./honest-steps.ts";
import type { HonestStep } from "./honest-steps.ts";
import { officialPrograms, programs } from "./programs.ts";
import { createRandomness } from "./randomness.ts";
import { poolOf } from "./witness-mutations.ts";

/** Another seed, and more of everything: `npm run campaign:soundness`. */
const SEED = "soundness";
const MUTANTS_PER_STEP = 6;
const CALLDATA_MUTANTS_PER_STEP = 2;
const OFFICIAL_TESTS = 12;

/** Phases whose steps call precompiles of L1, where too little gas could pass for a failure. */
const CALLING = ["Precompile", "RecoverSender", "Authorize"];

describe("no witness leads the one-step prover to a wrong state", function () {
  this.timeout(600_000);
  let checker: StepChecker;
  let steps: HonestStep[];

  before(async () => {
    await prepareMachine();
    checker = await createStepChecker();
    const own = programs();
    steps = collectSteps(own, { perKind: 1 });
    const [first] = own;
    if (first !== undefined) steps.push(boundaryStep(first.begin()));
  });
  after(() => checker.close());

  /** Calls were made, some of them refused, and every state they came to was right. */
  const expectSound = ({ tallies, holes }: Report) => {
    expect(holes).to.eql([]);
    expect([...tallies.values()].reduce((sum, { refused }) => sum + refused, 0)).to.be.greaterThan(0);
  };

  it("what the steps below are taken from has every phase of a transaction and every instruction in it", () => {
    const groups = new Set(steps.map(({ group }) => group));
    const isOfTransaction = (phase: number) => phase > Phase.EndBlock && phase <= Phase.EndTransaction;
    const phases = Object.keys(Phase).filter((_, phase) => isOfTransaction(phase) && phase !== Phase.Execute);
    const instructions = OPCODES.flatMap((opcode) => (opcode === undefined ? [] : [opcode.name]));
    const expected = ["start", ...phases, ...instructions, "undefined opcode", "end of code", "EndBlock"];
    expect(expected.filter((group) => !groups.has(group))).to.eql([]);
  });

  it("an honest witness leads to the right one", async () => {
    const calls = steps.map(({ kind, before, witness }) => encodeStepCall(kind, before, witness));
    const verdicts = await checker.check(calls);
    expect(verdicts).to.eql(steps.map(({ after }) => ({ kind: "taken", after })));
  });

  it("states that were not right would show below", async () => {
    const report = createReport();
    const nothingIsRight = () => undefined;
    const sample = steps.slice(0, 40);
    await attempt(checker, witnessAttempts(sample, poolOf(steps), nothingIsRight, createRandomness(SEED), 4), report);
    expect(report.holes).not.to.eql([]);
  });

  it("bits flipped, parts cut, extended, emptied, exchanged, reordered, forged, or another step's, in steps of every kind", async () => {
    const report = createReport();
    const randomness = createRandomness(SEED);
    await attempt(checker, witnessAttempts(steps, poolOf(steps), truthOf(steps), randomness, MUTANTS_PER_STEP), report);
    expectSound(report);
  });

  it("calldata with wrong offsets, huge lengths and overlapping tails", async () => {
    const report = createReport();
    await attempt(checker, calldataAttempts(steps, createRandomness(SEED), CALLDATA_MUTANTS_PER_STEP), report);
    expectSound(report);
  });

  it("too little gas, which never passes for a failed precompile, a bad signature or a halt", async () => {
    const report = createReport();
    for (const step of steps) {
      if (CALLING.includes(step.group)) await starve(checker, step, report, { ratio: 1.6, fineSteps: 5 });
    }
    const others = new Map(steps.map((step) => [step.group, step]));
    for (const [group, step] of others) {
      if (!CALLING.includes(group)) await starve(checker, step, report, { ratio: 12, fineSteps: 0 });
    }
    expectSound(report);
    // With all gas every one of them is taken.
    expect(report.tallies.get("less gas")?.right).to.be.at.least(others.size);
  });

  if (hasStateTests()) {
    it("nor in steps of Ethereum's Osaka state tests", async () => {
      const randomness = createRandomness(SEED);
      const official = collectSteps(officialPrograms(OFFICIAL_TESTS, randomness), { perKind: 1 });
      const report = createReport();
      const pool = poolOf([...official, ...steps]);
      await attempt(checker, witnessAttempts(official, pool, truthOf(pool.all), randomness, 3), report);
      expectSound(report);
    });
  }
});
