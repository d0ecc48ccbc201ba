import { constants, deflateRawSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { MAXIMUM_CONTENT_SIZE, compressContent, openPayload } from "../../src/batch/index.ts";
import type { PayloadContent } from "../../src/batch/index.ts";
import { referenceInflate } from "../derivation/reference-inflate.ts";
import { TINY_DYNAMIC, bits, bitsOf, number, repeated, stored } from "./deflate-bits.ts";
import { contentOf, readAll } from "./payload-content.ts";
import { busyContent, compression, mutatedStream, stream } from "./streams.ts";

const withVersion = (stream: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(1), stream]);
const openStream = (stream: Uint8Array): PayloadContent => openPayload(withVersion(stream));
const inflate = (stream: Uint8Array): Buffer => contentOf(withVersion(stream));
const inflatedHex = (stream: Uint8Array): string => inflate(stream).toString("hex");

const FINAL_FIXED = "1" + number(1, 2);
const FIXED_END = "0000000";
/** A literal below 144 in a block of fixed codes. */
const literal = (value: number): string => (0x30 + value).toString(2).padStart(8, "0");
/** A match of 3 bytes that reaches one byte back, in a block of fixed codes. */
const MATCH_OF_3 = "0000001" + "00000";
/** A match of 258 bytes that reaches one byte back, in a block of fixed codes. */
const LONGEST_MATCH = "11000101" + "00000";
describe("payload stream", () => {
  describe("gives what a second inflater, written from the specification, gives", () => {
    const agrees = (bytes: Uint8Array): void => {
      const expected = Buffer.from(referenceInflate(bytes, MAXIMUM_CONTENT_SIZE)).toString("hex");
      expect(inflatedHex(bytes)).to.equal(expected);
    };

    it("for streams of zlib", () => fc.assert(fc.property(stream, agrees)));
    it("for mutated streams", () => fc.assert(fc.property(mutatedStream, agrees), { numRuns: 3_000 }));
    it("for noise", () => fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), agrees), { numRuns: 3_000 }));

    it("for every prefix of mutated streams", () => {
      fc.assert(
        fc.property(mutatedStream, (bytes) => {
          for (let length = 0; length <= Math.min(bytes.length, 150); length++) agrees(bytes.subarray(0, length));
        }),
        { numRuns: 50 },
      );
    });

    it("for every single bit flipped", () => {
      const text = Buffer.from("a transaction, and another transaction, and one more".repeat(3));
      const bytes = deflateRawSync(Buffer.concat([text, busyContent(300)]));
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const mutated = Uint8Array.from(bytes);
        mutated[bit >> 3]! ^= 1 << (bit & 7);
        agrees(mutated);
      }
    });

    it("for the smallest dynamic blocks", () => agrees(repeated(TINY_DYNAMIC, 2_000)));
  });

  describe("gives what zlib compressed", () => {
    it("in all of zlib's manners, short", () => {
      fc.assert(
        fc.property(compression, ({ content, settings }) => {
          expect(inflatedHex(deflateRawSync(content, settings))).to.equal(Buffer.from(content).toString("hex"));
        }),
        { numRuns: 500 },
      );
    });

    it("at every level, long", () => {
      const long = busyContent(500_000);
      for (let level = 0; level <= 9; level++) {
        for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_FIXED]) {
          const bytes = deflateRawSync(long, { level, strategy });
          expect(Buffer.compare(inflate(bytes), long)).to.equal(0);
        }
      }
    });

    it("with any bytes after the stream's end, as blobs are padded", () => {
      const bytes = deflateRawSync(Buffer.from("content"));
      for (const padding of [Buffer.alloc(126_976), Buffer.alloc(300_000, 0xff), bytes]) {
        expect(inflate(Buffer.concat([bytes, padding])).toString()).to.equal("content");
      }
    });

    it("with matches that reach back the full 32 KiB", () => {
      const noise = Uint8Array.from({ length: 32_768 }, (_, index) => (index * index * 31 + (index >> 3)) & 255);
      // Length 3 (symbol 257, code 0000001), distance 32,768 (symbol 29 and 13 bits of ones), end of block.
      const match = bits(FINAL_FIXED, "0000001", "11101", "1".repeat(13), FIXED_END);
      const decoded = inflate(Buffer.concat([stored(noise), match]));
      expect([...decoded.subarray(32_768)]).to.eql([...noise.subarray(0, 3)]);
    });
  });

  describe("gives what comes before its first error", () => {
    it("as far as whole symbols go, wherever it is cut", () => {
      const text = Buffer.from("a transaction, and another transaction, and one more".repeat(3));
      for (const options of [{}, { strategy: constants.Z_FIXED }, { level: 0 }]) {
        const bytes = deflateRawSync(text, options);
        let before = 0;
        for (let length = 0; length <= bytes.length; length++) {
          const decoded = inflate(bytes.subarray(0, length));
          expect(text.subarray(0, decoded.length).equals(decoded)).to.equal(true);
          expect(decoded.length).to.be.at.least(before);
          before = decoded.length;
        }
        expect(before).to.equal(text.length);
      }
    });

    it("the bytes of a stored block that are there", () => {
      const block = stored(Uint8Array.of(7, 8, 9), 5);
      for (let count = 0; count <= 3; count++) {
        expect([...inflate(block.subarray(0, 5 + count))]).to.eql([7, 8, 9].slice(0, count));
      }
    });

    it("nothing of a match that is cut short", () => {
      const whole = FINAL_FIXED + literal(5) + MATCH_OF_3;
      // Cut within the distance: the zeros that fill the last byte must not be taken for bits of the stream.
      for (let length = whole.length - 1; length > whole.length - 5; length--) {
        const bytes = bits(whole.slice(0, length));
        const isWhole = 8 * bytes.length >= whole.length;
        expect([...inflate(bytes)]).to.eql(isWhole ? [5, 5, 5, 5] : [5]);
      }
    });

    it("nothing of a match whose distance reaches before the first byte", () => {
      // Distance 2 is symbol 1.
      const tooFar = bits(FINAL_FIXED, literal(5), "0000001", "00001", literal(6), FIXED_END);
      expect([...inflate(tooFar)]).to.eql([5]);
      expect(inflate(bits(FINAL_FIXED, MATCH_OF_3, FIXED_END))).to.have.length(0);
    });

    it("all blocks before one with an error", () => {
      const before = stored(Uint8Array.of(1, 2, 3));
      const errors = {
        "block type 3": bits("1", number(3, 2), "0".repeat(20)),
        "lengths that disagree": Uint8Array.of(1, 1, 0, 0xff, 0xff, 7),
        "31 distance codes": bits("1", number(2, 2), number(0, 5), number(30, 5), "0".repeat(80)),
        "no more bytes": new Uint8Array(0),
      };
      for (const error of Object.values(errors)) {
        expect([...inflate(Buffer.concat([before, error]))]).to.eql([1, 2, 3]);
        expect(inflate(error)).to.have.length(0);
      }
    });

    it("what was flushed, when the last block is missing", () => {
      const flushed = deflateRawSync(Buffer.from("content"), { finishFlush: constants.Z_SYNC_FLUSH });
      expect(inflate(flushed).toString()).to.equal("content");
    });

    it("nothing of zlib and gzip wrappers", () => {
      expect(inflate(Buffer.from("789c030000000001", "hex"))).to.have.length(0);
      expect(inflate(Buffer.from("1f8b080000000000000303000000000000000000", "hex"))).to.have.length(0);
    });

    it("nothing without a version, or with any version but 1", () => {
      expect(contentOf(new Uint8Array(0))).to.have.length(0);
      const valid = deflateRawSync(Buffer.from("content"));
      for (let version = 0; version < 256; version++) {
        const decoded = contentOf(Buffer.concat([Uint8Array.of(version), valid]));
        expect(decoded.toString()).to.equal(version === 1 ? "content" : "");
      }
    });
  });

  describe("is cut at 4 MiB exactly", () => {
    const long = Buffer.concat([busyContent(MAXIMUM_CONTENT_SIZE), Buffer.from("what comes after is lost")]);

    it("however it is compressed", () => {
      for (const options of [{ level: 0 }, { level: 9 }, { strategy: constants.Z_FIXED }]) {
        const decoded = inflate(deflateRawSync(long, options));
        expect(decoded).to.have.length(MAXIMUM_CONTENT_SIZE);
        expect(decoded.equals(long.subarray(0, MAXIMUM_CONTENT_SIZE))).to.equal(true);
      }
    });

    it("within a match and within a stored block", () => {
      const before = deflateRawSync(Buffer.alloc(MAXIMUM_CONTENT_SIZE - 2, 3), { finishFlush: constants.Z_SYNC_FLUSH });
      const match = inflate(Buffer.concat([before, bits(FINAL_FIXED, MATCH_OF_3, FIXED_END)]));
      expect(match.equals(Buffer.alloc(MAXIMUM_CONTENT_SIZE, 3))).to.equal(true);
      const block = inflate(Buffer.concat([before, stored(Uint8Array.of(4, 5, 6))]));
      expect(block).to.have.length(MAXIMUM_CONTENT_SIZE);
      expect([...block.subarray(-3)]).to.eql([3, 4, 5]);
    });

    it("and not a byte before", () => {
      const all = long.subarray(0, MAXIMUM_CONTENT_SIZE);
      expect(contentOf(compressContent(all)).equals(all)).to.equal(true);
    });

    it("so that a bomb takes no more memory than that", () => {
      const bomb = deflateRawSync(Buffer.alloc(400 * 1024 * 1024), { level: 1 });
      const before = process.memoryUsage().arrayBuffers;
      const decoded = openStream(bomb);
      expect(decoded.read(MAXIMUM_CONTENT_SIZE - 1, 1)).to.eql(Uint8Array.of(0));
      expect(decoded.read(MAXIMUM_CONTENT_SIZE, 1)).to.equal(undefined);
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(5 * MAXIMUM_CONTENT_SIZE);
    });
  });

  describe("is inflated no further than it is read", () => {
    it("in any pieces and any order, gives the same bytes", () => {
      const piece = fc.tuple(fc.nat({ max: 12_000 }), fc.nat({ max: 700 }));
      const whole = busyContent(10_000);
      const bytes = [deflateRawSync(whole), deflateRawSync(whole, { level: 0 })];
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 20 }), fc.constantFrom(...bytes), (pieces, compressed) => {
          const decoded = openStream(compressed);
          const given = pieces.map(([position, length]) => decoded.read(position, length));
          // Compared at the end: what was given must not change with what is inflated later.
          expect(given.map((bytes) => bytes && Buffer.from(bytes).toString("hex"))).to.eql(
            pieces.map(([position, length]) =>
              position + length > whole.length
                ? undefined
                : whole.subarray(position, position + length).toString("hex"),
            ),
          );
        }),
      );
    });

    it("keeps bytes it gave as they are when it inflates more", () => {
      const whole = busyContent(1_000_000);
      const decoded = openStream(deflateRawSync(whole));
      const first = decoded.read(0, 4_000)!;
      decoded.read(0, 900_000);
      expect(whole.subarray(0, 4_000).equals(first)).to.equal(true);
    });

    /** What is inflated of the input when so much is read, as the stream's first byte that may change without effect. */
    const bytesReached = (compressed: Uint8Array, length: number): number => {
      const watched = withVersion(compressed);
      const decoded = openPayload(watched);
      decoded.read(0, length);
      // From here on the input is other bytes: whatever is read of it now comes out as them.
      watched.fill(0);
      return readAll(decoded).length;
    };

    it("takes from the input only what the bytes asked for need", () => {
      // Every symbol is a literal of at least one bit.
      const compressed = deflateRawSync(busyContent(400_000), { strategy: constants.Z_FIXED });
      const whole = readAll(openStream(compressed)).length;
      expect(whole).to.equal(400_000);
      for (const length of [1, 1_000, 100_000]) {
        // Zeros end a block of fixed codes, and an empty stored block that follows is an error.
        expect(bytesReached(compressed, length)).to.be.within(length, length + 300);
      }
    });

    it("allocates in proportion to what is read, whatever length is claimed", () => {
      const zeros = deflateRawSync(Buffer.alloc(MAXIMUM_CONTENT_SIZE));
      const before = process.memoryUsage().arrayBuffers;
      const opened = Array.from({ length: 200 }, () => openStream(zeros));
      for (const decoded of opened) decoded.read(0, 16);
      const short = Array.from({ length: 200 }, () => openStream(Uint8Array.of(0x4b, 0x04, 0x00)));
      for (const decoded of short) expect(decoded.read(0, MAXIMUM_CONTENT_SIZE)).to.equal(undefined);
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(8 * 1024 * 1024);
    });

    it("does not inflate for bytes that no content has", () => {
      const watched = withVersion(repeated(TINY_DYNAMIC, 100_000));
      const decoded = openPayload(watched);
      for (let index = 0; index < 100; index++) {
        expect(decoded.read(MAXIMUM_CONTENT_SIZE - index, index + 1)).to.equal(undefined);
        expect(decoded.read(2 ** 40, 2 ** 24)).to.equal(undefined);
      }
      // Nothing of the input was taken: another stream that stands there now is read from its first byte.
      const content = busyContent(1_000);
      watched.set(deflateRawSync(content), 1);
      expect(Buffer.compare(readAll(decoded), content)).to.equal(0);
    });
  });

  describe("costs in proportion to its bytes", () => {
    const size = 1_000_000;
    const noise = Buffer.from(Array.from(busyContent(4 * size)).filter((_, index) => index % 160 >= 80)).subarray(
      0,
      size,
    );
    const streams: Record<string, Uint8Array> = {
      "empty stored blocks": repeated(bitsOf(stored(new Uint8Array(0))), size),
      "stored blocks of a byte": repeated(bitsOf(stored(Uint8Array.of(1))), size),
      "empty blocks of fixed codes": repeated("0" + number(1, 2) + FIXED_END, size),
      "the smallest dynamic blocks": repeated(TINY_DYNAMIC, size),
      "longest matches": bits(FINAL_FIXED, literal(1), LONGEST_MATCH.repeat(16_000)),
      "literals of noise": deflateRawSync(noise, { strategy: constants.Z_HUFFMAN_ONLY }),
    };
    for (const [name, bytes] of Object.entries(streams)) {
      it(`as ${name}`, () => {
        const start = process.cpuUsage().user;
        const decoded = inflate(bytes);
        // Microseconds of this process. At most 0.11 a byte of the stream and 0.02 a byte that comes out were measured: this is a
        // hundred times that, and what tables filled for each block, or work for each byte before, would exceed.
        const bound = 10 * bytes.length + 2 * decoded.length;
        expect(process.cpuUsage().user - start).to.be.below(bound);
      });
    }

    it("no matter in how small pieces it is read", () => {
      const whole = busyContent(500_000);
      const decoded = openStream(deflateRawSync(whole));
      for (let position = 0; position < whole.length; position++) {
        if (decoded.read(position, 1)?.[0] !== whole[position]) expect.fail(`byte ${position}`);
      }
    });
  });
});
