import { expect } from "chai";
import { Phase, prepareMachine, encodeStepCall } from "../../../src/machine/index.ts";
import { EXTREME_HISTORIES, historySteps } from "./step-bounds/extreme-histories.ts";
import { extremeChainSteps } from "./step-bounds/extreme-chain-steps.ts";
import { EXTREMES } from "./step-bounds/extreme-transactions.ts";
import type { ExtremeTransaction } from "./step-bounds/extreme-transactions.ts";
import { selectSteps } from "./step-bounds/selected-steps.ts";
import type { Selection } from "./step-bounds/selected-steps.ts";
import { MOST_CALLDATA, MOST_GAS, createStepMeter } from "./step-bounds/step-meter.ts";
import type { StepMeter } from "./step-bounds/step-meter.ts";

const the = (list: readonly ExtremeTransaction[], name: string): ExtremeTransaction => {
  const found = list.find((transaction) => transaction.name.endsWith(name));
  if (found === undefined) throw new Error(`no transaction is about ${name}`);
  return found;
};

// `npm run bench:steps` measures all of them, and every kind of step.
describe("No step's proof needs more than 100,000 bytes of calldata or 10,000,000 L1 gas", function () {
  this.timeout(60_000);
  let meter: StepMeter;
  before(async () => {
    await prepareMachine();
    meter = await createStepMeter();
  });
  after(() => meter.close());

  /** All steps with these names come to the state of the machine within the bounds; there are such steps. */
  const expectBounded = async (
    transaction: ExtremeTransaction,
    names: readonly string[],
    selection?: Partial<Selection>,
  ) => {
    const met = new Set<string>();
    for (const step of selectSteps(await transaction.begin(), { first: 2, every: 0, names, ...selection })) {
      const { after, calldata, gas } = await meter.measure(encodeStepCall(step.kind, step.before, step.witness));
      expect(after, step.name).to.equal(step.after);
      expect(calldata, `${step.name}: bytes of calldata`).to.be.at.most(MOST_CALLDATA);
      expect(gas, `${step.name}: gas`).to.be.at.most(MOST_GAS);
      met.add(step.name);
    }
    expect([...met].sort()).to.eql([...names].sort());
  };

  it("not CREATE2 of 49,152 bytes of initcode against the deepest overlay, nor the analysis of its jump destinations", async () => {
    await expectBounded(the(EXTREMES.creations, "bytes: JUMPDEST"), ["CREATE", "CREATE2", "EnterCode"]);
  });

  it("not the analysis of 49,152 bytes of other mixes of instructions", async () => {
    await expectBounded(the(EXTREMES.creations, "bytes: JUMPDEST PUSH32"), ["EnterCode"], { first: 1 });
  });

  it("not KECCAK256 and LOG4 of 65,536 bytes or more, nor copies and long inputs of precompiles", async () => {
    await expectBounded(EXTREMES.bulk, ["KECCAK256", "LOG4", "Absorb", "FinishLog", "Copy", "Precompile"], {
      first: 3,
    });
  });

  it("not the deposit of a code of 24,576 bytes", async () => {
    await expectBounded(EXTREMES.deposit, ["DepositCode"]);
  });

  it("not loading an account with a code of 24,576 bytes below 64 branches, nor entering or copying the code, nor a call of a delegation to it", async () => {
    const names = ["LoadAccount", "LoadSlot", "EnterCode", "EXTCODECOPY", "CALL", "CALLCODE", "SELFDESTRUCT"];
    await expectBounded(the(EXTREMES.codes, "EXTCODECOPY"), names, { first: 10 });
  });

  it("not putting, inserting or deleting a slot or an account below 64 branches", async () => {
    await expectBounded(EXTREMES.deepStorage, ["Flush", "LoadSlot", "SSTORE", "Settle"], { first: 30 });
  });

  it("not counting, hashing or decoding a transaction of 131,072 bytes", async () => {
    const names = ["start", "CountTransaction", "CountCalldata", "Absorb", "DecodeHeader", "DecodeSignature"];
    await expectBounded(the(EXTREMES.rawTransactions, "no zeros, in the middle of a payload"), names, { first: 3 });
  });

  it("not hashing a transaction of 65,536 bytes at once", async () => {
    await expectBounded(EXTREMES.halfTransaction, ["CountTransaction", "Absorb"]);
  });

  it("not buying gas or entering the transaction against the deepest overlay", async () => {
    await expectBounded(EXTREMES.deepStorage, ["BuyGas", "EnterTransaction", "EnterFrame", "EndTransaction"]);
  });

  it("not an access to memory at the end of 91,400 words", async () => {
    await expectBounded(EXTREMES.memoryEnd, ["MSTORE", "MSTORE8", "MLOAD", "KECCAK256", "RETURN"]);
  });

  it("not the greatest pairing, modular exponentiation or compression of BLAKE2 that is not a failure yet", async () => {
    for (const name of [
      "fails, for the gas of 219 pairs",
      "in 65,536 for 7,995,392 gas",
      "7,500,000 rounds of BLAKE2",
    ]) {
      await expectBounded(the(EXTREMES.precompiles, name), ["Precompile"], { first: 1 });
    }
  });

  it("not the longest pairing on another curve, which fails", async () => {
    await expectBounded(the(EXTREMES.precompiles, "fails, of 65,536 bytes"), ["Precompile"], { first: 1 });
  });

  it("not a step of blocks and messages, with the longest data and the greatest numbers", async () => {
    const met = new Set<string>();
    for (const what of [
      "a deposit with 65,536 bytes of data, no zeros",
      "contexts with the greatest numbers",
      "messages of every kind",
      "blocks of the stream of all types, and what is long",
    ]) {
      for (const { name, kind, before, witness, after, input } of await historySteps(
        meter,
        what,
        EXTREME_HISTORIES[what]!,
      )) {
        met.add(name);
        const cost = await meter.measure(encodeStepCall(kind, before, witness, input));
        expect(cost.after, `${name}, ${what}`).to.equal(after);
        expect(cost.calldata, `${name}, ${what}: bytes of calldata`).to.be.at.most(MOST_CALLDATA);
        expect(cost.gas, `${name}, ${what}: gas`).to.be.at.most(MOST_GAS);
      }
    }
    const phases = Object.keys(Phase).slice(Phase.ReadCalldata);
    // At the begin of a payload; blobs are measured below.
    const expected = ["start of LoadBatch", "start of Message", ...phases].filter((name) => name !== "ReadElement");
    expect(expected.filter((name) => !met.has(name))).to.eql([]);
  });

  it("not reading calldata or a field element, nor inflating the longest head, codes, match or part of a stored block", async () => {
    for (const { name, cause, before, witness, after } of await extremeChainSteps()) {
      const cost = await meter.measure(encodeStepCall("step", before, witness));
      expect(cost.after, name).to.equal(after);
      expect(cost.calldata, `${name}, ${cause}: bytes of calldata`).to.be.at.most(MOST_CALLDATA);
      expect(cost.gas, `${name}, ${cause}: gas`).to.be.at.most(MOST_GAS);
    }
  });
});
