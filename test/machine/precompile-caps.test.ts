import { expect } from "chai";
import { Wallet } from "ethers";
import { runEntry } from "../../scripts/conformance/entry-run.ts";
import type { StateTest, StateTestPost } from "../../scripts/conformance/state-tests.ts";
import { createStepChecker } from "../../scripts/conformance/step-checker.ts";
import { MAX_PRECOMPILE_GAS, MAX_PRECOMPILE_INPUT } from "../../src/ethereum/index.ts";
import { prepareMachine } from "../../src/machine/index.ts";
import { ZERO_HASH, bytesToHex } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import { assemble } from "./assemble.ts";

const SIGNER = new Wallet(`0x${"11".repeat(32)}`);
const SENDER = SIGNER.address.toLowerCase() as Address;
const CALLER: Address = "0x00000000000000000000000000000000c0de0001";
const SHA256 = 2;
const IDENTITY = 4;
const PAIRING = 8;
const PAIR_SIZE = 192;
/** As many pairs of points as the cap on gas allows (EIP-1108: 45,000 gas, and 34,000 a pair). */
const PAIRS = Math.floor((MAX_PRECOMPILE_GAS - 45_000) / 34_000);

/** A test that no state root fits, whose transaction gives a precompile this many zeros and this much gas, or all. */
async function callOf(precompile: number, size: number, gas: number | "GAS" = "GAS"): Promise<StateTest> {
  const txbytes = (await SIGNER.signTransaction({ to: CALLER, gasLimit: 2n ** 24n, chainId: 1, gasPrice: 1 })) as Hex;
  const pre: StateTest["pre"] = {
    [SENDER]: { nonce: "0x0", balance: "0xffffffffff", code: "0x", storage: {} },
    [CALLER]: {
      nonce: "0x1",
      balance: "0x0",
      code: bytesToHex(assemble("0 0", size, "0", precompile, gas, "STATICCALL 0 SSTORE")),
      storage: {},
    },
  };
  const env: StateTest["env"] = {
    currentNumber: "0x1",
    currentTimestamp: "0x3e8",
    currentCoinbase: `0x${"cb".repeat(20)}`,
    currentGasLimit: "0x3938700",
    currentBaseFee: "0x0",
  };
  return { name: "a call", env, pre, config: {}, post: [{ hash: ZERO_HASH, logs: ZERO_HASH, txbytes }] };
}

describe("a state test of Ethereum that calls a precompile", () => {
  before(prepareMachine);

  const run = async (test: StateTest, isOnChain = false) =>
    runEntry(
      test,
      test.post[0] as StateTestPost,
      isOnChain ? { kind: "range", from: 0, to: Infinity } : { kind: "none" },
      isOnChain ? await createStepChecker() : undefined,
    );

  it("beyond the cap on input is skipped, if it comes to anything else here", async () => {
    const outcome = await run(await callOf(SHA256, MAX_PRECOMPILE_INPUT + 1), true);
    expect(outcome).to.include({ kind: "skipped", why: "call of a precompile beyond the caps of this chain" });
    expect(outcome.checked).to.equal(outcome.steps + 1);
  });

  it("beyond the cap on gas is skipped, if it comes to anything else here", async () => {
    expect((await run(await callOf(PAIRING, PAIR_SIZE * (PAIRS + 1)))).kind).to.equal("skipped");
  });

  it("within the caps fails, if it comes to anything else", async () => {
    expect((await run(await callOf(SHA256, MAX_PRECOMPILE_INPUT))).kind).to.equal("failed");
    expect((await run(await callOf(IDENTITY, MAX_PRECOMPILE_INPUT + 1))).kind).to.equal("failed");
    expect((await run(await callOf(PAIRING, PAIR_SIZE * PAIRS))).kind).to.equal("failed");
  });

  it("beyond the caps for less gas than it costs fails, if it comes to anything else", async () => {
    expect((await run(await callOf(SHA256, MAX_PRECOMPILE_INPUT + 1, 24_000))).kind).to.equal("failed");
    expect((await run(await callOf(PAIRING, PAIR_SIZE * (PAIRS + 1), MAX_PRECOMPILE_GAS))).kind).to.equal("failed");
  });
});
