import { expect } from "chai";
import fc from "fast-check";
import {
  compressContent,
  contentOfBytes,
  encodeBlocks,
  encodePayload,
  encodedBlockSize,
  openPayload,
} from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { honestBlock } from "../derivation/arbitraries.ts";
import { parseBlocks } from "./parse-blocks.ts";

/** With transactions as hex, so that a Buffer equals a Uint8Array. */
const normal = (blocks: Iterable<EncodedBlock>) =>
  [...blocks].map((block) => ({
    ...block,
    transactions: block.transactions.map((raw) => Buffer.from(raw).toString("hex")),
  }));

describe("block codec", () => {
  it("lays a block out as the specification says", () => {
    const bytes = encodeBlocks([
      { timestamp: 0x0102030405, messages: 6, transactions: [Uint8Array.of(0xaa), Uint8Array.of(0xbb, 0xcc)] },
    ]);
    expect(Buffer.from(bytes).toString("hex")).to.equal(
      "0000000102030405" + "00000006" + "00000002" + "000001aa" + "000002bbcc",
    );
  });

  it("parses what it encodes", () => {
    fc.assert(
      fc.property(fc.array(honestBlock), (blocks) => {
        const bytes = encodeBlocks(blocks);
        expect(bytes).to.have.length(blocks.reduce((size, block) => size + encodedBlockSize(block), 0));
        expect(normal(parseBlocks(contentOfBytes(bytes)))).to.eql(normal(blocks));
      }),
    );
  });

  it("parses the content of the payload it encodes", () => {
    fc.assert(
      fc.property(fc.array(honestBlock, { maxLength: 5 }), (blocks) => {
        expect(normal(parseBlocks(openPayload(encodePayload(blocks))))).to.eql(normal(blocks));
      }),
    );
  });

  it("parses any bytes into blocks whose encodings they begin with", () => {
    const fewValues = fc
      .array(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, 66), { maxLength: 400 })
      .map((it) => Uint8Array.from(it));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fewValues), (bytes) => {
        // Not the last block, which may be cut short; and not timestamps, which saturate.
        const blocks = parseBlocks(contentOfBytes(bytes))
          .slice(0, -1)
          .map((block) => ({ ...block, timestamp: 0 }));
        const encoded = encodeBlocks(blocks);
        const expected = bytes.slice(0, encoded.length);
        blocks.reduce((offset, block) => {
          expected.fill(0, offset, offset + 8);
          return offset + encodedBlockSize(block);
        }, 0);
        expect(Buffer.compare(encoded, expected)).to.equal(0);
      }),
      { numRuns: 500 },
    );
  });

  it("reads a timestamp no number holds as the largest that one does", () => {
    const bytes = Buffer.alloc(32, 0xff);
    bytes.fill(0, 8, 16);
    bytes.writeBigUInt64BE(2n ** 53n, 16);
    bytes.fill(0, 24, 32);
    expect(parseBlocks(contentOfBytes(bytes)).map(({ timestamp }) => timestamp)).to.eql([
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    ]);
  });

  it("refuses to encode what does not fit its field, naming it", () => {
    const block = { timestamp: 0, messages: 0, transactions: [] };
    expect(() => encodeBlocks([{ ...block, timestamp: -1 }])).to.throw(RangeError, "-1");
    expect(() => encodeBlocks([{ ...block, timestamp: 1.5 }])).to.throw(RangeError, "1.5");
    expect(() => encodeBlocks([{ ...block, messages: 2 ** 32 }])).to.throw(RangeError, "4294967296");
    expect(() => encodeBlocks([{ ...block, transactions: [new Uint8Array(2 ** 24)] }])).to.throw(
      RangeError,
      "16777216",
    );
    expect(() => compressContent(new Uint8Array(4_194_305))).to.throw(RangeError, "4194305");
  });
});
