import { createHash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import {
  BLOB_PAYLOAD_SIZE,
  createBatchBuilder,
  encodeBlocks,
  encodePayload,
  largestFittingBlock,
} from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { encodedBlock } from "../derivation/arbitraries.ts";
import { contentOf } from "./payload-content.ts";

/** Bytes that do not compress, always the same. */
function noise(seed: number, size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash("sha256").update(`${seed}/${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

const noiseBlock = (seed: number, size: number): EncodedBlock => ({
  timestamp: seed,
  messages: 0,
  transactions: [noise(seed, size)],
});

/** A block like those of a busy rollup: half of each transaction is alike, half is not. */
const busyBlock = (seed: number, transactions: number): EncodedBlock => ({
  timestamp: 1_700_000_000 + seed,
  messages: 0,
  transactions: Array.from({ length: transactions }, (_, index) =>
    Buffer.concat([new Uint8Array(80).fill(7), noise(seed * 1_000 + index, 80)]),
  ),
});

const contentHex = (payload: Uint8Array): string => contentOf(payload).toString("hex");

const hexOf = (blocks: readonly EncodedBlock[]): string => Buffer.from(encodeBlocks(blocks)).toString("hex");

describe("batch builder", () => {
  it("builds a payload within its limit of exactly the blocks it took, in order", () => {
    fc.assert(
      fc.property(
        fc.array(encodedBlock, { maxLength: 20 }),
        fc.integer({ min: 3, max: 3_000 }),
        (blocks, maximumBytes) => {
          const builder = createBatchBuilder({ maximumBytes });
          const taken = blocks.filter((block) => builder.add(block));
          const payload = builder.build();
          expect(payload.length).to.be.at.most(builder.sizeBound);
          expect(builder.sizeBound).to.be.at.most(maximumBytes);
          expect(builder.blockCount).to.equal(taken.length);
          expect(contentHex(payload)).to.equal(hexOf(taken));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("can be built at any time and filled further", () => {
    const blocks = Array.from({ length: 40 }, (_, index) => busyBlock(index, 5));
    const builder = createBatchBuilder({ maximumBytes: 12_000 });
    const taken: EncodedBlock[] = [];
    for (const block of blocks) {
      if (!builder.add(block)) break;
      taken.push(block);
      expect(contentHex(builder.build())).to.equal(hexOf(taken));
    }
    expect(taken.length).to.be.within(10, 39);
  });

  it("takes a block that fits only compressed, and refuses one that does not fit at all", () => {
    const builder = createBatchBuilder({ maximumBytes: 2_000 });
    expect(builder.add({ timestamp: 0, messages: 0, transactions: [new Uint8Array(100_000)] })).to.equal(true);
    expect(builder.add(noiseBlock(1, 3_000))).to.equal(false);
    expect(builder.add(noiseBlock(2, 500))).to.equal(true);
    expect(builder.blockCount).to.equal(2);
  });

  it("refuses blocks beyond 4 MiB of content, however well they compress", () => {
    const builder = createBatchBuilder({ maximumBytes: BLOB_PAYLOAD_SIZE });
    const block = { timestamp: 0, messages: 0, transactions: [new Uint8Array(2 ** 20 - 19)] };
    for (let index = 0; index < 4; index++) expect(builder.add(block)).to.equal(true);
    expect(builder.add({ timestamp: 0, messages: 0, transactions: [] })).to.equal(false);
    expect(contentHex(builder.build())).to.equal(hexOf([block, block, block, block]));
  });

  it("refuses blocks beyond the 4,096 that derivation reads", () => {
    const builder = createBatchBuilder({ maximumBytes: 100_000 });
    for (let count = 0; count < 4_096; count++) {
      expect(builder.add({ timestamp: 0, messages: 0, transactions: [] })).to.equal(true);
    }
    expect(builder.add({ timestamp: 0, messages: 0, transactions: [] })).to.equal(false);
  });

  it("fills a blob to more than 99 percent, with as many blocks as one stream of the same size would hold, less one percent", () => {
    const builder = createBatchBuilder({ maximumBytes: BLOB_PAYLOAD_SIZE });
    const blocks: EncodedBlock[] = [];
    for (let index = 0; ; index++) {
      const block = busyBlock(index, 3);
      if (!builder.add(block)) break;
      blocks.push(block);
    }
    expect(builder.build().length).to.be.within(BLOB_PAYLOAD_SIZE * 0.99, BLOB_PAYLOAD_SIZE);
    const more = Array.from({ length: Math.ceil(blocks.length * 0.01) }, (_, index) =>
      busyBlock(blocks.length + index, 3),
    );
    expect(encodePayload([...blocks, ...more]).length).to.be.above(BLOB_PAYLOAD_SIZE);
  });

  it("holds incompressible blocks up to the limit itself", () => {
    const builder = createBatchBuilder({ maximumBytes: 100_000 });
    let size = 0;
    for (let index = 0; builder.add(noiseBlock(index, 1_000)); index++) size += 1_019;
    expect(size).to.be.above(97_000);
    expect(builder.build().length).to.be.at.most(100_000);
  });

  it("refuses a limit no payload fits in", () => {
    for (const maximumBytes of [2, 0, -1, NaN, 10.5]) {
      expect(() => createBatchBuilder({ maximumBytes })).to.throw(RangeError, String(maximumBytes));
    }
    expect(createBatchBuilder({ maximumBytes: 3 }).build()).to.have.length(3);
  });

  it("takes a block of the largest size that always fits, even if it is all noise", () => {
    for (const maximumBytes of [1_000, 65_536, 126_976]) {
      const size = largestFittingBlock(maximumBytes);
      expect(size).to.be.at.least(maximumBytes - maximumBytes / 500 - 80);
      const builder = createBatchBuilder({ maximumBytes });
      expect(builder.add(noiseBlock(1, size - 19))).to.equal(true);
      expect(builder.build().length).to.be.at.most(maximumBytes);
    }
  });
});
