import { expect } from "chai";
import { keccak256 as keccakOf } from "viem";
import { MAIN, precompile } from "./frame-scenarios/program.ts";
import * as scenarios from "./frame-scenarios/storage.ts";
import { BLOCK_NUMBER, deployFrameVerifiers, runOnL1 } from "./frame-steps.ts";
import type { FrameVerifiers, Scenario } from "./frame-steps.ts";

describe("steps of storage, balances, codes and block hashes on L1", function () {
  this.timeout(300_000);
  let verifiers: FrameVerifiers;
  before(async () => {
    verifiers = await deployFrameVerifiers();
  });
  const run = (scenario: Scenario) => runOnL1(verifiers, scenario);

  it("a slot is cold once, and stays warm", async () => {
    const outcome = await run(scenarios.slotReadTwice);
    expect(outcome.storage(MAIN, 0)).to.equal(2_100n + 3n + 2n + 2n);
    expect(outcome.storage(MAIN, 1)).to.equal(100n + 3n + 2n + 2n);
  });

  it("SSTORE costs and refunds by original, current and new value (EIP-2200, EIP-3529)", async () => {
    for (const { values, scenario } of scenarios.slotWrites) {
      const outcome = await run(scenario);
      expect(outcome.status).to.equal(1);
      expect(outcome.storage(MAIN, 7)).to.equal(BigInt(values[values.length - 1] as number));
    }
  });

  it("SSTORE halts with 2,300 gas left, and not with one more (EIP-2200)", async () => {
    expect((await run(scenarios.writeWith2300)).storage(MAIN, 0)).to.equal(1n);
    expect((await run(scenarios.writeWith2301)).storage(MAIN, 0)).to.equal(2n);
  });

  it("transient storage lives through calls and not through a revert (EIP-1153)", async () => {
    expect((await run(scenarios.transientKept)).storage(MAIN, 0)).to.equal(9n);
    expect((await run(scenarios.transientReverted)).storage(MAIN, 0)).to.equal(0n);
  });

  it("what a reverted call has warmed is cold again (EIP-2929)", async () => {
    expect((await run(scenarios.warmthReverted)).storage(MAIN, 0)).to.equal(2_600n + 3n + 2n + 2n);
    expect((await run(scenarios.warmthKept)).storage(MAIN, 0)).to.equal(100n + 3n + 2n + 2n);
  });

  it("precompiles are warm from the begin and never marked so", async () => {
    const outcome = await run(scenarios.warmPrecompile);
    expect(outcome.storage(MAIN, 0)).to.equal(100n + 3n + 2n + 2n);
    expect(outcome.account(precompile(0x100))?.isWarm).to.equal(false);
  });

  it("EXTCODEHASH and EXTCODESIZE of a contract, of an account without code, of none (EIP-1052)", async () => {
    const outcome = await run(scenarios.codesAndBalances);
    const code = scenarios.OTHER_CODE;
    const stored = Array.from({ length: 8 }, (_, slot) => outcome.storage(MAIN, slot));
    expect(stored).to.eql([BigInt(keccakOf(code)), BigInt(keccakOf("0x")), 0n, BigInt(code.length), 0n, 0n, 11n, 5n]);
  });

  it("BLOCKHASH gives the last 256 blocks' from the history (EIP-2935), 0 for all others", async () => {
    const outcome = await run(scenarios.blockHashes);
    expect([0, 1, 2, 3, 4].map((slot) => outcome.storage(MAIN, slot))).to.eql([
      0n,
      BigInt(BLOCK_NUMBER - 1 + 5_000),
      BigInt(BLOCK_NUMBER - 256 + 5_000),
      0n,
      0n,
    ]);
  });

  it("instructions that find too few or too many items, or too little gas, halt", async () => {
    for (const [name, scenario] of Object.entries(scenarios.emptyStack)) {
      expect((await run(scenario)).status, name).to.equal(0);
    }
    expect((await run(scenarios.fullStack)).status).to.equal(0);
    for (const [name, scenario] of Object.entries(scenarios.tooLittleGas)) {
      expect((await run(scenario)).storage(MAIN, 0), name).to.equal(0n);
    }
  });
});
