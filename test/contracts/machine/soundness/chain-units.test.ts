import { deflateRawSync } from "node:zlib";
import { expect } from "chai";
import { payloadToBlobs } from "../../../../src/batch/index.ts";
import { prepareMachine } from "../../../../src/machine/index.ts";
import { encodeStepCall } from "../../../../src/machine/proving/index.ts";
import type { ChainInput } from "../../../../src/machine/proving/index.ts";
import { Phase } from "../../../../src/machine/phase.ts";
import { bytesToHex, keccak256 } from "../../../../src/primitives/index.ts";
import type { Address, Hash } from "../../../../src/primitives/index.ts";
import { bits, number, stored } from "../../../batch/deflate-bits.ts";
import { encodeChain, encodeWords } from "../chain/chain-states.ts";
import { codesOf, headOf, runs } from "../chain/dynamic-blocks.ts";
import { inflateSteps } from "../chain/inflate-steps.ts";
import type { ChainStep } from "../chain/inflate-steps.ts";
import { loadKzgProver } from "../chain/kzg-proofs.ts";
import {
  CHAIN_STATE,
  EMPTY_ROOT,
  calldataStep,
  chainOf,
  elementSteps,
  encodeBatch,
  machineOf,
  startStep,
} from "../chain/load-batch-steps.ts";
import type { TestBatch } from "../chain/load-batch-steps.ts";
import { deployProver } from "../deploy-prover.ts";
import type { HonestStep } from "./honest-steps.ts";
import { createRandomness } from "./randomness.ts";
import { mutationsOf, poolOf } from "./witness-mutations.ts";

/** Of each honest step. */
const ATTEMPTS = 30;
const CALL_GAS = 3_000_000;
/** Calls at a time. */
const PARALLEL = 16;

describe("A step that loads a batch or inflates its payload has one state after it, whatever it is shown", function () {
  this.timeout(300_000);
  const randomness = createRandomness("chain units");
  let steps: HonestStep[];
  let input: ChainInput;
  let take: (
    kind: "start" | "step",
    before: Hash,
    witness: HonestStep["witness"],
    gas?: number,
  ) => Promise<string | undefined>;

  before(async () => {
    await prepareMachine();
    const { ethers, prover } = await deployProver();
    const inbox = await ethers.deployContract("ScriptedInbox", [1]);
    const batch: TestBatch = { kind: 1, dataHash: keccak256(Uint8Array.of(9)), messagesUpTo: 6 };
    await inbox.setBatch(CHAIN_STATE.batchCount, keccak256(encodeBatch(batch)));
    input = { inbox: (await inbox.getAddress()).toLowerCase() as Address, target: 4 };
    const to = await prover.getAddress();
    take = async (kind, before, witness, gas = CALL_GAS) => {
      const data = bytesToHex(encodeStepCall(kind, before, witness, input));
      try {
        return await ethers.provider.call({ to, data, gasLimit: gas });
      } catch {
        return undefined;
      }
    };

    const reading = encodeWords([batch.dataHash, EMPTY_ROOT, 0]);
    const begun = machineOf(Phase.ReadElement, encodeChain(chainOf(batch.messagesUpTo)), reading);
    const elementStep = elementSteps(
      await loadKzgProver(),
      payloadToBlobs(Uint8Array.from({ length: 900 }, (_, i) => i & 255)),
    );
    const named = (group: string, all: readonly ChainStep[], kind: "start" | "step" = "step"): HonestStep[] =>
      all.map(({ before, witness, after }, index) => ({
        kind,
        before,
        witness,
        after,
        group,
        name: `${group} ${index}`,
        input,
        endsUnit: false,
      }));
    steps = [
      ...named("LoadBatch", [startStep(batch, begun)], "start"),
      ...named("ReadCalldata", [calldataStep(Uint8Array.of(1, 2, 3)), calldataStep(new Uint8Array(70).fill(7))]),
      ...named("ReadElement", [0, 1, 2, 29, 4_095].map(elementStep)),
      ...named(
        "Inflate",
        PAYLOADS.flatMap((payload) => inflateSteps(payload)),
      ),
    ];
  });

  /** The state after a call, if there is to be one. */
  const truthOf = (kind: "start" | "step", before: Hash): Hash | undefined => {
    const found = steps.find((step) => step.before === before);
    // In a boundary state, which is where a unit starts, `step` stands still.
    return found !== undefined && found.kind === "start" && kind === "step" ? before : found?.after;
  };

  it("if it is shown what is committed: that state", async () => {
    for (const { kind, before, witness, after, name } of steps) {
      expect(await take(kind, before, witness), name).to.equal(after);
      // Inside a unit, a start is a step.
      expect(await take("start", before, witness), name).to.equal(after);
    }
  });

  it("if any part of the witness is changed, cut, filled or exchanged: that state or none", async () => {
    const pool = poolOf(steps);
    const tally = { refused: 0, right: 0 };
    const attempts = steps.flatMap((step) => {
      const mutations = mutationsOf(step, pool, randomness);
      return Array.from({ length: Math.min(ATTEMPTS, mutations.length) }, () => {
        const [mutation] = mutations.splice(randomness.below(mutations.length), 1);
        const { what, where, make } = mutation as NonNullable<typeof mutation>;
        return { description: `${step.name}: ${where}: ${what}`, mutant: make() };
      });
    });
    let next = 0;
    const run = async (): Promise<void> => {
      while (next < attempts.length) {
        const { description, mutant } = attempts[next++] as (typeof attempts)[number];
        const after = await take(mutant.kind, mutant.before, mutant.witness);
        if (after === undefined) tally.refused++;
        else {
          expect(after, description).to.equal(truthOf(mutant.kind, mutant.before));
          tally.right++;
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, run));
    // Most changes are refused; what a step does not look at may be anything.
    expect(tally.refused).to.be.above(attempts.length / 2);
    expect(tally.right).to.be.above(attempts.length / 50);
  });

  it("if it has less gas: that state or none", async () => {
    const one = (group: string) => steps.find((step) => step.group === group) as HonestStep;
    for (const { kind, before, witness, after, name } of ["LoadBatch", "ReadCalldata", "Inflate"].map(one)) {
      let taken = 0;
      for (let gas = CALL_GAS; gas > 30_000; gas = Math.floor(gas / 1.15)) {
        const result = await take(kind, before, witness, gas);
        expect(result, `${name} with ${gas} gas`).to.be.oneOf([undefined, after]);
        if (result !== undefined) taken++;
      }
      expect(taken).to.be.above(0);
    }
  });
});

const text = Buffer.from("to be inflated, and inflated again, ".repeat(9));

/** Streams with every kind of step. */
const PAYLOADS: readonly Uint8Array[] = (() => {
  const lengths = runs([2, 3], [0, 253], [2, 1]);
  const codes = codesOf(lengths);
  const dynamic = headOf(lengths, [1], false) + [0, 1, 2, 0, 256].map((symbol) => codes.get(symbol)).join("");
  const version = Uint8Array.of(1);
  return [
    Buffer.concat([version, deflateRawSync(text)]),
    Buffer.concat([version, stored(text.subarray(0, 80)), bits("1" + number(1, 2), "00110000", "0000000")]),
    Buffer.concat([version, bits(dynamic, "1" + number(3, 2))]),
    Uint8Array.of(2, 3),
  ];
})();
