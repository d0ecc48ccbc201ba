import { keccak256, toHex } from "viem";
import type { Hex } from "viem";
import { TestBuffer } from "./buffer.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import { executing, halted, jumpRegion } from "./scenario.ts";
import type { State } from "./scenario.ts";

const WORD = 1n << 256n;
const MAXIMUM = WORD - 1n;
const MINIMUM_SIGNED = 1n << 255n;

const wrap = (value: bigint): bigint => BigInt.asUintN(256, value);
const signed = (value: bigint): bigint => BigInt.asIntN(256, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = wrap(result * square);
    square = wrap(square * square);
  }
  return result;
}

function signExtend(position: bigint, value: bigint): bigint {
  return position < 31n ? wrap(BigInt.asIntN(8 * (Number(position) + 1), value)) : value;
}

/** Opcode, gas, and the result by the Yellow Paper, appendix H; operands top of the stack first. */
const INSTRUCTIONS: Readonly<Record<string, readonly [Hex, bigint, (...operands: bigint[]) => bigint]>> = {
  ADD: ["0x01", 3n, (a, b) => wrap(a + b)],
  MUL: ["0x02", 5n, (a, b) => wrap(a * b)],
  SUB: ["0x03", 3n, (a, b) => wrap(a - b)],
  DIV: ["0x04", 5n, (a, b) => (b === 0n ? 0n : a / b)],
  SDIV: ["0x05", 5n, (a, b) => (b === 0n ? 0n : wrap(signed(a) / signed(b)))],
  MOD: ["0x06", 5n, (a, b) => (b === 0n ? 0n : a % b)],
  SMOD: ["0x07", 5n, (a, b) => (b === 0n ? 0n : wrap(signed(a) % signed(b)))],
  ADDMOD: ["0x08", 8n, (a, b, n) => (n === 0n ? 0n : (a + b) % n)],
  MULMOD: ["0x09", 8n, (a, b, n) => (n === 0n ? 0n : (a * b) % n)],
  SIGNEXTEND: ["0x0b", 5n, (a, b) => signExtend(a, b)],
  LT: ["0x10", 3n, (a, b) => truth(a < b)],
  GT: ["0x11", 3n, (a, b) => truth(a > b)],
  SLT: ["0x12", 3n, (a, b) => truth(signed(a) < signed(b))],
  SGT: ["0x13", 3n, (a, b) => truth(signed(a) > signed(b))],
  EQ: ["0x14", 3n, (a, b) => truth(a === b)],
  ISZERO: ["0x15", 3n, (a) => truth(a === 0n)],
  AND: ["0x16", 3n, (a, b) => a & b],
  OR: ["0x17", 3n, (a, b) => a | b],
  XOR: ["0x18", 3n, (a, b) => a ^ b],
  NOT: ["0x19", 3n, (a) => MAXIMUM - a],
  BYTE: ["0x1a", 3n, (a, b) => (a < 32n ? (b >> (8n * (31n - a))) & 0xffn : 0n)],
  SHL: ["0x1b", 3n, (a, b) => (a < 256n ? wrap(b << a) : 0n)],
  SHR: ["0x1c", 3n, (a, b) => (a < 256n ? b >> a : 0n)],
  SAR: ["0x1d", 3n, (a, b) => wrap(signed(b) >> (a < 256n ? a : 256n))],
  CLZ: ["0x1e", 5n, (a) => BigInt(256 - (a === 0n ? 0 : a.toString(2).length))],
};

/** Where results turn: ends of the range, of the signed range and of shifts, and a number without a pattern. */
const OPERANDS = [0n, 1n, 31n, 32n, 256n, MAXIMUM, MINIMUM_SIGNED, BigInt(keccak256("0x01"))];

describe("Steps of instructions that know the stack and the code only, on chain", () => {
  let fixture: ProverFixture;
  const filled = (items: number): bigint[] => Array.from({ length: items }, (_, index) => BigInt(index));

  /** `before`, one instruction of `size` bytes later. */
  const next = (before: State, gas: bigint, changes: Partial<State> = {}, size = 1n): State => ({
    ...before,
    pc: before.pc + size,
    gas: before.gas - gas,
    ...changes,
  });

  before(async () => {
    fixture = await deployProver();
  });

  describe("arithmetic, comparison and bits", () => {
    for (const [name, [opcode, gas, result]] of Object.entries(INSTRUCTIONS)) {
      it(`${name} gives what the Yellow Paper defines`, async () => {
        const count = result.length;
        for (const a of OPERANDS) {
          for (const b of count > 1 ? OPERANDS : [0n]) {
            const operands = [a, b, BigInt(keccak256("0x03")) >> (a & 0xffn)].slice(0, count);
            const start = executing(opcode, { stack: [7n, ...operands.toReversed()] });
            await fixture.expectStep(start, { items: count }, next(start, gas, { stack: [7n, result(...operands)] }));
          }
        }
      });
    }

    it("ADDMOD and MULMOD give 0 for the modulus 0", async () => {
      for (const opcode of ["0x08", "0x09"] as const) {
        const start = executing(opcode, { stack: [0n, 5n, 6n] });
        await fixture.expectStep(start, { items: 3 }, next(start, 8n, { stack: [0n] }));
      }
    });

    it("EXP costs 50 gas for every byte of the exponent", async () => {
      for (const [exponent, bytes] of [
        [0n, 0n],
        [1n, 1n],
        [255n, 1n],
        [256n, 2n],
        [MAXIMUM, 32n],
      ] as const) {
        const base = BigInt(keccak256("0x04"));
        const start = executing("0x0a", { stack: [exponent, base] });
        const after = next(start, 10n + 50n * bytes, { stack: [power(base, exponent)] });
        await fixture.expectStep(start, { items: 2 }, after);
      }
    });
  });

  describe("PUSH", () => {
    it("pushes 0 to 32 bytes behind the opcode, also across words of the code", async () => {
      const bytes = keccak256("0x05");
      for (const offset of [0, 1, 30, 31, 32, 63]) {
        for (const count of [0, 1, 2, 31, 32]) {
          const opcode = (0x5f + count).toString(16);
          const code: Hex = `0x${"5b".repeat(offset)}${opcode}${bytes.slice(2, 2 + 2 * count)}00`;
          const start = executing(code, { pc: BigInt(offset) });
          const value = count === 0 ? 0n : BigInt(bytes.slice(0, 2 + 2 * count));
          const after = next(start, count === 0 ? 2n : 3n, { stack: [value] }, BigInt(1 + count));
          await fixture.expectStep(start, { immediates: count }, after);
        }
      }
    });

    it("takes zeros for bytes beyond the end of the code, whatever the buffer holds there", async () => {
      for (const offset of [0, 5, 31]) {
        for (const length of [1, 2, 20, 33]) {
          // Initcode: a slice of memory that goes on behind it.
          const bytes = toHex(new Uint8Array(100).fill(0xff).map((byte, index) => (index === offset ? 0x7f : byte)));
          const start = executing("0x", { code: { buffer: new TestBuffer(bytes), offset, length } });
          const given = Math.min(32, length - 1);
          const value = BigInt(`0x${"ff".repeat(given)}${"00".repeat(32 - given)}`);
          await fixture.expectStep(start, { immediates: 32 }, next(start, 3n, { stack: [value] }, 33n));
        }
      }
    });
  });

  describe("DUP, SWAP and POP", () => {
    it("DUP copies the item at its depth", async () => {
      for (const depth of [1, 2, 16]) {
        const start = executing(toHex(0x7f + depth), { stack: filled(20) });
        const after = next(start, 3n, { stack: [...filled(20), BigInt(20 - depth)] });
        await fixture.expectStep(start, { items: depth }, after);
      }
    });

    it("SWAP exchanges the top with the item at its depth and leaves those between", async () => {
      for (const depth of [1, 2, 16]) {
        const start = executing(toHex(0x8f + depth), { stack: filled(20) });
        const swapped = filled(20);
        swapped[19] = BigInt(19 - depth);
        swapped[19 - depth] = 19n;
        await fixture.expectStep(start, { items: depth + 1 }, next(start, 3n, { stack: swapped }));
      }
    });

    it("POP takes the top", async () => {
      const start = executing("0x50", { stack: [1n, 2n] });
      await fixture.expectStep(start, { items: 1 }, next(start, 2n, { stack: [1n] }));
    });
  });

  describe("place and gas", () => {
    it("PC, MSIZE and GAS push what holds for the instruction itself, GAS after its cost", async () => {
      const start = executing("0x005859", { pc: 1n, memoryWords: 3n });
      await fixture.expectStep(start, {}, next(start, 2n, { stack: [1n] }));
      const size = { ...start, pc: 2n };
      await fixture.expectStep(size, {}, next(size, 2n, { stack: [96n] }));
      const gas = executing("0x5a", { gas: 100n });
      await fixture.expectStep(gas, {}, next(gas, 2n, { stack: [98n] }));
    });

    it("JUMPDEST costs 1 gas", async () => {
      const start = executing("0x5b");
      await fixture.expectStep(start, {}, next(start, 1n));
    });
  });

  describe("jumps", () => {
    const code: Hex = `0x5657${"5b".repeat(600)}`;

    it("JUMP goes to a destination of the analysis and nowhere else", async () => {
      for (const destination of [2n, 255n, 256n, 511n, 601n]) {
        const start = executing(code, { jumpDestinations: [Number(destination)], stack: [destination] });
        const opened = { items: 1, regions: [jumpRegion(start, Number(destination))] };
        await fixture.expectStep(start, opened, { ...start, pc: destination, gas: start.gas - 8n, stack: [] });
        const other = executing(code, { jumpDestinations: [Number(destination) ^ 1], stack: [destination] });
        await fixture.expectStep(other, { items: 1, regions: [jumpRegion(other, Number(destination))] }, halted(other));
      }
    });

    it("a destination beyond the code halts without a look at the analysis", async () => {
      for (const destination of [602n, 1n << 22n, 1n << 32n, MAXIMUM]) {
        const start = executing(code, { jumpDestinations: [2], stack: [destination] });
        await fixture.expectStep(start, { items: 1 }, halted(start));
      }
    });

    it("JUMPI looks at its destination only if the condition is not 0", async () => {
      const jumps = executing(code, { pc: 1n, jumpDestinations: [300], stack: [9n, 300n] });
      await fixture.expectStep(
        jumps,
        { items: 2, regions: [jumpRegion(jumps, 300)] },
        { ...jumps, pc: 300n, gas: jumps.gas - 10n, stack: [] },
      );
      const goesOn = executing(code, { pc: 1n, stack: [0n, MAXIMUM] });
      await fixture.expectStep(goesOn, { items: 2 }, next(goesOn, 10n, { stack: [] }));
    });
  });

  describe("an exceptional halt changes nothing but where the frame goes", () => {
    it("with one gas too few", async () => {
      for (const [name, [opcode, gas, result]] of Object.entries(INSTRUCTIONS)) {
        const start = executing(opcode, { gas: gas - 1n, stack: filled(result.length) });
        await fixture.expectStep(start, { items: result.length }, halted(start)).catch((error: unknown) => {
          throw new Error(name, { cause: error });
        });
      }
      for (const [code, gas, items] of [
        ["0x0a", 9n, 2],
        ["0x50", 1n, 1],
        ["0x56", 7n, 1],
        ["0x57", 9n, 2],
        ["0x5a", 1n, 0],
        ["0x5b", 0n, 0],
        ["0x5f", 1n, 0],
        ["0x6001", 2n, 0],
        ["0x80", 2n, 1],
        ["0x90", 2n, 2],
      ] as const) {
        const start = executing(code, { gas, stack: filled(items) });
        await fixture.expectStep(start, { items, immediates: 1 }, halted(start));
      }
    });

    it("with too few items on the stack", async () => {
      for (const [code, items] of [
        ["0x01", 1],
        ["0x08", 2],
        ["0x15", 0],
        ["0x50", 0],
        ["0x56", 0],
        ["0x57", 1],
        ["0x8f", 15],
        ["0x9f", 16],
      ] as const) {
        const start = executing(code, { stack: filled(items) });
        await fixture.expectStep(start, {}, halted(start));
      }
    });

    it("with more than 1024 items on the stack, of which exactly 1024 are legal", async () => {
      for (const [code, items] of [
        ["0x5f", 0],
        ["0x5a", 0],
        ["0x80", 1],
      ] as const) {
        const full = executing(code, { stack: filled(1024) });
        await fixture.expectStep(full, { items }, halted(full));
        const fits = executing(code, { stack: filled(1023) });
        const pushed = code === "0x5f" ? 0n : code === "0x5a" ? fits.gas - 2n : 1022n;
        const after = next(fits, code === "0x80" ? 3n : 2n, { stack: [...fits.stack, pushed] });
        await fixture.expectStep(fits, { items }, after);
      }
    });
  });
});
