import { concat, encodeAbiParameters, keccak256, parseAbiParameters, slice, toHex, zeroHash } from "viem";
import type { Hex } from "viem";
import { logsBloom } from "../../../src/ethereum/index.ts";
import { Phase } from "../../../src/machine/phase.ts";
import { absorbBlocks, bytesToHex, hexToBytes } from "../../../src/primitives/index.ts";
import { TestBuffer } from "./buffer.ts";
import { deployProver } from "./deploy-prover.ts";
import type { ProverFixture } from "./deploy-prover.ts";
import { executing, halted, memoryOf } from "./scenario.ts";
import type { Pending, State } from "./scenario.ts";

const LOG_PREIMAGE = parseAbiParameters("bytes32 logsHash, address emitter, bytes32 topicsHash, bytes32 dataHash");
/** Bytes that a step of the phase `Absorb` absorbs. */
const STRIDE = 64 * 136;

function words(count: number): Hex[] {
  return Array.from({ length: count }, (_, index) => keccak256(toHex(index + 1)));
}

describe("Steps of LOG, on chain", () => {
  let fixture: ProverFixture;
  const memory = concat(words(4));
  const bloom = bytesToHex(logsBloom([{ address: "0x00000000000000000000000000000000000000aa", topics: [] }]));
  const usual = executing("0x", { memory, memoryWords: 4n });
  const journal = { ...usual.journal, bloom, logsHash: keccak256("0x09") };
  const topics = words(4).map((word) => keccak256(word));

  const withLog = (before: State, count: number): Hex => {
    const { self } = before.context;
    const added = logsBloom([{ address: self, topics: topics.slice(0, count) }]);
    const bytes = hexToBytes(before.journal.bloom);
    return bytesToHex(bytes.map((byte, index) => byte | added[index]!));
  };
  const extended = (before: State, topicsHash: Hex, dataHash: Hex): Hex =>
    keccak256(encodeAbiParameters(LOG_PREIMAGE, [before.journal.logsHash, before.context.self, topicsHash, dataHash]));
  const stackFor = (offset: number, length: number, count: number): bigint[] =>
    [BigInt(offset), BigInt(length), ...topics.slice(0, count).map(BigInt)].toReversed();

  before(async () => {
    fixture = await deployProver();
  });

  it("LOG0 to LOG4 extend the hash of the logs and the bloom, and charge topics and bytes", async () => {
    for (let count = 0; count <= 4; count++) {
      const start = executing(toHex(0xa0 + count), { memory, memoryWords: 4n, journal, stack: stackFor(5, 70, count) });
      const after: State = {
        ...start,
        pc: 1n,
        gas: start.gas - 375n * BigInt(1 + count) - 8n * 70n,
        stack: [],
        journal: {
          ...journal,
          bloom: withLog(start, count),
          logsHash: extended(start, keccak256(concat(topics.slice(0, count))), keccak256(slice(memory, 5, 75))),
        },
      };
      const opened = { items: 2 + count, regions: [memoryOf(start).region(5, 70)] };
      await fixture.expectStep(start, opened, after);
    }
  });

  it("a log without data opens no memory", async () => {
    const start = executing("0xa0", { journal, stack: [0n, 1n << 255n] });
    const logsHash = extended(start, keccak256("0x"), keccak256("0x"));
    const after: State = {
      ...start,
      pc: 1n,
      gas: start.gas - 375n,
      stack: [],
      journal: { ...journal, bloom: withLog(start, 0), logsHash },
    };
    await fixture.expectStep(start, { items: 2 }, after);
  });

  it("more than 65,536 bytes go through the phase Absorb, with the bloom as it will be, and FinishLog appends the log", async () => {
    const length = 65_537;
    const start = executing("0xa2", { memory, memoryWords: 4n, journal, stack: stackFor(3, length, 2) });
    const memoryWords = BigInt(Math.ceil((length + 3) / 32));
    const expansion = 3n * (memoryWords - 4n) + memoryWords ** 2n / 512n;
    const topicsHash = keccak256(concat(topics.slice(0, 2)));
    const absorbing: State = {
      ...start,
      pc: 1n,
      gas: start.gas - 375n * 3n - 8n * BigInt(length) - expansion,
      stack: [],
      memoryWords,
      journal: { ...journal, bloom: withLog(start, 2) },
      phase: Phase.Absorb,
      pending: {
        kind: "absorb",
        resume: Phase.FinishLog,
        context: topicsHash,
        source: { root: memoryOf(start).root, offset: 3n, length: BigInt(length) },
        prefix: "0x",
        suffix: "0x",
        position: 0n,
        sponge: undefined,
      },
    };
    await fixture.expectStep(start, { items: 4 }, absorbing);

    const value = keccak256("0x0a");
    const finishing: State = {
      ...absorbing,
      phase: Phase.FinishLog,
      pending: { kind: "digest", value, context: topicsHash },
    };
    const finished: State = {
      ...finishing,
      phase: Phase.Execute,
      pending: { kind: "none" },
      journal: { ...finishing.journal, logsHash: extended(finishing, topicsHash, value) },
    };
    await fixture.expectStep(finishing, {}, finished);
  });

  it("halts in a static frame, without the items or the gas", async () => {
    for (let count = 0; count <= 4; count++) {
      const code = toHex(0xa0 + count);
      const stack = stackFor(0, 1, count);
      const gas = 375n * BigInt(1 + count) + 8n - 1n;
      const isStatic = executing(code, { stack, context: { ...usual.context, isStatic: true } });
      await fixture.expectStep(isStatic, { items: 2 + count }, halted(isStatic));
      const short = executing(code, { stack: stack.slice(1) });
      await fixture.expectStep(short, {}, halted(short));
      const poor = executing(code, { stack, gas, memory, memoryWords: 4n });
      await fixture.expectStep(poor, { items: 2 + count }, halted(poor));
    }
  });
});

describe("The phase Absorb, on chain", () => {
  let fixture: ProverFixture;
  const context = keccak256("0x0b");

  before(async () => {
    fixture = await deployProver();
  });

  type Absorb = Extract<Pending, { kind: "absorb" }>;
  const absorbing = (pending: Omit<Absorb, "kind" | "resume" | "context">): State =>
    executing("0x00", {
      phase: Phase.Absorb,
      pending: { kind: "absorb", resume: Phase.RecoverSender, context, ...pending },
    });
  const digested = (state: State, value: Hex): State => ({
    ...state,
    phase: Phase.RecoverSender,
    pending: { kind: "digest", value, context },
  });

  it("takes a message of at most 65,536 bytes in one step, around its source what is before and after it", async () => {
    const buffer = new TestBuffer(concat(words(2_100)));
    for (const [prefix, offset, length, suffix] of [
      ["0x", 7, 100, "0x"],
      ["0x02f8a1", 31, 66, "0x"],
      ["0xf86b", 0, 33, "0x018080"],
      [toHex(new Uint8Array(32).fill(1)), 1, 31, toHex(new Uint8Array(32).fill(2))],
      ["0x0102", 5, 65_532, "0x0304"],
    ] as const) {
      const source = { root: buffer.root, offset: BigInt(offset), length: BigInt(length) };
      const start = absorbing({ source, prefix, suffix, position: 0n, sponge: undefined });
      const message = concat([prefix, slice(buffer.bytes, offset, offset + length), suffix]);
      await fixture.expectStep(
        start,
        { regions: [buffer.region(offset, length)] },
        digested(start, keccak256(message)),
      );
    }
  });

  it("an empty source opens nothing", async () => {
    const source = { root: new TestBuffer("0x").root, offset: 0n, length: 0n };
    for (const [prefix, suffix] of [
      ["0x", "0x"],
      ["0x01", "0x02"],
    ] as const) {
      const start = absorbing({ source, prefix, suffix, position: 0n, sponge: undefined });
      await fixture.expectStep(start, {}, digested(start, keccak256(concat([prefix, suffix]))));
    }
  });

  it("takes 64 blocks a step of a longer message, and in the last what is left, to the byte", async () => {
    const bytes = concat(words(2_500));
    const buffer = new TestBuffer(bytes);
    const [prefix, suffix] = ["0x0102030405", "0x06070809"] as const;
    const affixes = 9;
    // So many bytes are left for the last step: the suffix alone, or so much that the padding just fits, or takes a block.
    for (const rest of [0, 1, STRIDE - 1, 3 * 136 - 1, 3 * 136]) {
      const length = 8 * STRIDE + rest - affixes;
      const message = concat([prefix, slice(bytes, 11, 11 + length), suffix]);
      const source = { root: buffer.root, offset: 11n, length: BigInt(length) };
      const at = (position: number): State => {
        const sponge = new Uint8Array(200);
        if (position > 0) absorbBlocks(sponge, hexToBytes(slice(message, 0, position)));
        return absorbing({
          source,
          prefix,
          suffix,
          position: BigInt(position),
          sponge: position > 0 ? bytesToHex(sponge) : undefined,
        });
      };
      // Where the message begins and, as it is a lot of work, only where it ends.
      for (const position of rest === 0 ? [0, 7 * STRIDE, 8 * STRIDE] : [8 * STRIDE]) {
        const end = Math.min(position + STRIDE, length + affixes);
        const first = Math.max(position - 5, 0);
        const last = Math.min(end - 5, length);
        const regions = last > first ? [buffer.region(11 + first, last - first)] : [];
        const after = position < 8 * STRIDE ? at(end) : digested(at(position), keccak256(message));
        await fixture.expectStep(at(position), { regions }, after);
      }
    }
  });

  it("does not look at the frame", async () => {
    const source = { root: new TestBuffer("0x").root, offset: 0n, length: 0n };
    const start = absorbing({ source, prefix: "0x01", suffix: "0x", position: 0n, sponge: undefined });
    const other = { ...start, gas: 5n, journal: { ...start.journal, logsHash: zeroHash } };
    await fixture.expectStep(other, {}, digested(other, keccak256("0x01")));
  });
});
