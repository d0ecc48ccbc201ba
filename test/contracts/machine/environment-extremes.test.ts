import { expect } from "chai";
import { Wallet } from "ethers";
import type { TransactionLike } from "ethers";
import { runEntry } from "../../../scripts/conformance/entry-run.ts";
import { machineEnvironmentOf, openPreState } from "../../../scripts/conformance/state-tests.ts";
import type { StateTest, StateTestPost } from "../../../scripts/conformance/state-tests.ts";
import { createStepChecker } from "../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../scripts/conformance/step-checker.ts";
import { BLOCK_HASH_HISTORY_ADDRESS as HISTORY, createMemoryStateDatabase } from "../../../src/ethereum/index.ts";
import {
  createMachine,
  prepareMachine,
  rawSlice,
  runTransaction,
  start,
  createProver,
  createStateTries,
  encodeStepCall,
} from "../../../src/machine/index.ts";
import type { ProvenStep } from "../../../src/machine/index.ts";
import { bytesToHex, hexToBytes, keccak256 } from "../../../src/primitives/index.ts";
import type { Address, Hex } from "../../../src/primitives/index.ts";
import { assemble } from "../../machine/assemble.ts";

const LARGEST = 2n ** 64n - 1n;
const NO_LOGS = keccak256(Uint8Array.of(0xc0));
const HISTORY_LENGTH = 8_191n;
const READER: Address = "0x00000000000000000000000000000000c0de0001";
const SIGNER = new Wallet(`0x${"11".repeat(32)}`);
const SENDER = SIGNER.address.toLowerCase() as Address;
const BLOCK_HASH = 0xb10cn;
const GAS_LIMIT = 2n ** 63n - 1n;

type Pre = StateTest["pre"];

/** Writes what it sees of the block to its slots 0 to 8. */
const CODE = assemble(`
  TIMESTAMP 0 SSTORE
  NUMBER 1 SSTORE
  1 NUMBER SUB BLOCKHASH 2 SSTORE
  GASLIMIT 3 SSTORE
  BASEFEE 4 SSTORE
  CHAINID 5 SSTORE
  COINBASE 6 SSTORE
  0x0101 NUMBER SUB BLOCKHASH 7 SSTORE
  NUMBER BLOCKHASH 8 SSTORE
`);

function hex(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

/** A block at the end of what 64 bits count, without base fee, that reads itself; and what it leaves behind. */
async function extremeTest(coinbase: Address, chainId: bigint, fields: TransactionLike): Promise<StateTest> {
  const storage = {
    "0x0": hex(LARGEST),
    "0x1": hex(LARGEST),
    "0x2": hex(BLOCK_HASH),
    "0x3": hex(GAS_LIMIT),
    "0x5": hex(chainId),
    "0x6": coinbase,
  } as const;
  const pre: Pre = {
    [READER]: { nonce: "0x1", balance: "0x0", code: bytesToHex(CODE), storage: {} },
    [SENDER]: { nonce: "0x0", balance: "0x1", code: "0x", storage: {} },
    [HISTORY]: {
      nonce: "0x1",
      balance: "0x0",
      code: "0x00",
      // What is 257 blocks old is there too and must not be seen.
      storage: {
        [hex((LARGEST - 1n) % HISTORY_LENGTH)]: hex(BLOCK_HASH),
        [hex((LARGEST - 257n) % HISTORY_LENGTH)]: "0xbad",
        [hex(LARGEST % HISTORY_LENGTH)]: "0xbad",
      },
    },
  };
  const after: Pre = {
    ...pre,
    [READER]: { ...(pre[READER] as Pre[Address]), storage },
    [SENDER]: { ...(pre[SENDER] as Pre[Address]), nonce: "0x1" },
  };
  const txbytes = (await SIGNER.signTransaction({
    nonce: 0,
    to: READER,
    gasLimit: 1_000_000,
    chainId,
    ...fields,
  })) as Hex;
  return {
    name: "extreme environment",
    env: {
      currentNumber: hex(LARGEST),
      currentTimestamp: hex(LARGEST),
      currentGasLimit: hex(GAS_LIMIT),
      currentBaseFee: "0x0",
      currentCoinbase: coinbase,
    },
    pre,
    config: { chainid: hex(chainId) },
    post: [{ hash: openPreState({ pre: after }).root(), logs: NO_LOGS, txbytes }],
  };
}

describe("State tests at the ends of what a test may say", function () {
  this.timeout(120_000);
  let checker: StepChecker;

  before(async () => {
    await prepareMachine();
    checker = await createStepChecker();
  });
  after(() => checker.close());

  const coinbases: readonly (readonly [string, Address])[] = [
    ["a precompile", "0x0000000000000000000000000000000000000001"],
    ["the sender", SENDER],
    ["the contract that is called", READER],
  ];
  const kinds: readonly (readonly [string, TransactionLike])[] = [
    ["legacy", { type: 0, gasPrice: 0 }],
    ["type 2", { type: 2, maxFeePerGas: 0, maxPriorityFeePerGas: 0 }],
  ];
  for (const [who, coinbase] of coinbases) {
    for (const [kind, fields] of kinds) {
      it(`show a block with the largest numbers as it is, at once, step by step and on-chain: ${kind}, paid to ${who}`, async () => {
        const test = await extremeTest(coinbase, LARGEST, fields);
        const post = test.post[0] as StateTestPost;
        const outcome = await runEntry(test, post, { kind: "range", from: 0, to: 10_000 }, checker);
        expect(outcome.kind === "failed" ? outcome.why : outcome.kind).to.equal("passed");
        expect(outcome.checked).to.equal(outcome.steps + 1);
      });
    }
  }

  it("do not apply if the transaction is longer than the chain takes, which both sides skip", async () => {
    const fields = { type: 2, maxFeePerGas: 0, maxPriorityFeePerGas: 0, data: `0x${"00".repeat(131_072)}` };
    const test = await extremeTest(SENDER, 1n, fields);
    const post = test.post[0] as StateTestPost;
    const outcome = await runEntry(test, post, { kind: "range", from: 0, to: 10_000 }, checker);
    expect(outcome.kind === "failed" ? outcome.why : outcome.kind).to.equal("skipped");
    expect(outcome.checked).to.equal(2);
  });

  it("leave a transaction out that would owe data gas where there is no base fee, on both sides", async () => {
    const test = await extremeTest(SENDER, 1n, { type: 2, maxFeePerGas: 0, maxPriorityFeePerGas: 0 });
    const raw = rawSlice(hexToBytes((test.post[0] as StateTestPost).txbytes));
    const environment = { ...machineEnvironmentOf(test), dataPrice: 1n };

    const machine = createMachine({ environment, state: openPreState(test), isProving: false });
    machine.block.raw = raw;
    start(machine);
    runTransaction(machine);
    expect(machine.skipReason?.kind).to.equal("gas-below-intrinsic");

    const database = createMemoryStateDatabase();
    const view = openPreState(test, database);
    const proving = createMachine({ environment, state: view, isProving: true });
    proving.block.raw = raw;
    const prover = createProver({ machine: proving, tries: createStateTries(database), stateRoot: view.root() });
    const steps: ProvenStep[] = [];
    while (!prover.isDone()) steps.push(prover.prove());
    expect(proving.block.outcome).to.equal(2);
    const verdicts = await checker.check(
      steps.map(({ kind, before, witness }) => encodeStepCall(kind, before, witness)),
    );
    expect(verdicts).to.eql(steps.map(({ after }) => ({ kind: "taken", after })));
  });
});
