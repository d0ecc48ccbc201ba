import { expect } from "chai";
import { createAddress } from "../../src/ethereum/index.ts";
import { concatBytes } from "../../src/primitives/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import { designator } from "../contracts/machine/soundness/transactions.ts";
import { assemble } from "./assemble.ts";
import { dearModexpInput } from "./precompile-inputs.ts";
import { runFast, runReference, runStepwise, slotKey } from "./world.ts";
import type { Outcome, World, WorldCall } from "./world.ts";

const CONTRACTS = [0xa1, 0xa2, 0xa3].map((byte): Address => `0x${byte.toString(16).repeat(20)}`) as [
  Address,
  Address,
  Address,
];
const RICH: Address = `0x${"b1".repeat(20)}`;
const DELEGATED: Address = `0x${"d1".repeat(20)}`;
const DELEGATED_TO_PRECOMPILE: Address = `0x${"d2".repeat(20)}`;
const IDENTITY: Address = `0x${"00".repeat(19)}04`;
const SHA256: Address = `0x${"00".repeat(19)}02`;

/** In both modes of the machine and in ethereumjs. */
async function agree(world: World, call: WorldCall): Promise<Outcome> {
  const fast = await runFast(world, call);
  expect(await runStepwise(world, call), "step by step").to.eql(fast);
  expect(fast).to.eql(await runReference(world, call, fast));
  return fast;
}

describe("calls and creations", function () {
  this.timeout(600_000);

  const [self, other, third] = CONTRACTS;
  const call = (to: Address, gas: number | bigint | string = "GAS", value: number | bigint = 0) =>
    assemble(0, 0, 0, 0, value, BigInt(to), gas, "CALL");
  const store = (slot: number) => assemble(slot, "SSTORE");
  const contract = (...parts: readonly Uint8Array[]) => ({ nonce: 1n, balance: 1_000n, code: concatBytes(parts) });
  const run = (state: World, gas = 2_000_000) => agree(state, { to: self, gas });
  const slotOf = (outcome: Outcome, slot: number, address: Address = self) =>
    outcome.state[address]?.slots[slotKey(slot)] ?? 0n;
  /** Gas of the instructions between two of these, with 2 of the GAS itself. */
  const gasOf = (...parts: readonly Uint8Array[]) =>
    concatBytes([assemble("GAS"), ...parts, assemble("GAS", "SWAP1", "SUB")]);

  it("make an address cold again that only a failed callee touched", async () => {
    const touch = assemble(BigInt(RICH), "BALANCE", "POP");
    for (const [last, cost] of [
      ["REVERT", 2_600],
      ["RETURN", 100],
    ] as const) {
      const outcome = await run({
        [self]: contract(call(other), assemble("POP"), gasOf(touch), store(0)),
        [other]: contract(touch, assemble(0, 0, last)),
      });
      expect(Number(slotOf(outcome, 0)), last).to.equal(cost + 3 + 2 + 2);
    }
  });

  it("take storage, transient storage, logs and value back when a callee fails", async () => {
    const write = assemble(1, 7, "TSTORE", 1, 8, "SSTORE", 0, 0, "LOG0");
    const failing = concatBytes([write, call(RICH, "GAS", 1), assemble("POP", 0, 0, "REVERT")]);
    const outcome = await run({
      [self]: contract(
        assemble(0, 0, 0, 0, BigInt(other), "GAS", "DELEGATECALL", 0, "SSTORE"),
        assemble(7, "TLOAD", 1, "SSTORE", 8, "SLOAD", 2, "SSTORE", "SELFBALANCE", 3, "SSTORE"),
      ),
      [other]: contract(failing),
    });
    expect([0, 1, 2, 3].map((slot) => slotOf(outcome, slot))).to.eql([0n, 0n, 0n, 1_000n]);
    expect(outcome.logs).to.eql([]);
  });

  it("forward all but one 64th of what is left after all other costs", async () => {
    const outcome = await run({
      [self]: contract(assemble(0, 0, 1_024, 0, 1, BigInt(other), "GAS", "GAS", 0, "SSTORE", "CALL")),
      [other]: contract(assemble("GAS", 0, "SSTORE")),
    });
    // After the GAS that is stored (its SSTORE costs 2,100 + 20,000 and a PUSH0): the memory of 32 words, a cold account, the value.
    const left = Number(slotOf(outcome, 0)) - 2 - 22_100 - (3 * 32 + 2) - 2_600 - 9_000;
    expect(Number(slotOf(outcome, 0, other))).to.equal(left - Math.floor(left / 64) + 2_300 - 2);
  });

  it("give the stipend back where a call is not made, for want of balance or depth", async () => {
    const value = gasOf(call(other, 50_000, 2_000), assemble("POP"));
    const outcome = await run({ [self]: contract(value, store(0)), [other]: contract(assemble("INVALID")) });
    // Six PUSHes of 3 (three of them PUSH0 at 2), the call, POP, GAS.
    expect(Number(slotOf(outcome, 0))).to.equal(4 * 2 + 3 * 3 + 2_600 + 9_000 - 2_300 + 2 + 2);
  });

  it("go 1,024 deep and no deeper, without the stack of JavaScript", async () => {
    // Calls itself with all its gas and stores how deep it was: the callee's return data plus 1.
    const code = concatBytes([
      assemble(32, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", "POP"),
      assemble(0, "MLOAD", 1, "ADD", 0, "MSTORE", 32, 0, "RETURN"),
    ]);
    const deep = { [self]: { nonce: 1n, code } };
    const outcome = await agree(deep, { to: self, gas: 10_000_000_000_000 });
    expect(Number(outcome.output)).to.equal(1_025);
  });

  it("jump where a call of the same code inside has jumped first", async () => {
    const callSelf = assemble(0, 0, 0, 0, 0, "ADDRESS", 2_000, "CALL");
    const jump = assemble(callSelf.length + 4, "JUMP", "INVALID", "JUMPDEST", 1, 0, "SSTORE");
    const outcome = await run({ [self]: contract(callSelf, jump) });
    expect(outcome.isSuccess).to.equal(true);
    expect(slotOf(outcome, 0)).to.equal(1n);
  });

  it("hand the static flag down to whatever is called", async () => {
    const writers = [
      assemble(1, 1, "SSTORE"),
      assemble(1, 1, "TSTORE"),
      assemble(0, 0, "LOG0"),
      assemble(0, 0, 0, "CREATE"),
      assemble(0, 0, 0, 0, "CREATE2"),
      assemble(0, "SELFDESTRUCT"),
      call(RICH, 0, 1),
    ];
    for (const writer of writers) {
      const outcome = await run({
        [self]: contract(assemble(0, 0, 0, 0, BigInt(other), "GAS", "STATICCALL", 0, "SSTORE")),
        [other]: contract(call(third), assemble(0, "MSTORE", 32, 0, "RETURN")),
        [third]: contract(writer),
      });
      expect([slotOf(outcome, 0), outcome.state[third]?.nonce]).to.eql([1n, 1n]);
      const direct = await run({
        [self]: contract(assemble(0, 0, 0, 0, BigInt(third), 100_000, "STATICCALL", 0, "SSTORE")),
        [third]: contract(writer),
      });
      expect(slotOf(direct, 0)).to.equal(0n);
    }
    // Without value, CALLs are allowed, and so is CALLCODE with value.
    const outcome = await run({
      [self]: contract(assemble(0, 0, 0, 0, BigInt(other), "GAS", "STATICCALL", 0, "SSTORE")),
      [other]: contract(call(RICH), assemble(0, 0, 0, 0, 1, BigInt(RICH), "GAS", "CALLCODE")),
    });
    expect(slotOf(outcome, 0)).to.equal(1n);
  });

  it("leave return data after a call, and of creations only after a revert", async () => {
    const creation = (initcode: Uint8Array) =>
      assemble(
        BigInt(`0x00${Buffer.from(initcode).toString("hex")}`),
        0,
        "MSTORE",
        initcode.length,
        32 - initcode.length,
        0,
        "CREATE",
        "POP",
      );
    for (const [code, size] of [
      [creation(assemble(5, 0, "RETURN")), 0],
      [creation(assemble(5, 0, "REVERT")), 5],
      [creation(assemble("INVALID")), 0],
      [concatBytes([call(other), assemble("POP")]), 9],
      [concatBytes([call(other), call(third), assemble("POP", "POP")]), 0],
      [concatBytes([call(other), call(other, 0, 1_001), assemble("POP", "POP")]), 0],
    ] as const) {
      const outcome = await run({
        [self]: contract(code, assemble("RETURNDATASIZE", 0, "SSTORE")),
        [other]: contract(assemble(9, 0, "REVERT")),
        [third]: contract(assemble("INVALID")),
      });
      expect(Number(slotOf(outcome, 0))).to.equal(size);
    }
  });

  it("halt when reading return data beyond its end, even no bytes of it", async () => {
    for (const [offset, length, isSuccess] of [
      [9, 0, true],
      [0, 9, true],
      [10, 0, false],
      [1, 9, false],
    ] as const) {
      const outcome = await run({
        [self]: contract(call(other), assemble(length, offset, 0, "RETURNDATACOPY")),
        [other]: contract(assemble(9, 0, "REVERT")),
      });
      expect(outcome.isSuccess).to.equal(isSuccess);
    }
  });

  it("see return data that identity gave of memory which was written over since", async () => {
    const outcome = await run({
      [self]: contract(
        assemble(0xaa, 0, "MSTORE", 0, 0, 32, 0, BigInt(IDENTITY), "GAS", "STATICCALL", "POP"),
        assemble(0xbb, 0, "MSTORE", 32, 0, 64, "RETURNDATACOPY", 64, "MLOAD", 0, "SSTORE"),
      ),
    });
    expect(slotOf(outcome, 0)).to.equal(0xaan);
  });

  it("find the memory of a callee empty that another one of its depth has used", async () => {
    const outcome = await run({
      [self]: contract(call(other), call(third), assemble(0, "MLOAD", 0, "SSTORE")),
      [other]: contract(assemble(2n ** 255n, 0, "MSTORE", 32, 0, "RETURN")),
      [third]: contract(assemble("MSIZE", 0, "SSTORE", 0, "MLOAD", 1, "SSTORE", 32, "MLOAD", 2, "SSTORE")),
    });
    expect([0, 1, 2].map((slot) => slotOf(outcome, slot, third))).to.eql([0n, 0n, 0n]);
  });

  it("count the nonce and burn the gas of a creation whose address is taken", async () => {
    const created = createAddress(self, 1n);
    const creation = assemble(0, 0, 0, "CREATE");
    for (const taken of [{ nonce: 1n }, { code: assemble("STOP") }, { nonce: 0n, storage: { 0: 1n }, balance: 1n }]) {
      const outcome = await run(
        { [self]: contract(creation, assemble("GAS", 1, "SSTORE", 0, "SSTORE")), [created]: taken },
        4_000_000,
      );
      expect(outcome.state[self]?.nonce).to.equal(2n);
      expect(slotOf(outcome, 0)).to.equal(0n);
      expect(Number(slotOf(outcome, 1))).to.equal(Math.floor((4_000_000 - 6 - 32_000) / 64) - 2);
    }
    const free = await run({ [self]: contract(creation, store(0)), [created]: { balance: 7n } });
    expect(slotOf(free, 0)).to.equal(BigInt(created));
    expect(free.state[created]).to.include({ nonce: 1n, balance: 7n });
  });

  it("deploy at most 24,576 bytes, none that begin with 0xef, for 200 gas a byte", async () => {
    const deploy = (initcode: Uint8Array) =>
      contract(
        assemble(
          BigInt(`0x00${Buffer.from(initcode).toString("hex")}`),
          0,
          "MSTORE",
          initcode.length,
          32 - initcode.length,
          0,
          "CREATE",
          0,
          "SSTORE",
        ),
      );
    for (const [initcode, gas, isCreated] of [
      [assemble(24_576, 0, "RETURN"), 6_000_000, true],
      [assemble(24_577, 0, "RETURN"), 6_000_000, false],
      [assemble(0xef, 0, "MSTORE8", 1, 0, "RETURN"), 6_000_000, false],
      [assemble(0xef, 1, "MSTORE8", 2, 0, "RETURN"), 6_000_000, true],
      [assemble(1_000, 0, "RETURN"), 6_000_000, true],
      [assemble(1_000, 0, "RETURN"), 32_000 + 200_000, false],
    ] as const) {
      expect(slotOf(await run({ [self]: deploy(initcode) }, gas), 0) !== 0n).to.equal(isCreated);
    }
  });

  it("take 49,152 bytes of initcode and no more", async () => {
    for (const [size, isSuccess] of [
      [49_152, true],
      [49_153, false],
      [2n ** 32n, false],
    ] as const) {
      for (const creation of [assemble(size, 0, 0, "CREATE"), assemble(0, size, 0, 0, "CREATE2")]) {
        expect((await run({ [self]: contract(creation) })).isSuccess).to.equal(isSuccess);
      }
    }
  });

  it("destroy what the same transaction created, and else only move the balance", async () => {
    const destroy = assemble("CALLER", "SELFDESTRUCT");
    const old = await run({ [self]: contract(call(other)), [other]: contract(destroy) });
    expect(old.state[other]).to.include({ nonce: 1n, balance: 0n });
    expect(old.state[self]?.balance).to.equal(2_000n);
    const created = await run({
      [self]: contract(
        assemble(BigInt(`0x${Buffer.from(destroy).toString("hex")}`), 0, "MSTORE", 2, 30, 5, "CREATE", 0, "SSTORE"),
      ),
    });
    expect(created.state[createAddress(self, 1n)]).to.equal(undefined);
    expect(created.state[self]?.balance).to.equal(1_000n);
    const burnt = await run({
      [self]: contract(assemble(0x30ff, 0, "MSTORE", 2, 30, 5, "CREATE", 0, "SSTORE")),
    });
    expect(burnt.state[self]?.balance).to.equal(995n);
  });

  it("refuse to store with 2,300 gas or less", async () => {
    const store1 = assemble(5, 0, "SSTORE");
    for (const [gas, isSuccess] of [
      [2_300 + 5, 0n],
      [2_301 + 5, 1n],
    ] as const) {
      const outcome = await run({
        // The slot is warm and gets the value it has, which costs 100.
        [self]: contract(
          assemble(0, "SLOAD", "POP"),
          assemble(0, 0, 0, 0, BigInt(other), gas, "DELEGATECALL", 1, "SSTORE"),
        ),
        [other]: contract(store1),
      });
      const warm = await run({
        [self]: {
          ...contract(
            assemble(0, "SLOAD", "POP"),
            assemble(0, 0, 0, 0, BigInt(other), gas, "DELEGATECALL", 1, "SSTORE"),
          ),
          storage: { 0: 5n },
        },
        [other]: contract(store1),
      });
      expect(slotOf(warm, 1)).to.equal(isSuccess);
      expect(slotOf(outcome, 1)).to.equal(0n);
    }
  });

  it("run nothing where a delegation leads to a precompile, and the delegate's code as the delegator", async () => {
    const outcome = await run({
      [self]: contract(
        call(DELEGATED_TO_PRECOMPILE),
        assemble("RETURNDATASIZE", 0, "SSTORE", 1, "SSTORE"),
        call(DELEGATED),
      ),
      [DELEGATED_TO_PRECOMPILE]: { nonce: 1n, code: designator(SHA256) },
      [DELEGATED]: { nonce: 1n, code: designator(other) },
      [other]: contract(assemble(3, 0, "SSTORE", "ADDRESS", 1, "SSTORE")),
    });
    expect([slotOf(outcome, 0), slotOf(outcome, 1)]).to.eql([0n, 1n]);
    expect(slotOf(outcome, 0, DELEGATED)).to.equal(3n);
    expect(slotOf(outcome, 1, DELEGATED)).to.equal(BigInt(DELEGATED));
  });
});

describe("a precompile fails", function () {
  this.timeout(60_000);

  const [self] = CONTRACTS;
  /** Whether it succeeds with the transaction's data as its input, in both modes and in ethereumjs. */
  const succeeds = async (precompile: Address, data: Uint8Array) => {
    const code = assemble(
      ...["CALLDATASIZE", 0, 0, "CALLDATACOPY"],
      ...[0, 0, "CALLDATASIZE", 0, BigInt(precompile), 20_000_000, "STATICCALL", 0, "SSTORE"],
    );
    const outcome = await agree({ [self]: { nonce: 1n, code } }, { to: self, gas: 30_000_000, data });
    return (outcome.state[self]?.slots[slotKey(0)] ?? 0n) === 1n;
  };

  it("with more than 65,536 bytes of input, but for identity", async () => {
    expect(await succeeds(SHA256, new Uint8Array(65_536))).to.equal(true);
    expect(await succeeds(SHA256, new Uint8Array(65_537))).to.equal(false);
    expect(await succeeds(IDENTITY, new Uint8Array(65_537))).to.equal(true);
  });

  it("at a cost of more than 7,500,000 gas, MODEXP of more than 8,000,000", async () => {
    const rounds = (count: number) => {
      const input = new Uint8Array(213);
      new DataView(input.buffer).setUint32(0, count);
      return input;
    };
    const blake2: Address = `0x${"00".repeat(19)}09`;
    expect(await succeeds(blake2, rounds(7_500_000))).to.equal(true);
    expect(await succeeds(blake2, rounds(7_500_001))).to.equal(false);
    const modexp: Address = `0x${"00".repeat(19)}05`;
    expect(await succeeds(modexp, dearModexpInput(240))).to.equal(true);
    expect(await succeeds(modexp, dearModexpInput(241))).to.equal(false);
  });
});
