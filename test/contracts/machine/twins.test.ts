import { expect } from "chai";
import { concat, keccak256, padHex, toHex } from "viem";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { openPreState } from "../../../scripts/conformance/state-tests.ts";
import type { StateTest } from "../../../scripts/conformance/state-tests.ts";
import { createStepChecker } from "../../../scripts/conformance/step-checker.ts";
import type { StepChecker } from "../../../scripts/conformance/step-checker.ts";
import { createMemoryStateDatabase } from "../../../src/ethereum/index.ts";
import {
  Phase,
  createMachine,
  prepareMachine,
  rawSlice,
  createProver,
  createStateTries,
  encodeStepCall,
} from "../../../src/machine/index.ts";
import type { ProvenStep } from "../../../src/machine/index.ts";
import { hexToBytes } from "../../../src/primitives/index.ts";

const sender = privateKeyToAccount(padHex("0x0a11ce", { size: 32 }));
const CONTRACT: Hex = "0x00000000000000000000000000000000c0de0001";
const CALLEE: Hex = "0x00000000000000000000000000000000c0de0002";
/** Returns the calldata it is given. */
const ECHO: Hex = "0x365f5f37365ff3";

interface Traced {
  /** Phase of every step. */
  readonly phases: readonly number[];
  readonly calls: readonly Uint8Array[];
  readonly steps: readonly ProvenStep[];
  readonly status: number | undefined;
}

/** Calls a contract with this code, step by step. */
async function trace(
  code: Hex,
  { data = "0x", gas = 10_000_000n }: { data?: Hex; gas?: bigint } = {},
): Promise<Traced> {
  const pre: StateTest["pre"] = {
    [sender.address.toLowerCase() as Hex]: { nonce: "0x0", balance: toHex(10n ** 20n), code: "0x", storage: {} },
    [CONTRACT]: { nonce: "0x1", balance: "0x64", code, storage: { "0x1": "0x2", "0x2": "0x3" } },
    [CALLEE]: { nonce: "0x1", balance: "0x0", code: ECHO, storage: {} },
  };
  const raw = await sender.signTransaction({
    type: "eip1559",
    chainId: 1,
    nonce: 0,
    gas,
    maxFeePerGas: 10n ** 9n,
    maxPriorityFeePerGas: 1n,
    to: CONTRACT,
    value: 5n,
    data,
  });
  const database = createMemoryStateDatabase();
  const view = openPreState({ pre }, database);
  const machine = createMachine({
    environment: {
      number: 300,
      timestamp: 1_700_000_000,
      coinbase: "0x00000000000000000000000000000000c014ba5e",
      gasLimit: 60_000_000n,
      baseFee: 10_000_000n,
      prevRandao: keccak256("0x01"),
      chainId: 1n,
      blobBaseFee: 1n,
      dataPrice: 1_000_000n,
    },
    state: view,
    isProving: true,
  });
  machine.block.raw = rawSlice(hexToBytes(raw));
  const prover = createProver({ machine, tries: createStateTries(database), stateRoot: view.root() });
  const phases: number[] = [];
  const calls: Uint8Array[] = [];
  const steps: ProvenStep[] = [];
  while (!prover.isDone()) {
    phases.push(machine.phase);
    const step = prover.prove();
    steps.push(step);
    calls.push(encodeStepCall(step.kind, step.before, step.witness));
  }
  return { phases, calls, steps, status: machine.included?.transaction.status };
}

function push(value: bigint | number): string {
  const digits = value.toString(16);
  const bytes = digits.length % 2 === 0 ? digits : `0${digits}`;
  return (0x5f + bytes.length / 2).toString(16) + bytes;
}

/** An instruction with its operands, top of the stack first. */
function instruction(opcode: number, ...operands: readonly (bigint | number)[]): string {
  return operands.toReversed().map(push).join("") + opcode.toString(16).padStart(2, "0");
}

describe("The machine and its contracts", () => {
  let checker: StepChecker;

  /** Every step of a trace comes to the same state on chain. */
  const agree = async ({ calls, steps, phases }: Traced): Promise<void> => {
    const verdicts = await checker.check(calls);
    verdicts.forEach((verdict, index) => {
      expect(verdict, `step ${index} of ${verdicts.length}, phase ${phases[index]}`).to.eql({
        kind: "taken",
        after: steps[index]?.after,
      });
    });
  };

  before(async () => {
    await prepareMachine();
    checker = await createStepChecker();
  });

  after(async () => {
    await checker.close();
  });

  it("agree on data that takes many steps to copy and to hash", async () => {
    const code: Hex = `0x${[
      instruction(0x37, 11, 5, 70_000), // CALLDATACOPY
      instruction(0x5e, 1_003, 7, 40_000), // MCOPY, overlapping
      instruction(0x5e, 7, 1_003, 40_000),
      instruction(0x39, 20, 1, 33_000), // CODECOPY
      instruction(0x3c, BigInt(CALLEE), 40_000, 0, 33_000), // EXTCODECOPY
      instruction(0x20, 5, 70_000), // KECCAK256
      instruction(0xa2, 7, 66_000, 1, 2), // LOG2
      instruction(0xf1, 1_000_000, BigInt(CALLEE), 0, 3, 66_000, 100, 40_000), // CALL
      instruction(0x3e, 9, 1, 65_000), // RETURNDATACOPY
      instruction(0xf3, 2, 70_001), // RETURN
    ].join("")}`;
    const data = concat(Array.from({ length: 100 }, (_, index) => keccak256(toHex(index))));
    const traced = await trace(code, { data });
    expect(traced.status).to.equal(1);
    const count = (phase: number) => traced.phases.filter((other) => other === phase).length;
    // KECCAK256 takes ⌈70,000 ÷ 8,704⌉ steps, LOG2 ⌈66,000 ÷ 8,704⌉; two more hash the transaction.
    expect(count(Phase.Absorb)).to.equal(9 + 8 + 2);
    expect(count(Phase.FinishKeccak)).to.equal(1);
    expect(count(Phase.FinishLog)).to.equal(1);
    // CALLDATACOPY 3, MCOPY 2 + 2, CODECOPY 2, EXTCODECOPY 2, the callee's CALLDATACOPY 3, its output 2, RETURNDATACOPY 2.
    expect(count(Phase.Copy)).to.equal(18);
    await agree(traced);
  });

  it("agree on transactions that are skipped", async () => {
    const traced = await trace("0x00", { gas: 20_000n });
    expect(traced.status).to.equal(undefined);
    await agree(traced);
  });
});
