import { expect } from "chai";
import { Phase } from "../../../src/machine/phase.ts";
import type { ChainInput } from "../../../src/machine/proving/index.ts";
import { BLOB_PAYLOAD_SIZE, payloadToBlobs } from "../../../src/batch/index.ts";
import { bytesToHex, concatBytes, hexToBytes, keccak256 } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";
import { EMPTY_WITNESS, ZERO, encodeChain, encodeWords } from "./chain/chain-states.ts";
import { deployChainVerifier } from "./chain/chain-verifier.ts";
import type { ChainVerifier } from "./chain/chain-verifier.ts";
import type { ChainStep } from "./chain/inflate-steps.ts";
import { loadKzgProver } from "./chain/kzg-proofs.ts";
import {
  CHAIN_STATE,
  EMPTY_ROOT,
  calldataStep,
  chainOf,
  elementSteps,
  encodeBatch,
  encodeState,
  machineOf,
  startStep,
} from "./chain/load-batch-steps.ts";
import type { TestBatch } from "./chain/load-batch-steps.ts";

const HASH_OF_NOTHING = keccak256(new Uint8Array());

describe("The load batch verifier", function () {
  this.timeout(120_000);
  let verifier: ChainVerifier;
  let input: ChainInput;
  before(async () => {
    verifier = await deployChainVerifier("LoadBatchVerifier");
    input = { inbox: verifier.inboxAddress, target: 4 };
  });

  describe("begins a batch", () => {
    const post = async (batch: TestBatch): Promise<void> => {
      await verifier.inbox.setBatch(CHAIN_STATE.batchCount, keccak256(encodeBatch(batch)));
    };

    it("of calldata or of blobs, and goes on with reading", async () => {
      for (const [kind, phase] of [
        [0, Phase.ReadCalldata],
        [1, Phase.ReadElement],
      ] as const) {
        const batch: TestBatch = { kind, dataHash: keccak256(Uint8Array.of(9)), messagesUpTo: 6 };
        await post(batch);
        const reading = encodeWords([batch.dataHash, EMPTY_ROOT, 0]);
        await verifier.verify(
          [startStep(batch, machineOf(phase, encodeChain(chainOf(batch.messagesUpTo)), reading))],
          input,
        );
      }
    });

    it("without payload: its messages come next, or the next batch", async () => {
      const withMessages: TestBatch = { kind: 0, dataHash: HASH_OF_NOTHING, messagesUpTo: 5 };
      await post(withMessages);
      const block = machineOf(Phase.BeginBlock, encodeChain(chainOf(withMessages.messagesUpTo)));
      await verifier.verify([startStep(withMessages, block)], input);
      const empty: TestBatch = { ...withMessages, messagesUpTo: CHAIN_STATE.messageCount };
      await post(empty);
      const next = machineOf(Phase.LoadBatch, encodeState({ ...CHAIN_STATE, batchCount: 4 }));
      await verifier.verify([startStep(empty, next)], input);
    });

    it("unless the target is reached: the machine halts, and neither Inbox nor batch is looked at", async () => {
      const machine = machineOf(Phase.LoadBatch, encodeState());
      const step: ChainStep = {
        before: keccak256(machine),
        witness: { ...EMPTY_WITNESS, machine, preimages: [encodeState()] },
        after: keccak256(machineOf(Phase.Halt, encodeState())),
      };
      for (const target of [3, 2, 0]) {
        const nowhere: Address = `0x${"00".repeat(20)}`;
        await verifier.verify([step], { inbox: nowhere, target });
        await verifier.verify([step], { ...input, target });
      }
    });

    describe("and refuses", () => {
      const batch: TestBatch = { kind: 0, dataHash: keccak256(Uint8Array.of(9)), messagesUpTo: 6 };
      const step = (preimages: Uint8Array[]) => {
        const { before, witness } = startStep(batch, new Uint8Array());
        return { before, witness: { ...witness, preimages } };
      };

      it("another batch than the Inbox has at this index, or one not yet posted", async () => {
        await post(batch);
        const other = encodeBatch({ ...batch, messagesUpTo: 7 });
        expect(await verifier.refusal(step([encodeState(), other]), input)).to.equal("WrongPreimage");
        const longer = concatBytes([encodeBatch(batch), new Uint8Array(32)]);
        expect(await verifier.refusal(step([encodeState(), longer]), input)).to.equal("WrongPreimage");
        await verifier.inbox.setBatch(CHAIN_STATE.batchCount, ZERO);
        for (const encoded of [encodeBatch(batch), new Uint8Array(), new Uint8Array(160)]) {
          expect(await verifier.refusal(step([encodeState(), encoded]), input)).to.equal("WrongPreimage");
        }
        await post(batch);
      });

      it("the batch of another Inbox, and an address that is none", async () => {
        const other = await verifier.deployInbox();
        const honest = step([encodeState(), encodeBatch(batch)]);
        const elsewhere = { ...input, inbox: (await other.getAddress()).toLowerCase() as Address };
        expect(await verifier.refusal(honest, elsewhere)).to.equal("WrongPreimage");
        for (const inbox of [`0x${"00".repeat(20)}`, `0x${"00".repeat(19)}04`, `0x${"11".repeat(20)}`] as const) {
          expect(await verifier.takeWith(honest, 10_000_000, { ...input, inbox })).to.equal(undefined);
        }
        expect(await verifier.takeWith(honest, 10_000_000, input)).to.not.equal(undefined);
      });

      it("another state of the chain than the committed one", async () => {
        const other = encodeState({ ...CHAIN_STATE, batchCount: 4 });
        expect(await verifier.refusal(step([other, encodeBatch(batch)]), input)).to.equal("WrongPreimage");
        expect(await verifier.refusal(step([encodeBatch(batch), encodeState()]), input)).to.equal("WrongPreimage");
        expect(await verifier.refusal(step([encodeState()]), input)).to.equal("WitnessTooShort");
      });

      it("phases of others", async () => {
        for (const phase of [Phase.BeginBlock, Phase.Halt, Phase.InflateStored]) {
          const machine = machineOf(phase, encodeState());
          const { witness } = step([encodeState(), encodeBatch(batch)]);
          const attempt = { before: keccak256(machine), witness: { ...witness, machine } };
          expect(await verifier.refusal(attempt, input)).to.equal("WrongPhase");
        }
      });
    });
  });

  describe("reads calldata", () => {
    it("of any length at once", async () => {
      for (const size of [1, 31, 32, 33, 1_000, 65_536]) {
        await verifier.verify([calldataStep(Uint8Array.from({ length: size }, (_, index) => index % 251))], input);
      }
    });

    it("and refuses other bytes, fewer or more", async () => {
      const payload = Uint8Array.of(1, 2, 3);
      for (const other of [Uint8Array.of(1, 2, 4), Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3, 0), new Uint8Array()]) {
        expect(await verifier.refusal(calldataStep(payload, other), input)).to.equal("WrongPreimage");
      }
      const { before, witness } = calldataStep(payload);
      const [chain, opened] = witness.preimages as [Uint8Array, Uint8Array];
      const attempt = (preimages: Uint8Array[]) => ({ before, witness: { ...witness, preimages } });
      expect(await verifier.refusal(attempt([opened, chain]), input)).to.equal("WrongPreimage");
      expect(await verifier.refusal(attempt([chain]), input)).to.equal("WitnessTooShort");
      const pending = encodeWords([keccak256(Uint8Array.of(1)), EMPTY_ROOT, 0]);
      const forged = { before, witness: { ...witness, pending, preimages: [chain, Uint8Array.of(1)] } };
      expect(await verifier.refusal(forged, input)).to.equal("WrongPreimage");
    });
  });

  describe("reads field elements of blobs", () => {
    let elementStep: (count: number) => ChainStep;
    before(async () => {
      const size = BLOB_PAYLOAD_SIZE + 70_000;
      const content = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 9)) & 255);
      // Some elements of 32 bytes, of which the first is not of the payload; and the greatest that there is.
      const blobs = payloadToBlobs(content).map((blob) => {
        const changed = Uint8Array.from(blob);
        for (let element = 0; element < 4_096; element += 3) changed[32 * element] = 0x31;
        changed.set(hexToBytes("0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000"), 32 * 11);
        return changed;
      });
      elementStep = elementSteps(await loadKzgProver(), blobs);
    });

    /** One at a time: a proof that is refused takes all of the gas. */
    const refusal = async (step: Pick<ChainStep, "before" | "witness">): Promise<string> =>
      verifier.refusal(step, input);
    const withParts = (
      { before, witness }: ChainStep,
      changes: { readonly hashes?: Uint8Array; readonly element?: Uint8Array },
    ) => {
      const [hashes, element, ...rest] = witness.preimages as [Uint8Array, Uint8Array];
      return {
        before,
        witness: { ...witness, preimages: [changes.hashes ?? hashes, changes.element ?? element, ...rest] },
      };
    };

    it("one after the other, into one or two words, of every blob in its order", async () => {
      const counts = [0, 1, 2, 11, 31, 32, 33, 2_048, 4_094, 4_095, 4_096, 4_097, 4_107, 8_190];
      for (const count of counts) await verifier.verify([elementStep(count)], input);
    });

    it("until the last one, with which the stream begins", async () => {
      await verifier.verify([elementStep(2 * 4_096 - 1)], input);
    });

    describe("and refuses", () => {
      it("another value, commitment or proof", async () => {
        const step = elementStep(5);
        const [, element] = step.witness.preimages as [Uint8Array, Uint8Array];
        for (const at of [31, 0, 40, 127]) {
          const changed = Uint8Array.from(element);
          changed[at]! ^= 1;
          expect(await refusal(withParts(step, { element: changed })), `byte ${at}`).to.equal("ElementNotProven");
        }
        // The value and as much again as the order of the field.
        const modulus = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
        const value = BigInt(bytesToHex(element.subarray(0, 32))) + modulus;
        const aliased = concatBytes([hexToBytes(`0x${value.toString(16).padStart(64, "0")}`), element.subarray(32)]);
        expect(await refusal(withParts(step, { element: aliased }))).to.equal("ElementNotProven");
      });

      it("the element of another place or another blob", async () => {
        const step = elementStep(5);
        for (const other of [4, 6, 4_096 + 5]) {
          const [, element] = elementStep(other).witness.preimages as [Uint8Array, Uint8Array];
          expect(await refusal(withParts(step, { element }))).to.equal("ElementNotProven");
        }
      });

      it("other versioned hashes, and an opening that is longer or shorter", async () => {
        const step = elementStep(5);
        const [hashes, element] = step.witness.preimages as [Uint8Array, Uint8Array];
        const swapped = concatBytes([hashes.subarray(32), hashes.subarray(0, 32)]);
        for (const other of [swapped, hashes.subarray(0, 32), concatBytes([hashes, hashes]), new Uint8Array()]) {
          expect(await refusal(withParts(step, { hashes: other }))).to.equal("WrongPreimage");
        }
        for (const other of [concatBytes([element, Uint8Array.of(0)]), element.subarray(0, 127), new Uint8Array()]) {
          expect(await refusal(withParts(step, { element: other }))).to.equal("OpeningLengthMismatch");
        }
      });

      it("other words of what has been read, and another chain at the last element", async () => {
        const step = elementStep(5);
        const [region] = step.witness.regions as [(typeof step.witness.regions)[number]];
        const words = Uint8Array.from(region.words);
        words[0]! ^= 1;
        const attempt = (regions: (typeof step.witness.regions)[number][]) => ({
          before: step.before,
          witness: { ...step.witness, regions },
        });
        expect(await refusal(attempt([{ ...region, words }]))).to.equal("RegionNotProven");
        expect(await refusal(attempt([{ ...region, words: words.subarray(32) }]))).to.equal("RegionLengthMismatch");
        expect(await refusal(attempt([]))).to.equal("WitnessTooShort");
        const last = elementStep(2 * 4_096 - 1);
        const [hashes, element] = last.witness.preimages as [Uint8Array, Uint8Array];
        const other = encodeChain({ ...chainOf(), gasLeft: 1 });
        for (const preimages of [
          [hashes, element, other],
          [hashes, element],
        ]) {
          const refused = await refusal({ before: last.before, witness: { ...last.witness, preimages } });
          expect(refused).to.equal(preimages.length === 3 ? "WrongPreimage" : "WitnessTooShort");
        }
      });

      it("to say anything with too little gas", async () => {
        const step = elementStep(5);
        let enough = 0;
        for (let gas = 400_000; gas > 30_000; gas = Math.floor(gas / 1.02)) {
          const after = await verifier.takeWith(step, gas, input);
          expect(after).to.be.oneOf([undefined, step.after]);
          if (after !== undefined) enough = gas;
        }
        expect(enough).to.be.within(30_000, 300_000);
      });
    });
  });
});
