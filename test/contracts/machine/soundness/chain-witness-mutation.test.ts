import { expect } from "chai";
import { createStepChecker } from "../../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../../scripts/conformance/step-checker.ts";
import {
  Phase,
  createChainMachine,
  createProver,
  createStateTries,
  encodeStepCall,
  prepareMachine,
} from "../../../../src/machine/index.ts";
import { ZERO_HASH } from "../../../../src/primitives/index.ts";
import { createHistory } from "../../../machine/chain/history.ts";
import { HISTORIES } from "../../../machine/chain/histories.ts";
import { MESSAGE_HISTORIES } from "../message-histories.ts";
import { attempt, calldataAttempts, createReport, starve, truthOf, witnessAttempts } from "./campaign.ts";
import type { Report } from "./campaign.ts";
import { collectChainSteps, inputOf } from "./chain-steps.ts";
import type { HonestStep } from "./honest-steps.ts";
import { createRandomness } from "./randomness.ts";
import { poolOf } from "./witness-mutations.ts";

/** Another seed, and more of everything: `npm run campaign:soundness`. */
const SEED = "soundness of a chain";
const MUTANTS_PER_STEP = 6;

describe("no witness leads the one-step prover to a wrong state of a chain", function () {
  this.timeout(600_000);
  let checker: StepChecker;
  let steps: HonestStep[];

  before(async () => {
    await prepareMachine();
    checker = await createStepChecker();
    steps = await collectChainSteps(checker, Object.values({ ...HISTORIES, ...MESSAGE_HISTORIES }), 1);
  });
  after(() => checker.close());

  /** Calls were made, some of them refused, and every state they came to was right. */
  const expectSound = ({ tallies, holes }: Report) => {
    expect(holes).to.eql([]);
    expect([...tallies.values()].reduce((sum, { refused }) => sum + refused, 0)).to.be.greaterThan(0);
  };

  it("what the steps below are taken from has every unit and every phase of a chain in it", () => {
    const groups = new Set(steps.map(({ group }) => group));
    const units = ["LoadBatch", "BeginBlock", "Message", "Transaction", "EndBlock"].map((name) => `start of ${name}`);
    // Where nothing was read yet these begin under the name of the boundary.
    const atStart = ["CreditFees"];
    const phases = Object.keys(Phase).slice(Phase.ReadCalldata);
    expect([...units, ...phases].filter((name) => !groups.has(name) && !atStart.includes(name))).to.eql([]);
  });

  it("an honest witness leads to the right one", async () => {
    const calls = steps.map(({ kind, before, witness, input }) => encodeStepCall(kind, before, witness, input));
    expect(await checker.check(calls)).to.eql(steps.map(({ after }) => ({ kind: "taken", after })));
  });

  it("nor preimages that are changed, cut, extended, exchanged, left out or another step's, in steps of every kind", async () => {
    const report = createReport();
    const [pool, truth, randomness] = [poolOf(steps), truthOf(steps), createRandomness(`${SEED}: preimages`)];
    await attempt(checker, witnessAttempts(steps, pool, truth, randomness, MUTANTS_PER_STEP, "preimages"), report);
    expectSound(report);
  });

  it("nor any other part of a witness, nor another Inbox, nor the target of another claim", async () => {
    const report = createReport();
    const [pool, truth, randomness] = [poolOf(steps), truthOf(steps), createRandomness(SEED)];
    await attempt(checker, witnessAttempts(steps, pool, truth, randomness, MUTANTS_PER_STEP), report);
    await attempt(checker, witnessAttempts(steps, pool, truth, randomness, 1, "input"), report);
    expectSound(report);
  });

  it("nor calldata with wrong offsets, huge lengths and overlapping tails", async () => {
    const report = createReport();
    await attempt(checker, calldataAttempts(steps, createRandomness(SEED), 1), report);
    expectSound(report);
  });

  it("nor too little gas", async () => {
    const report = createReport();
    const groups = new Map(steps.map((step) => [step.group, step]));
    for (const [group, step] of groups) {
      // It calls a precompile of L1, where too little gas could pass for a wrong proof.
      const isCalling = group === "ReadElement";
      await starve(checker, step, report, isCalling ? { ratio: 1.6, fineSteps: 5 } : { ratio: 8, fineSteps: 0 });
    }
    expectSound(report);
    expect(report.tallies.get("less gas")?.right).to.be.at.least(groups.size);
  });

  it("begins the batches before the target, and none at it", async () => {
    const history = await createHistory({ batches: [{}, {}] });
    const { inbox } = await inputOf(checker, history);
    for (const target of [0, 1, 2]) {
      const source = history.source();
      const machine = createChainMachine({ chain: history.before, source, target, isProving: true });
      for (let unit = 0; unit <= target; unit++) {
        const prover = createProver({ machine, tries: createStateTries(history.state), stateRoot: ZERO_HASH });
        const { before, witness, after } = prover.prove();
        expect(machine.phase).to.equal(unit < target ? Phase.LoadBatch : Phase.Halt);
        const verdicts = await checker.check(
          [0, 1, 2].map((claimed) => encodeStepCall("start", before, witness, { inbox, target: claimed })),
        );
        verdicts.forEach((verdict, claimed) => {
          // Those that would begin a batch need it opened, and those that would not look at nothing more.
          const isSame = unit < target === unit < claimed;
          if (isSame) expect(verdict).to.eql({ kind: "taken", after });
          else if (unit < target) expect(verdict.kind).to.equal("taken");
          else expect(verdict.kind).to.equal("refused");
        });
      }
    }
  });
});
