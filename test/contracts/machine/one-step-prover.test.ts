import { expect } from "chai";
import { bytesToHex, keccak256, toHex, zeroHash } from "viem";
import type { Hex } from "viem";
import { Phase, isBoundary } from "../../../src/machine/phase.ts";
import { TestBuffer } from "./buffer.ts";
import { encodeMachine } from "./chain/chain-states.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import { NO_CHAIN, executing, hashOf, memoryOf, witnessOf } from "./scenario.ts";
import type { State, Witness } from "./scenario.ts";

describe("The one-step prover", () => {
  let fixture: ProverFixture;

  before(async () => {
    fixture = await deployProver();
  });

  const refuses = async (
    before: State,
    witness: Witness,
    error: string,
    owner = "ArithmeticVerifier",
  ): Promise<void> => {
    const contract = await fixture.ethers.getContractAt(owner, await fixture.prover.getAddress());
    await expect(fixture.prover.step(hashOf(before), witness, NO_CHAIN)).to.be.revertedWithCustomError(contract, error);
  };
  const replaced = <Item>(list: readonly Item[], index: number, item: Item): Item[] =>
    list.map((old, position) => (position === index ? item : old));

  describe("boundaries", () => {
    it("step to themselves, which pads a trace", async () => {
      for (let phase = Phase.Halt; phase <= Phase.EndBlock; phase++) {
        const state = executing("0x00", { phase });
        expect(await fixture.prover.step(hashOf(state), witnessOf(state), NO_CHAIN)).to.equal(hashOf(state));
      }
    });

    it("are followed by no unit once the machine has halted", async () => {
      const state = executing("0x00", { phase: Phase.Halt });
      expect(await fixture.prover.start(hashOf(state), witnessOf(state), NO_CHAIN)).to.equal(hashOf(state));
    });

    it("are not needed to go on: a start inside a unit is a step", async () => {
      const state = executing("0x0100", { stack: [5n, 6n, 7n] });
      const witness = witnessOf(state, { items: 2 });
      const after = await fixture.prover.step(hashOf(state), witness, NO_CHAIN);
      expect(after).to.not.equal(hashOf(state));
      expect(await fixture.prover.start(hashOf(state), witness, NO_CHAIN)).to.equal(after);
      const verifier = await fixture.ethers.getContractAt("ArithmeticVerifier", await fixture.prover.getAddress());
      await expect(
        fixture.prover.start(hashOf(state), { ...witness, stack: [] }, NO_CHAIN),
      ).to.be.revertedWithCustomError(verifier, "WitnessTooShort");
    });

    it("a state hash with the preimage of another state is refused", async () => {
      const boundary = executing("0x00", { phase: Phase.Transaction });
      const other = executing("0x00");
      for (const call of [fixture.prover.start, fixture.prover.step]) {
        await expect(call(hashOf(other), witnessOf(boundary), NO_CHAIN))
          .to.be.revertedWithCustomError(fixture.prover, "WrongPreimage")
          .withArgs(hashOf(other), hashOf(boundary));
      }
    });
  });

  describe("what a witness cannot do", () => {
    const add = executing("0x0100", { stack: [5n, 6n, 7n] });
    const honest = (): Witness => witnessOf(add, { items: 2 });

    it("give another machine, frame, context or block than the committed one", async () => {
      const other = witnessOf(executing("0x0100", { stack: [5n, 6n, 7n], gas: 1n << 30n }), { items: 2 });
      await refuses(add, { ...honest(), machine: other.machine }, "WrongPreimage");
      await refuses(add, { ...honest(), frame: other.frame }, "WrongPreimage");
      await refuses(add, { ...honest(), frame: "0x" }, "WrongPreimage");
      const caller = executing("0x33");
      const forged = executing("0x33", { context: { ...caller.context, caller: caller.context.self } });
      await refuses(caller, { ...witnessOf(caller), frameContext: witnessOf(forged).frameContext }, "WrongPreimage");
      const number = executing("0x43");
      const elsewhere = executing("0x43", { block: { ...number.block, number: 1n } });
      await refuses(number, { ...witnessOf(number), blockContext: witnessOf(elsewhere).blockContext }, "WrongPreimage");
      const origin = executing("0x32");
      const { transaction } = witnessOf(executing("0x32", { sender: origin.context.self }));
      await refuses(origin, { ...witnessOf(origin), transaction }, "WrongPreimage");
    });

    it("give another encoding of the committed structs", async () => {
      for (const part of ["machine", "frame"] as const) {
        const witness = honest();
        await refuses(add, { ...witness, [part]: `${witness[part]}${"00".repeat(32)}` }, "WrongPreimage");
      }
    });

    it("give other items of the stack, or hide some", async () => {
      const witness = honest();
      for (let index = 0; index < 3; index++) {
        const stack = replaced(witness.stack, index, toHex(99n, { size: 32 }));
        await refuses(add, { ...witness, stack }, "WrongPreimage");
      }
      await refuses(add, { ...witness, stack: witness.stack.slice(1) }, "WitnessTooShort", "ArithmeticVerifier");
      await refuses(add, { ...witness, stack: [] }, "WitnessTooShort", "ArithmeticVerifier");
    });

    it("give another instruction than the one in the code", async () => {
      const mul = new TestBuffer("0x0200").region(0, 1);
      await refuses(add, { ...honest(), regions: [mul] }, "RegionNotProven");
      // One of another group gets to another verifier, which does not find it in the code either.
      const sload = new TestBuffer("0x5400").region(0, 1);
      await refuses(add, { ...honest(), regions: [sload] }, "RegionNotProven", "StorageVerifier");
      await refuses(add, { ...honest(), regions: [] }, "WitnessTooShort");
    });

    it("give more or fewer words of the code than the instruction has, or of a place elsewhere", async () => {
      const code: Hex = `0x${"01".repeat(40)}6101020000`;
      const start = executing(code, { stack: [5n, 6n, 7n] });
      const { buffer } = start.code;
      await refuses(
        start,
        { ...witnessOf(start, { items: 2 }), regions: [buffer.region(0, 64)] },
        "RegionLengthMismatch",
      );
      await refuses(start, { ...witnessOf(start, { items: 2 }), regions: [buffer.region(32, 1)] }, "RegionNotProven");
      const push = executing(`0x${"00".repeat(31)}600100`, { pc: 31n });
      const short = push.code.buffer.region(31, 1);
      await refuses(push, { ...witnessOf(push, { immediates: 1 }), regions: [short] }, "RegionLengthMismatch");
    });

    it("give other bytes of memory", async () => {
      const start = executing("0x51", { memory: keccak256("0x01"), memoryWords: 1n, stack: [0n] });
      const forged = new TestBuffer(keccak256("0x02")).region(0, 32);
      const witness = witnessOf(start, { items: 1, regions: [forged] });
      await refuses(start, witness, "RegionNotProven", "MemoryVerifier");
      const wide = witnessOf(start, { items: 1, regions: [memoryOf(start).region(0, 64)] });
      await refuses(start, wide, "RegionLengthMismatch", "MemoryVerifier");
    });

    it("make a jump destination of what is none", async () => {
      const start = executing("0x565b", { stack: [1n] });
      const bitmap = new TestBuffer(toHex(2n, { size: 32 })).region(0, 32);
      await refuses(start, witnessOf(start, { items: 1, regions: [bitmap] }), "RegionNotProven", "ArithmeticVerifier");
    });

    it("change the outcome by what is not needed", async () => {
      const witness = honest();
      const after = await fixture.prover.step(hashOf(add), witness, NO_CHAIN);
      const padded: Witness = {
        ...witness,
        parentFrame: witness.frame,
        savedJournal: "0x01",
        blockBloom: "0x02",
        code: "0x0202",
        stack: [...witness.stack, keccak256("0x")],
        regions: [...witness.regions, new TestBuffer("0x03").region(0, 1)],
        tries: [["0x04"]],
        appends: [[keccak256("0x05")]],
        preimages: ["0x06"],
      };
      expect(await fixture.prover.step(hashOf(add), padded, NO_CHAIN)).to.equal(after);
    });
  });

  describe("verifiers", () => {
    it("refuse the phases of others", async () => {
      const state = executing("0x00", { phase: Phase.Settle });
      for (const name of ["control", "arithmetic", "environment", "memoryAccess", "copy", "log", "absorb"] as const) {
        const contract = fixture.verifiers[name];
        await expect(contract.getFunction("prove")(hashOf(state), witnessOf(state), NO_CHAIN))
          .to.be.revertedWithCustomError(contract, "WrongPhase")
          .withArgs(Phase.Settle);
      }
    });

    it("are there for every phase, and for the start of every unit", async () => {
      const interfaces = Object.values(fixture.verifiers).map((contract) => contract.interface);
      /** What a call reverts with that opens nothing but the machine. */
      const refusal = async (call: "start" | "step", phase: number, chain: Hex): Promise<string | undefined> => {
        const fields = { phase, chain, blockContext: keccak256("0x01"), stateRoot: keccak256("0x02") };
        const machine = bytesToHex(encodeMachine({ ...fields, pending: keccak256("0x03") }));
        const witness = { ...witnessOf(executing("0x00")), machine, regions: [], stack: [] };
        const error: unknown = await fixture.prover[call](keccak256(machine), witness, NO_CHAIN).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const data = (error as { data?: string } | undefined)?.data ?? "0x";
        return interfaces.map((each) => each.parseError(data)?.name).find((name) => name !== undefined);
      };
      for (const phase of Object.values(Phase)) {
        if (phase === Phase.Halt) continue;
        const call = isBoundary(phase) ? "start" : "step";
        // Those from `ReadCalldata` on there are in a chain only.
        for (const chain of phase < Phase.ReadCalldata ? [zeroHash, keccak256("0x04")] : [keccak256("0x04")]) {
          expect(await refusal(call, phase, chain), `${call} in phase ${phase}`).to.be.oneOf([
            "WrongPreimage",
            "WitnessTooShort",
          ]);
        }
      }
    });

    it("leave the start of a transaction in a chain to that of blocks", async () => {
      const fields = { blockContext: zeroHash, stateRoot: zeroHash, pending: zeroHash };
      const machine = bytesToHex(encodeMachine({ ...fields, phase: Phase.Transaction, chain: keccak256("0x04") }));
      const { decoding } = fixture.verifiers;
      await expect(
        decoding.getFunction("prove")(keccak256(machine), { ...witnessOf(executing("0x00")), machine }, NO_CHAIN),
      )
        .to.be.revertedWithCustomError(decoding, "WrongPhase")
        .withArgs(Phase.Transaction);
    });

    it("refuse the instructions of others, so that each has one", async () => {
      const names = ["control", "arithmetic", "environment", "memoryAccess", "copy", "log"] as const;
      const owners = new Map<number, string>([
        [0x00, "control"],
        [0x01, "arithmetic"],
        [0x30, "environment"],
        [0x51, "memoryAccess"],
        [0x37, "copy"],
        [0xa0, "log"],
      ]);
      for (const [opcode, owner] of owners) {
        const state = executing(toHex(opcode, { size: 1 }));
        for (const name of names) {
          const contract = fixture.verifiers[name];
          const call = contract.getFunction("prove")(hashOf(state), witnessOf(state), NO_CHAIN);
          if (name === owner) await call;
          else await expect(call).to.be.revertedWithCustomError(contract, "WrongOpcode").withArgs(opcode);
        }
      }
    });
  });
});
