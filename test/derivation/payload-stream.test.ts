import { constants, deflateRawSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { MAXIMUM_CONTENT_SIZE, compressContent, decodePayload } from "../../src/batch/index.ts";
import { InvalidStream, referenceInflate } from "./reference-inflate.ts";

const withVersion = (stream: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(1), stream]);
const kindOf = (stream: Uint8Array): string => decodePayload(withVersion(stream)).kind;

/** A stream from a string of bits in the order they are read. */
function bits(...parts: string[]): Uint8Array {
  const all = parts.join("").replaceAll(" ", "");
  const bytes = new Uint8Array(Math.ceil(all.length / 8));
  [...all].forEach((bit, index) => {
    if (bit === "1") bytes[index >> 3]! |= 1 << (index & 7);
  });
  return bytes;
}
/** A field as DEFLATE writes numbers: lowest bit first. */
const number = (value: number, width: number): string => [...value.toString(2).padStart(width, "0")].reverse().join("");

/** Streams zlib made in all of its manners. */
const stream = fc
  .record({
    content: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ maxLength: 30 }).map((text) => Buffer.from(text.repeat(20))),
    ),
    level: fc.constantFrom(0, 1, 9),
    strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY),
  })
  .map(({ content, ...options }) => deflateRawSync(content, options));

const mutatedStream = fc
  .tuple(stream, fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 7 })), { maxLength: 3 }), fc.boolean())
  .map(([bytes, flips, dynamic]) => {
    const mutated = Uint8Array.from(bytes);
    for (const [index, bit] of flips) if (index < mutated.length) mutated[index]! ^= 1 << bit;
    // Final block with dynamic codes, whose rules are the most intricate.
    if (dynamic) mutated[0] = (mutated[0]! & 0xf8) | 0b101;
    return mutated;
  });

describe("payload stream", () => {
  describe("is decoded as a second inflater, written from the specification, decodes it", () => {
    const agrees = (bytes: Uint8Array): void => {
      const decoded = decodePayload(withVersion(bytes));
      let expected: Uint8Array | undefined;
      try {
        expected = referenceInflate(bytes, MAXIMUM_CONTENT_SIZE);
      } catch (error) {
        if (!(error instanceof InvalidStream)) throw error;
      }
      const content = decoded.kind === "content" ? Buffer.from(decoded.content).toString("hex") : undefined;
      expect(content).to.equal(expected && Buffer.from(expected).toString("hex"));
    };

    it("for streams of zlib", () => fc.assert(fc.property(stream, agrees)));
    it("for mutated streams", () => fc.assert(fc.property(mutatedStream, agrees), { numRuns: 2_000 }));
    it("for noise", () => fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), agrees), { numRuns: 2_000 }));
    it("for streams cut at every byte", () => {
      const bytes = deflateRawSync(Buffer.from("a transaction, and another transaction, and one more".repeat(3)));
      for (let length = 0; length <= bytes.length; length++) agrees(bytes.subarray(0, length));
    });
  });

  describe("accepts", () => {
    it("a stream of no bytes of content", () => {
      expect(decodePayload(withVersion(Uint8Array.of(3, 0)))).to.eql({
        kind: "content",
        content: Buffer.alloc(0),
      });
    });

    it("any bytes after the stream's end, as blobs are padded", () => {
      const bytes = deflateRawSync(Buffer.from("content"));
      for (const padding of [Buffer.alloc(126_976), Buffer.alloc(300_000, 0xff), bytes]) {
        const decoded = decodePayload(withVersion(Buffer.concat([bytes, padding])));
        expect(decoded).to.eql({ kind: "content", content: Buffer.from("content") });
      }
    });

    it("exactly 4 MiB", () => {
      const decoded = decodePayload(compressContent(new Uint8Array(MAXIMUM_CONTENT_SIZE)));
      expect(decoded.kind === "content" && decoded.content.length).to.equal(MAXIMUM_CONTENT_SIZE);
    });

    it("matches that reach back the full 32 KiB", () => {
      const noise = Uint8Array.from({ length: 32_768 }, (_, index) => (index * index * 31 + (index >> 3)) & 255);
      const stored = Buffer.concat([Buffer.from([0, 0x00, 0x80, 0xff, 0x7f]), noise]);
      // Length 3 (symbol 257, code 0000001), distance 32,768 (symbol 29 and 13 bits of ones), end of block.
      const match = bits("1", number(1, 2), "0000001", "11101", "1".repeat(13), "0000000");
      const decoded = decodePayload(withVersion(Buffer.concat([stored, match])));
      expect(decoded.kind === "content" && [...decoded.content.subarray(32_768)]).to.eql([...noise.subarray(0, 3)]);
    });
  });

  describe("refuses", () => {
    it("no version and any version but 1", () => {
      expect(decodePayload(new Uint8Array(0))).to.eql({ kind: "no-version" });
      const valid = deflateRawSync(Buffer.from("content"));
      for (let version = 0; version < 256; version++) {
        if (version === 1) continue;
        expect(decodePayload(Buffer.concat([Uint8Array.of(version), valid]))).to.eql({
          kind: "unknown-version",
          version,
        });
      }
    });

    it("a version without a stream", () => expect(kindOf(new Uint8Array(0))).to.equal("undecodable"));

    it("one byte more than 4 MiB, however it is compressed", () => {
      const content = Buffer.alloc(MAXIMUM_CONTENT_SIZE + 1);
      for (const level of [0, 9]) expect(kindOf(deflateRawSync(content, { level }))).to.equal("too-large");
    });

    it("a bomb, without inflating it", () => {
      const bomb = deflateRawSync(Buffer.alloc(400 * 1024 * 1024), { level: 1 });
      const before = process.memoryUsage().arrayBuffers;
      expect(kindOf(bomb)).to.equal("too-large");
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(3 * MAXIMUM_CONTENT_SIZE);
    });

    it("a stream whose last block is missing", () => {
      const flushed = deflateRawSync(Buffer.from("content"), { finishFlush: constants.Z_SYNC_FLUSH });
      expect(kindOf(flushed)).to.equal("undecodable");
    });

    it("block type 3", () => expect(kindOf(bits("1", number(3, 2), "0".repeat(20)))).to.equal("undecodable"));

    it("stored lengths that disagree", () =>
      expect(kindOf(Uint8Array.of(1, 1, 0, 0xff, 0xff, 7))).to.equal("undecodable"));

    it("a distance before the start", () => {
      expect(kindOf(bits("1", number(1, 2), "0000001", "00000", "0000000"))).to.equal("undecodable");
    });

    it("zlib and gzip wrappers", () => {
      expect(kindOf(Buffer.from("789c030000000001", "hex"))).to.equal("undecodable");
      expect(kindOf(Buffer.from("1f8b080000000000000303000000000000000000", "hex"))).to.equal("undecodable");
    });
  });
});
