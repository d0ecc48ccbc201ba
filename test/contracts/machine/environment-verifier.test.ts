import { keccak256, slice } from "viem";
import type { Hex } from "viem";
import { Phase } from "../../../src/machine/phase.ts";
import { TestBuffer } from "./buffer.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import { EMPTY_SLICE, executing, halted, memoryOf, wholeOf } from "./scenario.ts";
import type { State } from "./scenario.ts";

const MAXIMUM = (1n << 256n) - 1n;

describe("Steps of instructions that push a value of frame, transaction or block, on chain", () => {
  let fixture: ProverFixture;
  const usual = executing("0x");

  const pushed = (before: State, gas: bigint, item: bigint): State => ({
    ...before,
    pc: before.pc + 1n,
    gas: before.gas - gas,
    stack: [item],
  });

  before(async () => {
    fixture = await deployProver();
  });

  it("pushes each of them for 2 gas", async () => {
    const { context, block } = usual;
    for (const [opcode, value] of [
      ["30", BigInt(context.self)],
      ["32", BigInt(usual.sender)],
      ["33", BigInt(context.caller)],
      ["34", context.value],
      ["36", 70n],
      ["38", 3n],
      ["3a", usual.gasPrice],
      ["3d", 45n],
      ["41", BigInt(block.coinbase)],
      ["42", block.timestamp],
      ["43", block.number],
      ["44", BigInt(block.prevRandao)],
      ["45", block.gasLimit],
      ["46", block.chainId],
      ["48", block.baseFee],
      ["4a", block.blobBaseFee],
    ] as const) {
      const start = executing(`0x${opcode}0000`, {
        context: { ...context, input: wholeOf(`0x${"11".repeat(70)}`) },
        returndata: wholeOf(`0x${"22".repeat(45)}`),
      });
      await fixture.expectStep(start, {}, pushed(start, 2n, value));
    }
  });

  it("CALLDATALOAD reads 32 bytes of the input, zeros beyond its end", async () => {
    const buffer = new TestBuffer(`0x${Buffer.from(Array.from({ length: 200 }, (_, index) => index)).toString("hex")}`);
    const input = { buffer, offset: 9, length: 70 };
    for (const offset of [0, 1, 23, 38, 39, 69]) {
      const start = executing("0x35", { context: { ...usual.context, input }, stack: [BigInt(offset)] });
      const available = Math.min(32, 70 - offset);
      const bytes = slice(buffer.bytes, 9 + offset, 9 + offset + available);
      const regions = [buffer.region(9 + offset, available)];
      await fixture.expectStep(
        start,
        { items: 1, regions },
        pushed(start, 3n, BigInt(`0x${bytes.slice(2).padEnd(64, "0")}`)),
      );
    }
    for (const offset of [70n, 1n << 32n, MAXIMUM]) {
      const start = executing("0x35", { context: { ...usual.context, input }, stack: [offset] });
      await fixture.expectStep(start, { items: 1 }, pushed(start, 3n, 0n));
    }
  });

  it("a creation has no calldata, though its input is the initcode", async () => {
    for (const kind of [0xf0, 0xf5]) {
      const context = { ...usual.context, kind, input: wholeOf("0x3536") };
      const size = executing("0x36", { context });
      await fixture.expectStep(size, {}, pushed(size, 2n, 0n));
      const load = executing("0x35", { context, stack: [0n] });
      await fixture.expectStep(load, { items: 1 }, pushed(load, 3n, 0n));
    }
  });

  it("BLOBHASH is 0 for every index", async () => {
    for (const index of [0n, MAXIMUM]) {
      const start = executing("0x49", { stack: [index] });
      await fixture.expectStep(start, { items: 1 }, pushed(start, 3n, 0n));
    }
  });

  it("halts without gas, room on the stack, or the item it takes", async () => {
    const full = Array.from({ length: 1024 }, () => 1n);
    for (const code of ["0x30", "0x32", "0x38", "0x41"] as const) {
      for (const start of [executing(code, { gas: 1n }), executing(code, { stack: full })])
        await fixture.expectStep(start, {}, halted(start));
    }
    for (const code of ["0x35", "0x49"] as const) {
      for (const start of [executing(code), executing(code, { gas: 2n, stack: [0n] })])
        await fixture.expectStep(start, { items: start.stack.length }, halted(start));
    }
  });
});

describe("Steps that end a frame, on chain", () => {
  let fixture: ProverFixture;
  const memory: Hex = keccak256("0x08");

  before(async () => {
    fixture = await deployProver();
  });

  it("STOP and the end of the code succeed without output", async () => {
    for (const start of [
      executing("0x00"),
      executing("0x"),
      executing("0x5b", { pc: 1n }),
      executing("0x5b", { pc: 34n }),
    ]) {
      await fixture.expectStep(
        start,
        {},
        { ...start, phase: Phase.ExitFrame, pending: { kind: "exit", status: 1n, output: EMPTY_SLICE } },
      );
    }
  });

  it("RETURN and REVERT give a slice of memory, which they pay to expand", async () => {
    for (const [code, status] of [
      ["0xf3", 1n],
      ["0xfd", 2n],
    ] as const) {
      const start = executing(code, { memory, memoryWords: 1n, stack: [50n, 7n] });
      const output = { root: memoryOf(start).root, offset: 7n, length: 50n };
      await fixture.expectStep(
        start,
        { items: 2 },
        {
          ...start,
          gas: start.gas - 3n,
          memoryWords: 2n,
          phase: Phase.ExitFrame,
          pending: { kind: "exit", status, output },
        },
      );
      const nothing = executing(code, { memory, memoryWords: 1n, gas: 0n, stack: [0n, MAXIMUM] });
      await fixture.expectStep(
        nothing,
        { items: 2 },
        { ...nothing, phase: Phase.ExitFrame, pending: { kind: "exit", status, output: EMPTY_SLICE } },
      );
      for (const changes of [{ stack: [1n] }, { stack: [33n, 0n], gas: 2n }, { stack: [1n, 1n << 32n] }]) {
        const halts = executing(code, { memory, memoryWords: 1n, ...changes });
        await fixture.expectStep(halts, { items: changes.stack.length }, halted(halts));
      }
    }
  });

  it("INVALID and every opcode that Osaka does not define halt", async () => {
    const undefinedOpcodes: readonly (readonly [number, number])[] = [
      [0x0c, 0x0f],
      [0x1f, 0x1f],
      [0x21, 0x2f],
      [0x4b, 0x4f],
      [0xa5, 0xef],
      [0xf6, 0xf9],
      [0xfb, 0xfc],
      [0xfe, 0xfe],
    ];
    for (const [first, last] of undefinedOpcodes) {
      for (let opcode = first; opcode <= last; opcode++) {
        const start = executing(`0x${opcode.toString(16).padStart(2, "0")}`);
        await fixture.expectStep(start, {}, halted(start));
      }
    }
  });
});
