import { concat, keccak256, size, slice, toHex, zeroHash } from "viem";
import type { Hex } from "viem";
import { Phase } from "../../../src/machine/phase.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import { EMPTY_SLICE, executing, halted, memoryOf, sliceOf, wholeOf } from "./scenario.ts";
import type { BufferSlice, State } from "./scenario.ts";

const NO_STACK = { stack: [] };
const FAR = 1n << 32n;
const MAXIMUM = (1n << 256n) - 1n;
/** Bytes that a step of the phase `Copy` moves. */
const STRIDE = 32_768;

/** `length` bytes without a pattern. */
function bytesOf(seed: string, length: number): Hex {
  const parts: Hex[] = [];
  for (let index = 0; 32 * index < length; index++) parts.push(keccak256(toHex(`${seed}${index}`)));
  return length === 0 ? "0x" : slice(concat(parts), 0, length);
}

function zeros(length: number): Hex {
  return `0x${"00".repeat(length)}`;
}

/** `bytes` with `data` from `offset` on, both within it. */
function patched(bytes: Hex, offset: number, data: Hex): Hex {
  return `0x${bytes.slice(2, 2 + 2 * offset)}${data.slice(2)}${bytes.slice(2 + 2 * (offset + size(data)))}`;
}

function expansion(from: bigint, to: bigint): bigint {
  const cost = (words: bigint) => 3n * words + (words * words) / 512n;
  return to > from ? cost(to) - cost(from) : 0n;
}

describe("Steps of instructions that read and write memory, on chain", () => {
  let fixture: ProverFixture;
  const memory = bytesOf("memory", 160);
  const active = { memory, memoryWords: 5n };

  const next = (before: State, gas: bigint, changes: Partial<State>): State => ({
    ...before,
    pc: before.pc + 1n,
    gas: before.gas - gas,
    ...changes,
  });

  before(async () => {
    fixture = await deployProver();
  });

  describe("single words and bytes", () => {
    it("MLOAD reads 32 bytes at any offset, zeros beyond what was written", async () => {
      for (const offset of [0, 1, 31, 32, 100, 128, 129, 159, 160, 1000]) {
        const start = executing("0x51", { ...active, stack: [BigInt(offset)] });
        const words = BigInt(Math.max(5, Math.ceil((offset + 32) / 32)));
        const value = BigInt(slice(concat([memory, zeros(1_000)]), offset, offset + 32));
        await fixture.expectStep(
          start,
          { items: 1, regions: [memoryOf(start).region(offset, 32)] },
          next(start, 3n + expansion(5n, words), { stack: [value], memoryWords: words }),
        );
      }
    });

    it("MSTORE writes 32 bytes and MSTORE8 the lowest byte at any offset", async () => {
      const value = keccak256("0x06");
      for (const [code, data] of [
        ["0x52", value],
        ["0x53", slice(value, 31)],
      ] as const) {
        for (const offset of [0, 1, 31, 100, 159, 160, 1000]) {
          const start = executing(code, { ...active, stack: [BigInt(value), BigInt(offset)] });
          const words = Math.max(5, Math.ceil((offset + size(data)) / 32));
          const grown = concat([memory, zeros(32 * words - 160)]);
          await fixture.expectStep(
            start,
            { items: 2, regions: [memoryOf(start).region(offset, size(data))] },
            next(start, 3n + expansion(5n, BigInt(words)), {
              ...NO_STACK,
              memory: patched(grown, offset, data),
              memoryWords: BigInt(words),
            }),
          );
        }
      }
    });

    it("an offset that no gas can pay for halts", async () => {
      for (const code of ["0x51", "0x52", "0x53"] as const) {
        for (const offset of [FAR - 31n, FAR - 1n, FAR, MAXIMUM]) {
          const start = executing(code, { ...active, gas: 1n << 24n, stack: [1n, offset] });
          await fixture.expectStep(start, { items: code === "0x51" ? 1 : 2 }, halted(start));
        }
      }
    });

    it("expansion is charged to the last unit of gas", async () => {
      const offset = 32n * 1_000n;
      const cost = 3n + expansion(5n, 1_001n);
      const start = executing("0x51", { ...active, gas: cost - 1n, stack: [offset] });
      await fixture.expectStep(start, { items: 1 }, halted(start));
      const enough = { ...start, gas: cost };
      const opened = { items: 1, regions: [memoryOf(start).region(Number(offset), 32)] };
      await fixture.expectStep(enough, opened, next(enough, cost, { stack: [0n], memoryWords: 1_001n }));
    });
  });

  describe("KECCAK256", () => {
    it("hashes up to 65,536 bytes in the step", async () => {
      for (const [offset, length] of [
        [0, 1],
        [3, 64],
        [31, 98],
        [100, 100],
        [5, 65_536],
      ] as const) {
        const words = BigInt(Math.max(5, Math.ceil((offset + length) / 32)));
        const start = executing("0x20", { ...active, stack: [BigInt(length), BigInt(offset)] });
        const data = slice(concat([memory, zeros(70_000)]), offset, offset + length);
        const gas = 30n + 6n * BigInt(Math.ceil(length / 32)) + expansion(5n, words);
        await fixture.expectStep(
          start,
          { items: 2, regions: [memoryOf(start).region(offset, length)] },
          next(start, gas, { stack: [BigInt(keccak256(data))], memoryWords: words }),
        );
      }
    });

    it("of no bytes reads nothing, wherever they are", async () => {
      const start = executing("0x20", { stack: [0n, MAXIMUM] });
      await fixture.expectStep(start, { items: 2 }, next(start, 30n, { stack: [BigInt(keccak256("0x"))] }));
    });

    it("of more bytes leaves them to the phase Absorb, and FinishKeccak pushes the digest", async () => {
      const length = 65_537;
      const start = executing("0x20", { ...active, stack: [8n, BigInt(length), 7n] });
      const words = BigInt(Math.ceil((length + 7) / 32));
      const gas = 30n + 6n * BigInt(Math.ceil(length / 32)) + expansion(5n, words);
      const source = { root: memoryOf(start).root, offset: 7n, length: BigInt(length) };
      const absorbing = next(start, gas, {
        stack: [8n],
        memoryWords: words,
        phase: Phase.Absorb,
        pending: {
          kind: "absorb",
          resume: Phase.FinishKeccak,
          context: zeroHash,
          source,
          prefix: "0x",
          suffix: "0x",
          position: 0n,
          sponge: undefined,
        },
      });
      await fixture.expectStep(start, { items: 2 }, absorbing);
      const value = keccak256("0x07");
      const finishing: State = {
        ...absorbing,
        phase: Phase.FinishKeccak,
        pending: { kind: "digest", value, context: zeroHash },
      };
      const finished: State = {
        ...finishing,
        phase: Phase.Execute,
        pending: { kind: "none" },
        stack: [8n, BigInt(value)],
      };
      await fixture.expectStep(finishing, {}, finished);
    });
  });

  describe("copies begin", () => {
    const input = wholeOf(bytesOf("input", 100));
    const returndata = wholeOf(bytesOf("returndata", 50));
    const call = executing("0x");

    /** The state behind a copying instruction of 3 items. */
    const copying = (
      start: State,
      gas: bigint,
      source: BufferSlice | undefined,
      [destination, sourceOffset, length]: readonly [bigint, bigint, bigint],
      memoryWords: bigint,
    ): State =>
      next(start, gas, {
        ...NO_STACK,
        memoryWords,
        phase: Phase.Copy,
        pending: {
          kind: "copy",
          source: source === undefined ? EMPTY_SLICE : sliceOf(source),
          sourceOffset,
          destination,
          length,
        },
      });

    it("CALLDATACOPY, CODECOPY and RETURNDATACOPY name their source and charge words and expansion", async () => {
      for (const opcode of ["37", "39", "3e"] as const) {
        const start = executing(`0x${opcode}${"5b".repeat(60)}`, {
          ...active,
          context: { ...call.context, input },
          returndata,
          stack: [40n, 9n, 200n],
        });
        const source = opcode === "37" ? input : opcode === "39" ? start.code : returndata;
        const gas = 3n + 3n * 2n + expansion(5n, 8n);
        await fixture.expectStep(start, { items: 3 }, copying(start, gas, source, [200n, 9n, 40n], 8n));
      }
    });

    it("the calldata of a creation is empty, though its input is the initcode", async () => {
      for (const kind of [0xf0, 0xf5]) {
        const start = executing("0x37", { context: { ...call.context, kind, input }, stack: [40n, 9n, 0n] });
        const gas = 3n + 3n * 2n + expansion(0n, 2n);
        await fixture.expectStep(start, { items: 3 }, copying(start, gas, undefined, [0n, 9n, 40n], 2n));
      }
    });

    it("MCOPY copies memory as it was, expanded for source and destination", async () => {
      for (const [destination, source] of [
        [0n, 300n],
        [300n, 0n],
      ] as const) {
        const start = executing("0x5e", { ...active, stack: [40n, source, destination] });
        const whole = { buffer: memoryOf(start), offset: 0, length: 11 * 32 };
        const gas = 3n + 3n * 2n + expansion(5n, 11n);
        await fixture.expectStep(start, { items: 3 }, copying(start, gas, whole, [destination, source, 40n], 11n));
      }
    });

    it("an offset in the source beyond 2^32 is as good as 2^32", async () => {
      for (const offset of [FAR, FAR + 1n, MAXIMUM]) {
        const start = executing("0x39", { stack: [1n, offset, 0n] });
        const gas = 3n + 3n + expansion(0n, 1n);
        await fixture.expectStep(start, { items: 3 }, copying(start, gas, start.code, [0n, FAR, 1n], 1n));
      }
    });

    it("copying no bytes is done at once", async () => {
      for (const code of ["0x37", "0x39", "0x5e"] as const) {
        const start = executing(code, { stack: [0n, MAXIMUM, MAXIMUM] });
        await fixture.expectStep(start, { items: 3 }, next(start, 3n, NO_STACK));
      }
    });

    it("RETURNDATACOPY beyond the end of returndata halts, with no bytes to copy too", async () => {
      for (const [offset, length] of [
        [50n, 1n],
        [51n, 0n],
        [0n, 51n],
        [MAXIMUM, 1n],
        [MAXIMUM, 0n],
        [1n, FAR - 1n],
      ] as const) {
        const start = executing("0x3e", { returndata, gas: 1n << 40n, stack: [length, offset, 0n] });
        await fixture.expectStep(start, { items: 3 }, halted(start));
      }
      const end = executing("0x3e", { returndata, stack: [0n, 50n, 0n] });
      await fixture.expectStep(end, { items: 3 }, next(end, 3n, NO_STACK));
    });

    it("lengths that no gas can pay for halt", async () => {
      for (const code of ["0x37", "0x39", "0x5e"] as const) {
        for (const [destination, length] of [
          [0n, FAR],
          [FAR, 1n],
          [FAR - 1n, 2n],
          [0n, MAXIMUM],
          [MAXIMUM, MAXIMUM],
        ] as const) {
          const start = executing(code, { gas: 1n << 24n, stack: [length, 0n, destination] });
          await fixture.expectStep(start, { items: 3 }, halted(start));
        }
      }
    });
  });

  describe("the phase Copy", () => {
    const source = { buffer: wholeOf(bytesOf("source", 200)).buffer, offset: 13, length: 150 };

    const copy = (
      from: BufferSlice,
      sourceOffset: bigint,
      destination: bigint,
      length: bigint,
      state: State,
    ): State => ({
      ...state,
      phase: Phase.Copy,
      pending: { kind: "copy", source: sliceOf(from), sourceOffset, destination, length },
    });
    const done = (state: State, changes: Partial<State>): State => ({
      ...state,
      phase: Phase.Execute,
      pending: { kind: "none" },
      ...changes,
    });

    it("moves bytes of a slice to any place, zeros for what lies beyond its end", async () => {
      for (const [sourceOffset, destination, length] of [
        [0, 0, 32],
        [3, 45, 77],
        [100, 1, 120],
        [149, 31, 2],
      ] as const) {
        const start = copy(
          source,
          BigInt(sourceOffset),
          BigInt(destination),
          BigInt(length),
          executing("0x00", active),
        );
        const available = Math.min(length, 150 - sourceOffset);
        const from = 13 + sourceOffset;
        const data = concat([slice(source.buffer.bytes, from, from + available), zeros(length - available)]);
        const regions = [source.buffer.region(from, available), memoryOf(start).region(destination, length)];
        await fixture.expectStep(start, { regions }, done(start, { memory: patched(memory, destination, data) }));
      }
    });

    it("opens no source where no byte of it is copied", async () => {
      for (const offset of [150n, FAR]) {
        const start = copy(source, offset, 7n, 60n, executing("0x00", active));
        const regions = [memoryOf(start).region(7, 60)];
        await fixture.expectStep(start, { regions }, done(start, { memory: patched(memory, 7, zeros(60)) }));
      }
    });

    it("takes a step for every 32,768 bytes, and overlapping moves read what was there before", async () => {
      const long = bytesOf("long", STRIDE + 96);
      const words = BigInt(size(long) / 32);
      const first = executing("0x00", { memory: long, memoryWords: words });
      const whole = { buffer: memoryOf(first), offset: 0, length: size(long) };
      const start = copy(whole, 0n, 64n, BigInt(STRIDE + 32), first);
      const half = patched(long, 64, slice(long, 0, STRIDE));
      const between = copy(whole, BigInt(STRIDE), BigInt(STRIDE + 64), 32n, { ...first, memory: half });
      await fixture.expectStep(
        start,
        { regions: [whole.buffer.region(0, STRIDE), memoryOf(start).region(64, STRIDE)] },
        between,
      );
      const moved = patched(half, STRIDE + 64, slice(long, STRIDE, STRIDE + 32));
      await fixture.expectStep(
        between,
        { regions: [whole.buffer.region(STRIDE, 32), memoryOf(between).region(STRIDE + 64, 32)] },
        done(between, { memory: moved }),
      );
    });

    it("an offset in the source stays at most 2^32", async () => {
      const start = copy(source, FAR - 1n, 0n, BigInt(STRIDE + 1), executing("0x00", { memoryWords: 1_025n }));
      const after = copy(source, FAR, BigInt(STRIDE), 1n, { ...start, memory: zeros(STRIDE) });
      await fixture.expectStep(start, { regions: [memoryOf(start).region(0, STRIDE)] }, after);
    });
  });
});
