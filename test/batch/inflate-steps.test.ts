import { constants, deflateRawSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { MAXIMUM_CONTENT_SIZE, createInflater } from "../../src/batch/index.ts";
import type { Inflater } from "../../src/batch/index.ts";
import { TINY_DYNAMIC, bits, number, repeated, stored } from "./deflate-bits.ts";
import { busyContent, compression, mutatedStream, stream } from "./streams.ts";

const withVersion = (bytes: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(1), bytes]);

/** Takes steps until `needed` bytes have come out or the stream has ended; gives how many. */
function stepTo(inflater: Inflater, needed: number): number {
  let steps = 0;
  for (; inflater.output().length < needed && inflater.state().mode !== "ended"; steps++) inflater.step(needed);
  return steps;
}

/** All that is committed of where a stream stands. */
function standing(inflater: Inflater): unknown {
  const { mode, bitPosition, isFinal, storedLeft } = inflater.state();
  const content = Buffer.from(inflater.output()).toString("hex");
  switch (mode) {
    case "block-head":
      return { mode, bitPosition, content };
    case "stored":
      return { mode, bitPosition, isFinal, storedLeft, content };
    case "symbols":
      return { mode, bitPosition, isFinal, codes: inflater.codeLengths(), content };
    case "ended":
      return { mode, content };
  }
}

/** Reads up to every one of these positions at once and step by step, and compares. */
function comesBySameStates(payload: Uint8Array, positions: readonly number[], maximum = MAXIMUM_CONTENT_SIZE): void {
  const [fast, slow] = [createInflater(payload, maximum), createInflater(payload, maximum)];
  for (const position of positions.toSorted((left, right) => left - right)) {
    fast.read(0, position);
    stepTo(slow, Math.min(position, maximum));
    expect(standing(slow)).to.eql(standing(fast));
  }
}

const everywhere = Array.from({ length: 700 }, (_, index) => index);
const positions = fc.array(fc.nat({ max: 700 }), { minLength: 1, maxLength: 10 });

describe("Inflating step by step", () => {
  describe("comes by the states of inflating at once, wherever that stops", () => {
    it("in streams of zlib", () =>
      fc.assert(fc.property(stream, positions, (bytes, at) => comesBySameStates(withVersion(bytes), at))));
    it("in mutated streams", () =>
      fc.assert(
        fc.property(mutatedStream, positions, (bytes, at) => comesBySameStates(withVersion(bytes), at)),
        { numRuns: 2_000 },
      ));
    it("in noise", () =>
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), positions, (bytes, at) =>
          comesBySameStates(withVersion(bytes), at),
        ),
        { numRuns: 2_000 },
      ));
    it("in payloads of any version", () =>
      fc.assert(fc.property(fc.uint8Array({ maxLength: 5 }), (bytes) => comesBySameStates(bytes, [1, 2]))));
    it("at every byte, of every prefix", () => {
      const text = Buffer.from("a transaction, and another transaction, and one more".repeat(3));
      for (const options of [{}, { strategy: constants.Z_FIXED }, { level: 0 }]) {
        const payload = withVersion(deflateRawSync(text, options));
        for (let length = 0; length <= payload.length; length++) {
          comesBySameStates(payload.subarray(0, length), everywhere.slice(0, text.length + 2));
        }
      }
    });
    it("where the content is cut", () => {
      const payload = withVersion(deflateRawSync(busyContent(2_000)));
      for (const maximum of [1, 2, 999, 1_000, 1_001, 1_002]) comesBySameStates(payload, [900, maximum], maximum);
    });
    it("in blocks of all types, one after the other", () => {
      const long = busyContent(200_000);
      const parts = [{ level: 0 }, { level: 9 }, { strategy: constants.Z_FIXED }, { level: 1 }].map((options) =>
        deflateRawSync(long, { ...options, finishFlush: constants.Z_SYNC_FLUSH }),
      );
      const payload = withVersion(Buffer.concat([...parts, repeated(TINY_DYNAMIC, 500)]));
      comesBySameStates(payload, [1, 32_768, 40_000, 199_999, 200_000, 200_001, 500_000, 799_999, 800_001]);
    });
  });

  it("gives what zlib compressed", () => {
    fc.assert(
      fc.property(compression, ({ content, settings }) => {
        const inflater = createInflater(withVersion(deflateRawSync(content, settings)), MAXIMUM_CONTENT_SIZE);
        stepTo(inflater, content.length + 1);
        expect(Buffer.compare(inflater.output(), content)).to.equal(0);
        expect(inflater.state().mode).to.equal("ended");
      }),
    );
  });

  describe("is cut to size", () => {
    it("stored bytes 32 KiB a step", () => {
      const inflater = createInflater(withVersion(stored(busyContent(65_535))), MAXIMUM_CONTENT_SIZE);
      inflater.step(65_535);
      expect(inflater.step(65_535)).to.eql({ start: 6, length: 32_768 });
      expect(inflater.step(65_535)).to.eql({ start: 6 + 32_768, length: 32_767 });
      expect(inflater.state()).to.include({ mode: "block-head", bitPosition: 8 * (6 + 65_535) });
    });

    it("literals 256 a step, and those before what is none", () => {
      const literal = "00110000";
      const match = "0000001" + "00000";
      const payload = withVersion(bits("1", number(1, 2), literal.repeat(300), match, literal, "0000000"));
      const inflater = createInflater(payload, MAXIMUM_CONTENT_SIZE);
      const sizes: number[] = [];
      inflater.step(1_000);
      while (inflater.state().mode !== "ended") {
        inflater.step(1_000);
        sizes.push(inflater.output().length);
      }
      // 256 literals, 44, the match, a literal, the end of the block.
      expect(sizes).to.eql([256, 300, 303, 304, 304]);
    });

    it("a match at once, of which as many bytes are read as it does not write itself", () => {
      const literal = "00110000";
      // 258 bytes, one and two bytes back; two bytes back is distance symbol 1.
      const payload = withVersion(
        bits("1", number(1, 2), literal, literal, "11000101" + "00001", "11000101" + "00000"),
      );
      const inflater = createInflater(payload, MAXIMUM_CONTENT_SIZE);
      inflater.step(1_000);
      inflater.step(1_000);
      expect(inflater.step(1_000)).to.eql({ start: 0, length: 2 });
      expect(inflater.step(1_000)).to.eql({ start: 259, length: 1 });
      expect(inflater.output()).to.have.length(518);
    });

    it("to bits that the windows of docs/machine.md hold", () => {
      fc.assert(
        fc.property(mutatedStream, (bytes) => {
          const inflater = createInflater(withVersion(bytes), MAXIMUM_CONTENT_SIZE);
          for (;;) {
            const { mode, bitPosition } = inflater.state();
            if (mode === "ended") break;
            inflater.step(700);
            const after = inflater.state();
            if (after.mode === "ended" || mode === "stored") continue;
            const window = mode === "block-head" ? 320 : 512;
            expect(after.bitPosition).to.be.at.most(8 * (Math.floor(bitPosition / 8) + window));
            if (inflater.output().length >= 700) break;
          }
        }),
      );
    });
  });

  it("cannot go on behind the end", () => {
    const inflater = createInflater(Uint8Array.of(0), MAXIMUM_CONTENT_SIZE);
    inflater.step(1);
    expect(() => inflater.step(1)).to.throw("the stream has ended");
  });
});
