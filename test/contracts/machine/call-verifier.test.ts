import { expect } from "chai";
import { keccak256 as keccakOf } from "viem";
import { Phase } from "../../../src/machine/index.ts";
import { bigintToBytes32, concatBytes } from "../../../src/primitives/index.ts";
import type { Hash, Hex } from "../../../src/primitives/index.ts";
import * as scenarios from "./frame-scenarios/calls.ts";
import { ALL_GAS, MAIN, OTHER, STRANGER } from "./frame-scenarios/program.ts";
import { SENDER, deployFrameVerifiers, runOnL1, wordAt } from "./frame-steps.ts";
import type { FrameStep, FrameVerifiers, Outcome, Scenario } from "./frame-steps.ts";

describe("steps of calls on L1", function () {
  this.timeout(300_000);
  let verifiers: FrameVerifiers;
  before(async () => {
    verifiers = await deployFrameVerifiers();
  });
  const run = (scenario: Scenario) => runOnL1(verifiers, scenario);
  const seen = (outcome: Outcome) => [0, 1, 2].map((slot) => outcome.storage(MAIN, slot));

  it("CALL, CALLCODE and DELEGATECALL differ in self, caller, value and what is transferred", async () => {
    const called = await run(scenarios.contexts.CALL);
    const own = await run(scenarios.contexts.CALLCODE);
    const delegated = await run(scenarios.contexts.DELEGATECALL);
    expect(seen(called)).to.eql([BigInt(OTHER), BigInt(MAIN), 3n]);
    expect(seen(own)).to.eql([BigInt(MAIN), BigInt(MAIN), 3n]);
    expect(seen(delegated)).to.eql([BigInt(MAIN), BigInt(SENDER), 0n]);
    expect([called, own, delegated].map(({ account }) => account(MAIN)?.balance)).to.eql([7n, 10n, 10n]);
    expect(called.account(OTHER)?.balance).to.equal(3n);
  });

  it("all but one 64th of what all other costs leave is forwarded (EIP-150)", async () => {
    const outcome = await run(scenarios.forwardedGas);
    const left = (outcome.storage(MAIN, 0) as bigint) - 15n - 2_600n - 3n;
    expect(outcome.storage(MAIN, 1)).to.equal(left - left / 64n - 2n);
  });

  it("a call that cannot pay its value costs no stipend and leaves no return data", async () => {
    const outcome = await run(scenarios.unpaidValue);
    expect(outcome.storage(MAIN, 0)).to.equal(5n * 2n + 2n * 3n + 2_600n + 9_000n - 2_300n + 2n + 2n);
    expect(outcome.storage(MAIN, 1)).to.equal(0n);
  });

  it("value makes a new account for 25,000 gas more, and none for less (EIP-161)", async () => {
    const outcome = await run(scenarios.newAccount);
    const rest = 5n * 2n + 2n * 3n + 2n + 2n;
    // Nobody uses the stipend, so it comes back.
    expect(outcome.storage(MAIN, 0)).to.equal(rest + 2_600n + 9_000n + 25_000n - 2_300n);
    expect(outcome.storage(MAIN, 1)).to.equal(rest + 100n + 9_000n - 2_300n);
    expect(outcome.storage(MAIN, 2)).to.equal(rest + 100n - 1n);
    expect(outcome.account(STRANGER)?.balance).to.equal(2n);
  });

  it("a contract that pays itself has what it had", async () => {
    const outcome = await run(scenarios.paymentToItself);
    expect(outcome.storage(MAIN, 0)).to.equal(1n);
    expect(outcome.account(MAIN)?.balance).to.equal(10n);
  });

  it("what is static stays so in every call below (EIP-214)", async () => {
    for (const [name, scenario] of Object.entries(scenarios.forbiddenBelowStatic)) {
      expect((await run(scenario)).storage(MAIN, 0), name).to.equal(7n);
    }
    for (const [name, scenario] of Object.entries(scenarios.allowedBelowStatic)) {
      expect((await run(scenario)).storage(MAIN, 0), name).to.equal(8n);
    }
  });

  it("return data and output window follow the kind of end", async () => {
    const { return32, revert32, return8, halt, stop } = scenarios.ends;
    for (const [scenario, result, size, output] of [
      [return32, 1n, 32n, ALL_GAS << 128n],
      [revert32, 0n, 32n, ALL_GAS << 128n],
      [return8, 1n, 8n, ALL_GAS << 192n],
      [halt, 0n, 0n, 0n],
      [stop, 1n, 0n, 0n],
    ] as const) {
      expect(seen(await run(scenario))).to.eql([result, size, output % 2n ** 256n]);
    }
  });

  it("no gas pays for a window that ends beyond 2^32, wherever one of length 0 lies", async () => {
    for (const { result, scenarios: both } of scenarios.windows) {
      for (const scenario of both) expect((await run(scenario)).storage(MAIN, 0)).to.equal(result);
    }
  });

  it("a frame at depth 1,024 makes no frame, and keeps gas and stipend; one above it does", async () => {
    // With at most 2^24 gas no transaction gets there, so the depth is written into the committed context.
    const outcome = await run(scenarios.callOfContract);
    const index = outcome.steps.findIndex(({ opcode, next }) => opcode === 0xfa && next === Phase.EnterFrame);
    const [call, entered] = outcome.steps.slice(index) as [FrameStep, FrameStep];
    const [deep, deepest] = [atDepth(call, 1_023), atDepth(call, 1_024)];
    const results = await verifiers.take([deep, deepest]);
    expect(results.map(({ isSuccess }) => isSuccess)).to.eql([true, true]);
    expect(results[1]?.data).to.equal(withoutFrame(deepest, entered));
    expect(results[0]?.data).not.to.equal(withoutFrame(deep, entered));
  });

  it("a deep recursion comes back", async () => {
    const outcome = await run(scenarios.deepRecursion);
    expect(Math.max(...outcome.steps.map(({ depth }) => depth))).to.be.greaterThan(30);
  });

  it("too few items, or too little gas, halt", async () => {
    for (const [name, scenario] of Object.entries(scenarios.emptyStack)) {
      expect((await run(scenario)).status, name).to.equal(0);
    }
    for (const [name, scenario] of Object.entries(scenarios.tooLittleGas)) {
      expect((await run(scenario)).storage(MAIN, 0), name).to.equal(0n);
    }
  });

  describe("of delegations (EIP-7702)", () => {
    it("a transaction to its sender runs the delegate's code on the sender's account", async () => {
      const outcome = await run(scenarios.delegatedSender);
      expect(outcome.status).to.equal(1);
      expect(outcome.storage(SENDER, 1)).to.equal(BigInt(SENDER));
    });

    it("a call pays for the delegate too, cold once", async () => {
      const outcome = await run(scenarios.delegateCalledTwice);
      const rest = 6n * 2n + 3n + 2n + 2n;
      expect(outcome.storage(MAIN, 0)).to.equal(rest + 2_600n + 2_600n);
      expect(outcome.storage(MAIN, 1)).to.equal(rest + 100n + 100n);
    });

    it("a delegation to itself, to a delegation, to a precompile, to nobody", async () => {
      for (const { target, result, scenario } of scenarios.delegations) {
        expect(seen(await run(scenario)), target).to.eql([result, 0n, 23n]);
      }
    });
  });
});

function withWord(bytes: Uint8Array, index: number, value: Hex | bigint | number): Uint8Array {
  const changed = bytes.slice();
  changed.set(bigintToBytes32(BigInt(value)), 32 * index);
  return changed;
}

const FRAME_OF_MACHINE = 5;
/** Words of a Frame. */
const FRAME = { pc: 5, gas: 6, stack: 7, stackSize: 8 } as const;

/** The step of the same frame at another depth. */
function atDepth(step: FrameStep, depth: number): FrameStep {
  const frameContext = withWord(step.witness.frameContext, 4, depth);
  const frame = withWord(step.witness.frame, 0, keccakOf(frameContext));
  const machine = withWord(step.witness.machine, FRAME_OF_MACHINE, keccakOf(frame));
  return { ...step, before: keccakOf(machine), witness: { ...step.witness, machine, frame, frameContext } };
}

/**
 * The state after a STATICCALL of a cold contract, without input or output, that makes no frame. `entered` is the step
 * that follows where it makes one: what is warm is the same.
 */
function withoutFrame({ witness }: FrameStep, entered: FrameStep): Hash {
  const below = witness.stack.subarray(-32);
  let frame = withWord(witness.frame, FRAME.pc, wordAt(witness.frame, FRAME.pc) + 1n);
  frame = withWord(frame, FRAME.gas, wordAt(frame, FRAME.gas) - 2_600n);
  frame = withWord(frame, FRAME.stack, keccakOf(concatBytes([below, new Uint8Array(32)])));
  frame = withWord(frame, FRAME.stackSize, wordAt(frame, FRAME.stackSize) - 5n);
  const machine = withWord(entered.witness.machine, 0, Phase.Execute);
  return keccakOf(withWord(machine, FRAME_OF_MACHINE, keccakOf(frame)));
}
