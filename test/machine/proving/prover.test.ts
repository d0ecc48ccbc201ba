import { expect } from "chai";
import { readStateTests } from "../../../scripts/conformance/state-tests.ts";
import type { StateTest, StateTestPost } from "../../../scripts/conformance/state-tests.ts";
import { createMemoryStateDatabase } from "../../../src/ethereum/index.ts";
import { Phase, createMachine, prepareMachine, createProver, createStateTries } from "../../../src/machine/index.ts";
import type { Prover } from "../../../src/machine/index.ts";
import { ZERO_ADDRESS, ZERO_HASH } from "../../../src/primitives/index.ts";
import { STATE_TESTS, hasStateTests, stateTestFiles } from "../../execution/state-tests.ts";
import { createWitnessChecker } from "./check-witness.ts";
import { createPlainCommitment } from "./plain-commitment.ts";
import { beginProgram, beginStateTest, mixedLoop } from "./unit.ts";

/** The first post entry of every `every`th official file. */
function samples(every: number): { file: string; test: StateTest; post: StateTestPost }[] {
  return stateTestFiles(STATE_TESTS)
    .filter((_, index) => index % every === 0)
    .map((file) => {
      const [test] = readStateTests(new URL(file, STATE_TESTS));
      const [post] = (test as StateTest).post;
      return { file, test: test as StateTest, post: post as StateTestPost };
    });
}

function runTo(prover: Prover, phase: Phase): void {
  while (prover.machine.phase !== phase && !prover.isDone()) prover.step();
}

// PUSH1 1, PUSH1 0, MSTORE, data of 65,568 bytes hashed and logged, all of it copied on.
const BULK = Uint8Array.from([
  ...[0x60, 1, 0x60, 0, 0x52],
  ...[0x62, 1, 0, 32, 0x60, 0, 0x20, 0x50],
  ...[0x60, 7, 0x62, 1, 0, 32, 0x60, 0, 0xa1],
  ...[0x62, 1, 0, 32, 0x60, 1, 0x60, 64, 0x5e, 0x00],
]);

const PROGRAMS: Readonly<Record<string, Uint8Array>> = {
  "arithmetic, memory, keccak256 and storage": mixedLoop(1),
  "bulk work in steps of its own": BULK,
  "a stack that underflows": Uint8Array.of(0x60, 1, 0x01),
  "calls of itself until the gas is used up": Uint8Array.from([
    ...[0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x34, 0x30, 0x61, 0x06, 0, 0xf1, 0x60, 1, 0x5d, 0x60, 0, 0x60, 0, 0xfd],
  ]),
};

describe("Prover", () => {
  before(prepareMachine);

  it("refuses a machine that is not proving, or within a unit", () => {
    const database = createMemoryStateDatabase();
    const environment = {
      number: 1,
      timestamp: 1,
      coinbase: ZERO_ADDRESS,
      gasLimit: 1n,
      baseFee: 1n,
      prevRandao: ZERO_HASH,
      chainId: 1n,
      blobBaseFee: 1n,
      dataPrice: 0n,
    };
    const state = { getAccount: () => undefined, getSlot: () => new Uint8Array(), getCode: () => new Uint8Array() };
    const options = { tries: createStateTries(database), stateRoot: ZERO_HASH };
    const fast = createMachine({ environment, state, isProving: false });
    expect(() => createProver({ machine: fast, ...options })).to.throw(
      "expected a proving machine in a boundary state",
    );
    const { machine } = beginProgram(mixedLoop(1));
    machine.phase = Phase.Execute;
    expect(() => createProver({ machine, ...options })).to.throw("got one in phase 23");
  });

  describe("commits after every step to what the definitions give, computed from scratch", () => {
    for (const [name, code] of Object.entries(PROGRAMS)) {
      it(`of ${name}`, function () {
        this.timeout(60_000);
        const prover = beginProgram(code, { gas: 150_000 });
        const plain = createPlainCommitment(prover);
        expect(prover.stateHash()).to.equal(plain.stateHash());
        while (!prover.isDone()) {
          const { phase } = prover.machine;
          prover.step();
          expect(prover.stateHash(), `after phase ${phase}`).to.equal(plain.stateHash() ?? prover.stateHash());
        }
        expect(prover.machine.block.outcome).to.equal(1);
      });
    }

    if (hasStateTests()) {
      it("of official state tests", function () {
        this.timeout(120_000);
        for (const { file, test, post } of samples(6)) {
          const prover = beginStateTest(test, post);
          const plain = createPlainCommitment(prover);
          for (let steps = 0; steps < 40 && !prover.isDone(); steps++) {
            prover.step();
            expect(prover.stateHash(), `${file}, step ${steps}`).to.equal(plain.stateHash() ?? prover.stateHash());
          }
        }
      });
    }
  });

  if (hasStateTests()) {
    it("ends official state tests at the state root they expect", function () {
      this.timeout(120_000);
      for (const { file, test, post } of samples(2)) {
        if (post.txbytes.startsWith("0x03")) continue;
        const prover = beginStateTest(test, post);
        while (!prover.isDone()) prover.step();
        expect(prover.stateRoot(), file).to.equal(post.hash);
      }
    });
  }

  describe("makes witnesses", () => {
    it("that open the state before the step, and do not change where it goes", function () {
      this.timeout(60_000);
      const opened = new Set<string>();
      for (const code of Object.values(PROGRAMS)) {
        const [prover, other] = [beginProgram(code, { gas: 400_000 }), beginProgram(code, { gas: 400_000 })];
        const checker = createWitnessChecker(prover);
        while (!prover.isDone()) {
          const step = prover.prove();
          for (const name of checker.check(step)) opened.add(name);
          expect(step.before).to.equal(other.stateHash());
          other.step();
          expect(step.after).to.equal(other.stateHash());
        }
        expect(other.isDone()).to.equal(true);
      }
      expect([...opened].sort()).to.eql([
        ...[
          "appends",
          "blockBloom",
          "blockContext",
          "bloom",
          "code",
          "frame",
          "frameContext",
          "overlay",
          "parentFrame",
        ],
        ...["pending", "regions", "savedJournal", "sponge", "stack", "transaction", "tries"],
      ]);
    });

    if (hasStateTests()) {
      it("of official state tests that open the state before the step", function () {
        this.timeout(120_000);
        for (const { test, post } of samples(4)) {
          const prover = beginStateTest(test, post);
          const checker = createWitnessChecker(prover);
          for (let steps = 0; steps < 100 && !prover.isDone(); steps++) checker.check(prover.prove());
        }
      });
    }

    it("whose first step is a start and whose others are steps, and which stay where they are at the end", () => {
      const prover = beginProgram(mixedLoop(1));
      expect(prover.isDone()).to.equal(false);
      expect(prover.prove().kind).to.equal("start");
      expect(prover.prove().kind).to.equal("step");
      runTo(prover, Phase.EndBlock);
      const end = prover.stateHash();
      const { kind, before, after, witness } = prover.prove();
      expect({ kind, before, after }).to.eql({ kind: "step", before: end, after: end });
      expect(witness.machine).to.have.length(384);
    });

    it("with the siblings of the next leaf of both trees of the block, however many leaves there are", () => {
      for (let count = 0; count <= 9; count++) {
        const prover = beginProgram(Uint8Array.of(0), { gas: 30_000, included: count });
        runTo(prover, Phase.EndTransaction);
        const checker = createWitnessChecker(prover);
        expect(checker.check(prover.prove())).to.include("appends");
      }
    });
  });
});
