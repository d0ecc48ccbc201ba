import { expect } from "chai";
import { keccak256 as keccakOf } from "viem";
import { Phase } from "../../../src/machine/index.ts";
import { bigintToBytes32, bytesToHex } from "../../../src/primitives/index.ts";
import * as scenarios from "./frame-scenarios/creations.ts";
import { MAIN, OTHER, STRANGER, word } from "./frame-scenarios/program.ts";
import { deployFrameVerifiers, runOnL1 } from "./frame-steps.ts";
import type { FrameVerifiers, Outcome, Scenario } from "./frame-steps.ts";

describe("steps of creations on L1", function () {
  this.timeout(300_000);
  let verifiers: FrameVerifiers;
  before(async () => {
    verifiers = await deployFrameVerifiers();
  });
  const run = (scenario: Scenario) => runOnL1(verifiers, scenario);

  it("a created contract has nonce 1, the value, its code, and leaves no return data", async () => {
    for (const scenario of Object.values(scenarios.paidCreations)) {
      const outcome = await run(scenario);
      const created = bytesToHex(bigintToBytes32(outcome.storage(MAIN, 0) as bigint).subarray(12));
      const account = outcome.account(created);
      expect([account?.nonce, account?.balance, account?.codeLength, account?.isCreated]).to.eql([1n, 5n, 3, true]);
      expect(account?.codeHash).to.equal(keccakOf("0x000000"));
      expect(outcome.account(MAIN)?.nonce).to.equal(5n);
      expect(outcome.storage(MAIN, 1)).to.equal(0n);
    }
  });

  it("only a revert leaves return data, and undoes all but the creator's nonce", async () => {
    const outcome = await run(scenarios.revertedCreation);
    expect([outcome.storage(MAIN, 0), outcome.storage(MAIN, 1)]).to.eql([7n, 4n]);
    expect([outcome.account(MAIN)?.nonce, outcome.account(MAIN)?.balance]).to.eql([5n, 9n]);
  });

  it("an address with nonce, code or storage is taken: nonce counted, gas gone (EIP-684, EIP-7610)", async () => {
    for (const [name, scenario] of Object.entries(scenarios.takenAddresses)) {
      const outcome = await run(scenario);
      expect(outcome.storage(MAIN, 0), name).to.equal(7n);
      expect(outcome.account(MAIN)?.nonce, name).to.equal(5n);
      const [before, after] = [1, 2].map((slot) => outcome.storage(MAIN, slot) as bigint) as [bigint, bigint];
      expect(after < before / 50n, name).to.equal(true);
    }
  });

  it("an account with a balance only is no hindrance", async () => {
    const outcome = await run(scenarios.fundedAddress);
    expect(outcome.storage(MAIN, 0)).to.equal(BigInt(scenarios.FUNDED));
    expect(outcome.account(scenarios.FUNDED)?.balance).to.equal(3n);
  });

  it("nothing is created without the balance, or with the last nonce (EIP-2681)", async () => {
    expect((await run(scenarios.unpaidCreation)).account(MAIN)?.nonce ?? 4n).to.equal(4n);
    const last = await run(scenarios.lastNonce);
    expect(last.storage(MAIN, 0)).to.equal(7n);
    expect(last.account(MAIN)?.nonce).to.equal(2n ** 64n - 1n);
  });

  it("code: 24,576 bytes at most, paid for, and not beginning with 0xef (EIP-170, EIP-3541)", async () => {
    const isCreated = (outcome: Outcome) => (outcome.storage(MAIN, 0) ?? 0n) !== 0n;
    for (const [name, scenario] of Object.entries(scenarios.depositedCodes)) {
      expect(isCreated(await run(scenario)), name).to.equal(true);
    }
    for (const [name, scenario] of Object.entries(scenarios.refusedCodes)) {
      expect(isCreated(await run(scenario)), name).to.equal(false);
    }
    const poor = await run(scenarios.unpaidCode);
    expect(isCreated(poor)).to.equal(false);
    const isHalt = poor.steps.some(({ phase, next }) => phase === Phase.DepositCode && next === Phase.ExitFrame);
    expect(isHalt).to.equal(true);
  });

  it("initcode: 49,152 bytes at most, one more is a halt (EIP-3860); none at all is an empty contract", async () => {
    for (const { name, result, scenario } of scenarios.initcodeLengths) {
      expect((await run(scenario)).storage(MAIN, 0), name).to.equal(result);
    }
  });

  it("initcode sees no calldata and jumps by its own destinations", async () => {
    const reported = await run(scenarios.initcodeCalldata);
    const account = reported.account(scenarios.createdBy(scenarios.REPORTING));
    expect(account?.codeHash).to.equal(keccakOf(word(0)));
    expect((await run(scenarios.jumpIntoPush)).storage(MAIN, 0) !== 0n).to.equal(false);
    expect((await run(scenarios.jumpBehindPush)).storage(MAIN, 0) !== 0n).to.equal(true);
  });

  it("a creation transaction", async () => {
    expect((await run(scenarios.creationTransaction)).status).to.equal(1);
    expect((await run(scenarios.revertedCreationTransaction)).status).to.equal(0);
    expect((await run(scenarios.emptyCreationTransaction)).status).to.equal(1);
  });

  describe("of SELFDESTRUCT (EIP-6780)", () => {
    const { destructions, DESTROYED } = scenarios;

    it("destroys only what the same transaction created; the balance goes in either case", async () => {
      const old = await run(destructions.old.toStranger);
      expect([old.account(OTHER)?.isDestroyed, old.account(OTHER)?.balance]).to.eql([false, 0n]);
      expect(old.account(STRANGER)?.balance).to.equal(6n);
      const fresh = await run(destructions.fresh.toStranger);
      const account = fresh.account(DESTROYED.toStranger);
      expect([account?.isDestroyed, account?.balance]).to.eql([true, 0n]);
      expect(fresh.account(STRANGER)?.balance).to.equal(6n);
    });

    it("to itself burns the balance of what is destroyed, and moves nothing else", async () => {
      const old = await run(destructions.old.toItself);
      expect([old.account(OTHER)?.isDestroyed, old.account(OTHER)?.balance]).to.eql([false, 6n]);
      const account = (await run(destructions.fresh.toItself)).account(DESTROYED.toItself);
      expect([account?.isDestroyed, account?.balance]).to.eql([true, 0n]);
    });

    it("costs 5,000, 2,600 for a cold heir, 25,000 for a new one that inherits", async () => {
      for (const { scenario, gas } of scenarios.heirs) {
        const used = (await run(scenario)).storage(MAIN, 0) as bigint;
        expect(used - (5n * 2n + 2n * 3n + 2_600n + 2n + 2n + 3n)).to.equal(gas);
      }
    });

    it("an heir without a balance to inherit is touched and stays empty", async () => {
      const outcome = await run(destructions.withoutBalance);
      expect([outcome.account(STRANGER)?.isDirty, outcome.account(STRANGER)?.balance]).to.eql([true, 0n]);
    });
  });
});
