import { constants, deflateRawSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { Phase } from "../../../src/machine/phase.ts";
import { bufferFrom } from "../../../src/machine/proving/buffer-tree.ts";
import { keccak256 } from "../../../src/primitives/index.ts";
import { TINY_DYNAMIC, bits, bitsOf, number, repeated, stored } from "../../batch/deflate-bits.ts";
import { referenceInflate } from "../../derivation/reference-inflate.ts";
import { ZERO, encodeMachine } from "./chain/chain-states.ts";
import { deployChainVerifier } from "./chain/chain-verifier.ts";
import type { ChainVerifier } from "./chain/chain-verifier.ts";
import { codesOf, dynamicHead, headOf, runs } from "./chain/dynamic-blocks.ts";
import type { DynamicHead } from "./chain/dynamic-blocks.ts";
import { inflateStep, inflateSteps } from "./chain/inflate-steps.ts";
import type { InflateStep } from "./chain/inflate-steps.ts";
import { MAXIMUM, newStream } from "./chain/stream-model.ts";
import type { Stream } from "./chain/stream-model.ts";

const withVersion = (stream: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(1), stream]);

const FINAL_FIXED = "1" + number(1, 2);
const FIXED = "0" + number(1, 2);
const FIXED_END = "0000000";
/** In a block of fixed codes. */
const literal = (value: number): string =>
  value < 144 ? (0x30 + value).toString(2).padStart(8, "0") : (0x100 + value).toString(2);
/** A match of 3 bytes in a block of fixed codes, with the distance's symbol and extra bits. */
const matchOf3 = (distanceSymbol: number, extra = ""): string =>
  `0000001${distanceSymbol.toString(2).padStart(5, "0")}${extra}`;

const TEXT = Buffer.from("a transaction, and another transaction, and one more".repeat(3));
const noise = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * index * 31 + (index >> 3)) & 255);

describe("The inflate verifier", function () {
  this.timeout(120_000);
  let verifier: ChainVerifier;
  before(async () => {
    verifier = await deployChainVerifier("InflateVerifier");
  });

  /** Takes a payload to its end, each step to the state by the page; gives the stream that came out. */
  const inflateAll = async (
    payload: Uint8Array,
    options: Parameters<typeof inflateSteps>[1] = {},
  ): Promise<{ end: Stream; steps: InflateStep[] }> => {
    const steps = inflateSteps(payload, options);
    await verifier.verify(steps);
    return { end: steps.at(-1)?.to ?? newStream(payload), steps };
  };
  /** The bytes that a raw DEFLATE stream gives, step by step, are those of the tests' other inflater; the stream ends. */
  const agrees = async (deflate: Uint8Array): Promise<Uint8Array> => {
    const { end } = await inflateAll(withVersion(deflate));
    const expected = referenceInflate(deflate, MAXIMUM);
    expect(Buffer.compare(end.output, expected), "content").to.equal(0);
    expect(end.mode).to.equal("ended");
    return end.output;
  };

  describe("gives what a stream gives", () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ maxLength: 30 }).map((text) => Buffer.from(text.repeat(12))),
    );
    const settings = fc.record({
      level: fc.integer({ min: 0, max: 9 }),
      memLevel: fc.constantFrom(1, 8, 9),
      strategy: fc.constantFrom(
        constants.Z_DEFAULT_STRATEGY,
        constants.Z_FILTERED,
        constants.Z_HUFFMAN_ONLY,
        constants.Z_RLE,
        constants.Z_FIXED,
      ),
    });

    it("in all of zlib's manners, down to the last byte", async () => {
      await fc.assert(
        fc.asyncProperty(content, settings, async (bytes, options) => {
          const output = await agrees(deflateRawSync(bytes, options));
          expect(Buffer.compare(output, bytes)).to.equal(0);
        }),
        { numRuns: 25 },
      );
    });

    it("up to its first error, where a stream has been mutated", async () => {
      const mutated = fc
        .tuple(content, settings, fc.array(fc.tuple(fc.nat(60), fc.nat(7)), { minLength: 1, maxLength: 3 }))
        .map(([bytes, options, flips]) => {
          const stream = Uint8Array.from(deflateRawSync(bytes, options));
          for (const [index, bit] of flips) if (index < stream.length) stream[index]! ^= 1 << bit;
          return stream;
        });
      await fc.assert(
        fc.asyncProperty(mutated, async (bytes) => void (await agrees(bytes))),
        { numRuns: 40 },
      );
    });

    it("up to its first error, where there is nothing but noise", async () => {
      const dynamic = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => {
        // Dynamic codes, whose rules are the most intricate.
        bytes[0] = (bytes[0]! & 0xf8) | 0b101;
        return bytes;
      });
      const any = fc.oneof(dynamic, fc.uint8Array({ maxLength: 60 }));
      await fc.assert(
        fc.asyncProperty(any, async (bytes) => void (await agrees(bytes))),
        { numRuns: 80 },
      );
    });

    it("as far as whole symbols go, wherever it is cut, to the bit", async () => {
      const small = deflateRawSync(Buffer.from("abcabcabcab"), { strategy: constants.Z_FIXED });
      const lengths = runs([2, 3], [0, 253], [2, 1], [1, 1]);
      const codes = codesOf(lengths.slice(0, 257));
      const head = headOf(lengths.slice(0, 257), lengths.slice(257));
      const dynamic = head + [0, 1, 2, 256].map((symbol) => codes.get(symbol)).join("");
      for (const stream of [bitsOf(small), dynamic]) {
        // A payload ends with a byte, so the stream begins at every bit of one. Nothing comes out of the head of the dynamic block.
        for (let shift = 0; shift < 8; shift++) {
          const whole = withVersion(bits("0".repeat(shift), stream));
          const first = stream === dynamic ? 1 + (head.length >> 3) : 2;
          let size = 0;
          for (let length = first; length <= whole.length; length++) {
            const from = { ...newStream(whole.subarray(0, length)), bitPosition: 8 + shift };
            const { output, mode } = (await inflateAll(from.payload, { from })).end;
            expect([mode, output.length >= size]).to.eql(["ended", true]);
            expect(
              Buffer.compare(
                output,
                (stream === dynamic ? Buffer.of(0, 1, 2) : Buffer.from("abcabcabcab")).subarray(0, output.length),
              ),
            ).to.equal(0);
            size = output.length;
          }
          expect(size).to.equal(stream === dynamic ? 3 : 11);
        }
      }
    });

    it("no further than is needed, and the same in any pieces", async () => {
      const payload = withVersion(deflateRawSync(Buffer.concat([TEXT, noise(400), TEXT])));
      const whole = (await inflateAll(payload)).end.output;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }), async (pieces) => {
          let sum = 0;
          const needs = pieces.map((piece) => (sum += piece));
          const { end } = await inflateAll(payload, { needs });
          // A match is taken as a whole.
          expect(end.output.length).to.be.within(Math.min(sum, whole.length), sum + 257);
          expect(Buffer.compare(end.output, whole.subarray(0, end.output.length))).to.equal(0);
        }),
        { numRuns: 10 },
      );
    });

    it("whatever comes after its end", async () => {
      const stream = deflateRawSync(Buffer.from("content"));
      for (const rest of [Buffer.alloc(1_000), Buffer.alloc(1_000, 0xff), stream]) {
        expect(Buffer.from(await agrees(Buffer.concat([stream, rest]))).toString()).to.equal("content");
      }
    });

    it("not at all without version 1, or without a byte behind it", async () => {
      const stream = deflateRawSync(Buffer.from("content"));
      for (const version of [0, 2, 3, 129, 255]) {
        const { end, steps } = await inflateAll(Buffer.concat([Uint8Array.of(version), stream]));
        expect([end.output.length, end.mode, steps.length]).to.eql([0, "ended", 1]);
      }
      const { end } = await inflateAll(Uint8Array.of(1));
      expect([end.output.length, end.mode]).to.eql([0, "ended"]);
    });
  });

  describe("reads the head of a block", () => {
    /** What the head makes of the stream, or the letter of specification §3's error. */
    const headIs = async (head: string, expected: "codes" | "ended"): Promise<Stream> => {
      const { end } = await inflateAll(withVersion(bits(head)), { needs: [1] });
      const step = inflateStep(newStream(withVersion(bits(head))), 1, Phase.ReadBlockHead);
      expect(step.to.mode).to.equal(expected === "codes" ? "symbols" : "ended");
      return end;
    };

    const LITERALS = runs([0, 255], [1, 2]);
    const head = (changes: Partial<DynamicHead>): string =>
      dynamicHead({ literalCount: 257, distanceCount: 1, lengths: [...LITERALS, 1], ...changes });

    it("with a repeat that crosses from the one code to the other", async () => {
      // 16 repeats the length 9 of the last literal/length symbols as that of the first distances.
      const literals = runs([8, 232], [9, 25]);
      const crossing = [...literals, { repeat: 16, times: 6 }, { repeat: 16, times: 5 }] as const;
      await headIs(head({ literalCount: 265, distanceCount: 11, lengths: crossing }), "ended");
      // 18 repeats zeros across the border.
      const zeros = [...runs([0, 254], [2, 2], [1, 1]), { repeat: 18, times: 31 }, 1, 1] as const;
      await headIs(head({ literalCount: 286, distanceCount: 4, lengths: zeros }), "codes");
      const ones = [...runs([0, 256], [1, 1]), { repeat: 18, times: 28 }, { repeat: 17, times: 3 }, 1] as const;
      await headIs(head({ literalCount: 286, distanceCount: 3, lengths: ones }), "codes");
      // All lengths 5 from symbol 254 of the literals to the last distance, 32 and 30 of them.
      const fives = [0, { repeat: 18, times: 138 }, { repeat: 18, times: 115 }, ...runs([5, 1])] as const;
      const repeats = Array.from({ length: 20 }, () => ({ repeat: 16, times: 3 }) as const);
      await headIs(head({ literalCount: 286, distanceCount: 29, lengths: [...fives, ...repeats] }), "ended");
      const twos = [...runs([0, 253], [2, 1]), { repeat: 16, times: 3 }, { repeat: 16, times: 4 }] as const;
      await headIs(head({ literalCount: 257, distanceCount: 4, lengths: twos }), "codes");
    });

    it("with as many codes as there may be, of all lengths to 15", async () => {
      const long = [...runs([1, 1]), 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
      const literals = [...long, ...runs([0, 241], [15, 1], [0, 29])];
      expect(literals).to.have.length(286);
      await headIs(headOf(literals, [...long, 15, ...runs([0, 14])]), "codes");
    });

    it("with one code of one bit, or none for distances", async () => {
      await headIs(headOf(runs([0, 256], [1, 1]), [0]), "codes");
      await headIs(headOf(runs([0, 256], [1, 1]), [0, 0, 1]), "codes");
    });

    it("with error (b), a block of type 3", () => headIs("1" + number(3, 2) + "0".repeat(30), "ended"));

    it("with error (c), a length that is not the complement of its second field", async () => {
      for (const second of [0, 0xfffe, 0x7fff, 5]) {
        await headIs("1" + number(0, 2) + "0".repeat(5) + number(0, 16) + number(second, 16), "ended");
      }
      await inflateAll(withVersion(stored(Uint8Array.of(1, 2))));
    });

    it("with error (d), more than 286 or 30 codes", async () => {
      await headIs(head({ literalCount: 287, lengths: [...LITERALS, ...runs([0, 30], [1, 1])] }), "ended");
      await headIs(head({ literalCount: 288, lengths: [...LITERALS, ...runs([0, 31], [1, 1])] }), "ended");
      await headIs(head({ distanceCount: 31, lengths: [...LITERALS, ...runs([1, 2], [0, 29])] }), "ended");
      await headIs(head({ distanceCount: 32, lengths: [...LITERALS, ...runs([1, 2], [0, 30])] }), "ended");
      await headIs(head({ literalCount: 286, lengths: [...LITERALS, ...runs([0, 29], [1, 1])] }), "codes");
      await headIs(head({ distanceCount: 30, lengths: [...LITERALS, ...runs([1, 2], [0, 28])] }), "codes");
    });

    it("with error (e), a code of code lengths that is not complete", async () => {
      const codeLengths = (changes: Readonly<Record<number, number>>) =>
        Array.from({ length: 19 }, (_, symbol) => changes[symbol] ?? 0);
      const zeros = [{ repeat: 18, times: 138 }, { repeat: 18, times: 117 }, 1, 1, 1] as const;
      await headIs(head({ codeLengths: codeLengths({ 0: 1, 1: 2, 18: 2 }), lengths: zeros }), "codes");
      for (const changes of [{ 0: 2, 1: 2, 18: 2 }, { 0: 1, 1: 1, 18: 2 }, { 1: 1 }, {}, { 0: 7, 1: 7, 18: 1 }]) {
        await headIs(head({ codeLengths: codeLengths(changes), lengths: zeros }) + "0".repeat(400), "ended");
      }
    });

    it("with error (f), a repeat of nothing, or beyond the last code", async () => {
      await headIs(head({ lengths: [{ repeat: 16, times: 3 }, ...LITERALS.slice(3), 1] }), "ended");
      await headIs(head({ lengths: [...LITERALS, { repeat: 16, times: 3 }] }), "ended");
      await headIs(head({ lengths: [...LITERALS, { repeat: 17, times: 3 }] }), "ended");
      await headIs(head({ lengths: [...LITERALS, { repeat: 18, times: 11 }] }), "ended");
      await headIs(head({ distanceCount: 3, lengths: [...LITERALS, { repeat: 17, times: 3 }] }), "codes");
    });

    it("with error (g), no code that ends the block", () => headIs(headOf(runs([1, 2], [0, 255]), [1]), "ended"));

    it("with error (h), codes that are neither complete nor a single one of one bit", async () => {
      const literals = runs([0, 255], [1, 2]);
      await headIs(headOf(runs([0, 256], [2, 1]), [1]), "ended");
      await headIs(headOf(runs([0, 254], [1, 3]), [1]), "ended");
      await headIs(headOf(runs([0, 254], [1, 2], [15, 1]), [1]), "ended");
      await headIs(headOf(literals, [2]), "ended");
      await headIs(headOf(literals, [1, 1, 1]), "ended");
      await headIs(headOf(literals, [2, 2, 2]), "ended");
      await headIs(headOf(literals, [1, 2]), "ended");
      await headIs(headOf(literals, [1, 2, 2]), "codes");
    });

    it("of the smallest blocks of dynamic codes, one after the other", async () => {
      await agrees(repeated(TINY_DYNAMIC, 100));
    });

    it("with error (a) wherever it is cut", async () => {
      const whole = bitsOf(bits(headOf(runs([0, 255], [1, 2]), [1])));
      for (let length = 8; length < whole.length; length += 24) {
        const { end } = await inflateAll(withVersion(bits(whole.slice(0, length))));
        expect(end.output.length).to.equal(0);
      }
    });
  });

  describe("takes symbols", () => {
    it("of the longest codes, and literals 256 at a time at most", async () => {
      // Lengths 1 to 15, where literal 14 and the end have 15 bits.
      const lengths = [...runs([1, 1]), 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, ...runs([0, 241], [15, 1])];
      const codes = codesOf(lengths);
      const symbols = [...runs([14, 520], [0, 1], [13, 3]), 256];
      const stream = bits(headOf(lengths, [1]), symbols.map((symbol) => codes.get(symbol)).join(""));
      const { end, steps } = await inflateAll(withVersion(stream));
      expect([...end.output]).to.eql(symbols.slice(0, -1));
      expect(steps.map(({ to }) => to.output.length)).to.eql([0, 256, 512, 524, 524]);
    });

    it("which are matches of each length and each distance", async () => {
      const before = noise(32_768);
      const step = async (symbols: string): Promise<void> => {
        const payload = withVersion(Buffer.concat([bits(FIXED + symbols + FIXED_END)]));
        const from: Stream = {
          ...newStream(payload),
          bitPosition: 8,
          output: before,
          outputBuffer: bufferFrom(before),
        };
        const head = inflateStep(from, MAXIMUM, Phase.ReadBlockHead);
        const match = inflateStep(head.to, MAXIMUM, Phase.ReadBlockHead);
        expect(match.to.output.length).to.be.above(before.length);
        await verifier.verify([head, match]);
      };
      const fixedLengths = codesOf(newFixed());
      // RFC 1951 §3.2.5.
      for (let symbol = 257; symbol < 286; symbol++) {
        const extra = symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2;
        for (const bit of new Set(["0".repeat(extra), "1".repeat(extra)])) {
          await step(`${fixedLengths.get(symbol)}${bit}00100`.padEnd(40, "0"));
        }
      }
      for (let symbol = 0; symbol < 30; symbol++) {
        const extra = symbol < 4 ? 0 : (symbol >> 1) - 1;
        for (const bit of new Set(["0".repeat(extra), "1".repeat(extra)])) await step(matchOf3(symbol, bit));
      }
    });

    it("which are matches that repeat what they write", async () => {
      const code = codesOf(newFixed());
      for (const [literals, distanceSymbol] of [
        ["a", 0],
        ["ab", 1],
        ["abc", 2],
        ["abcdefghi", 6],
      ] as const) {
        const start = [...literals].map((character) => literal(character.charCodeAt(0))).join("");
        // 258 and 10 bytes.
        for (const length of [code.get(285), code.get(264)]) {
          const distance = distanceSymbol.toString(2).padStart(5, "0") + (distanceSymbol === 6 ? "00" : "");
          await agrees(bits(FINAL_FIXED, start, length ?? "", distance, FIXED_END));
        }
      }
    });

    it("which end with error (i), an unassigned code or one without meaning", async () => {
      const fixed = codesOf(newFixed());
      const start = FINAL_FIXED + literal(5) + literal(6);
      for (const symbol of [286, 287]) await agrees(bits(start, fixed.get(symbol) ?? "", "0".repeat(40)));
      for (const distance of [30, 31]) await agrees(bits(start, matchOf3(distance), "0".repeat(40)));
      // One literal/length code, "0"; of distances one, or none.
      const single = headOf(runs([0, 256], [1, 1]), [0]);
      expect(await agrees(bits(single, "1"))).to.have.length(0);
      const none = runs([0, 254], [2, 4]);
      const codes = codesOf(none);
      const match = `${codes.get(254)}${codes.get(257)}`;
      await agrees(bits(headOf(none, [0]), match, "0".repeat(30)));
      await agrees(bits(headOf(none, [1]), match, "1", "0".repeat(30)));
      await agrees(bits(headOf(none, [1]), match, "0", codes.get(256) ?? ""));
    });

    it("which end with error (j), a distance before the first byte", async () => {
      expect(await agrees(bits(FINAL_FIXED, matchOf3(0), FIXED_END))).to.have.length(0);
      const tooFar = await agrees(bits(FINAL_FIXED, literal(5), matchOf3(1), literal(6), FIXED_END));
      expect([...tooFar]).to.eql([5]);
    });
  });

  describe("copies stored blocks", () => {
    it("of any length, 32,768 bytes at a time at most", async () => {
      for (const size of [0, 1, 31, 32, 33, 32_768, 32_769, 65_535]) {
        const content = noise(size);
        const { end, steps } = await inflateAll(
          withVersion(Buffer.concat([stored(content), bits(FINAL_FIXED, FIXED_END)])),
        );
        expect(Buffer.compare(end.output, content)).to.equal(0);
        expect(steps.length).to.equal(1 + Math.max(1, Math.ceil(size / 32_768)) + 2);
      }
    });

    it("as far as there are bytes: error (a)", async () => {
      for (let count = 0; count <= 3; count++) {
        const output = await agrees(stored(Uint8Array.of(7, 8, 9).subarray(0, count), 4));
        expect([...output]).to.eql([7, 8, 9].slice(0, count));
      }
      await agrees(stored(noise(40_000), 50_000));
    });

    it("which begin at a byte, whatever bits come before it", async () => {
      for (const skipped of ["00000", "11111", "10101"]) {
        await agrees(bits("1" + number(0, 2) + skipped + number(1, 16) + number(0xfffe, 16) + number(77, 8)));
      }
    });
  });

  describe("cuts the content at 4 MiB", () => {
    let full: Stream;
    before(() => {
      const output = new Uint8Array(MAXIMUM).fill(3);
      full = { ...newStream(new Uint8Array()), output, outputBuffer: bufferFrom(output) };
    });
    /** What is left of a stream behind `size` bytes of content. */
    const near = (size: number, deflate: Uint8Array): Stream => {
      const output = full.output.subarray(0, size);
      return { ...newStream(withVersion(deflate)), bitPosition: 8, output, outputBuffer: bufferFrom(output) };
    };

    it("within a match", async () => {
      for (const size of [MAXIMUM - 1, MAXIMUM - 2, MAXIMUM - 3]) {
        const { end } = await inflateAll(new Uint8Array(), {
          from: near(size, bits(FINAL_FIXED, matchOf3(4, "1"), "0".repeat(9))),
        });
        expect(end.output.length).to.equal(MAXIMUM);
        expect(end.mode).to.equal("symbols");
      }
    });

    it("within a stored block, and within a run of literals", async () => {
      const { end } = await inflateAll(new Uint8Array(), { from: near(MAXIMUM - 2, stored(Uint8Array.of(4, 5, 6))) });
      expect([...end.output.subarray(-3)]).to.eql([3, 4, 5]);
      const literals = bits(FINAL_FIXED, literal(4), literal(5), literal(6), FIXED_END);
      const other = await inflateAll(new Uint8Array(), { from: near(MAXIMUM - 2, literals) });
      expect([...other.end.output.subarray(-3)]).to.eql([3, 4, 5]);
    });
  });

  describe("refuses", () => {
    const payload = withVersion(deflateRawSync(TEXT));
    const steps = () => inflateSteps(payload);
    const stepOf = (mode: Stream["mode"], regions: number): InflateStep => {
      const all = mode === "stored" ? inflateSteps(withVersion(stored(noise(100)))) : steps();
      const found = all.find((step) => step.from.mode === mode && step.witness.regions.length === regions);
      if (found === undefined) throw new Error(`expected a step of a ${mode} with ${regions} regions`);
      return found;
    };
    const withRegions = (step: InflateStep, regions: InflateStep["witness"]["regions"]) => ({
      before: step.before,
      witness: { ...step.witness, regions },
    });

    it("phases of others", async () => {
      for (const phase of [Phase.ReadElement, Phase.ReadBlockHead, Phase.BeginBlock]) {
        const state = { phase, chain: ZERO, blockContext: ZERO, stateRoot: ZERO, pending: ZERO };
        const { before, witness } = stepOf("block-head", 1);
        const machine = encodeMachine(state);
        expect(await verifier.refusal({ before: keccak256(machine), witness: { ...witness, machine } })).to.equal(
          "WrongPhase",
        );
        expect(await verifier.refusal({ before, witness: { ...witness, machine } })).to.equal("WrongPreimage");
      }
    });

    it("another chain, stream or pending operation than the committed one", async () => {
      const [first, second] = steps() as [InflateStep, InflateStep];
      const [chain, stream] = first.witness.preimages as [Uint8Array, Uint8Array];
      const [otherChain, otherStream] = second.witness.preimages as [Uint8Array, Uint8Array];
      const refuses = async (changes: Partial<InflateStep["witness"]>, name: string) =>
        expect(await verifier.refusal({ before: first.before, witness: { ...first.witness, ...changes } })).to.equal(
          name,
        );
      await refuses({ preimages: [otherChain, stream] }, "WrongPreimage");
      await refuses({ preimages: [chain, otherStream] }, "WrongPreimage");
      await refuses({ preimages: [stream, chain] }, "WrongPreimage");
      await refuses({ preimages: [chain, Buffer.concat([stream, Buffer.alloc(32)])] }, "WrongPreimage");
      await refuses({ preimages: [chain] }, "WitnessTooShort");
      await refuses({ preimages: [] }, "WitnessTooShort");
      const later = inflateStep(newStream(payload), 2, Phase.ReadBlockHead).witness.pending;
      await refuses({ pending: later }, "WrongPreimage");
      await refuses({ pending: new Uint8Array() }, "WrongPreimage");
    });

    it("other bytes of the payload, fewer or more", async () => {
      for (const step of [stepOf("block-head", 1), stepOf("symbols", 2), stepOf("stored", 2)]) {
        const [region, ...rest] = step.witness.regions as [(typeof step.witness.regions)[number]];
        const words = Uint8Array.from(region.words);
        words[step.from.bitPosition >> 3]! ^= 1;
        expect(await verifier.refusal(withRegions(step, [{ ...region, words }, ...rest]))).to.equal("RegionNotProven");
        const short = { ...region, words: region.words.subarray(32) };
        expect(await verifier.refusal(withRegions(step, [short, ...rest]))).to.equal("RegionLengthMismatch");
        const long = { ...region, words: Buffer.concat([region.words, Buffer.alloc(32)]) };
        expect(await verifier.refusal(withRegions(step, [long, ...rest]))).to.equal("RegionLengthMismatch");
        expect(await verifier.refusal(withRegions(step, rest))).to.be.oneOf([
          "WitnessTooShort",
          "RegionLengthMismatch",
          "RegionNotProven",
          "RegionSiblingsMismatch",
        ]);
      }
    });

    it("other bytes of the content that a match repeats, or that it is written behind", async () => {
      const match = stepOf("symbols", 3);
      for (const index of [1, 2]) {
        const regions = match.witness.regions.map((region, position) => {
          if (position !== index) return region;
          const words = Uint8Array.from(region.words);
          words[0]! ^= 1;
          return { ...region, words };
        });
        expect(await verifier.refusal(withRegions(match, regions))).to.equal("RegionNotProven");
      }
      const [payloadRegion, source, target] = match.witness.regions as [never, never, never];
      expect(await verifier.refusal(withRegions(match, [payloadRegion, target, source]))).to.not.equal("");
    });
  });
});

/** Code lengths of the literal/length symbols of a fixed block (RFC 1951 §3.2.6). */
function newFixed(): number[] {
  return runs([8, 144], [9, 112], [7, 24], [8, 8]);
}
