import { expect } from "chai";
import fc from "fast-check";
import { EMPTY_BUFFER, bufferFrom } from "../../../src/machine/proving/buffer-tree.ts";
import { createGrowingBuffer } from "../../../src/machine/proving/growing-buffer.ts";
import { bytesToHex, digestToBytes } from "../../../src/primitives/index.ts";
import type { Digest } from "../../../src/primitives/index.ts";

const MAXIMUM = 2 ** 22;
const hex = (digest: Digest) => bytesToHex(digestToBytes(digest));

describe("Growing buffer", () => {
  it("has the root of a buffer with the same bytes, whatever pieces they come in", () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 3_000 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(3_000), { maxLength: 8 }), (content, lengths) => {
        const growing = createGrowingBuffer();
        for (const length of lengths.toSorted((left, right) => left - right)) {
          const part = content.subarray(0, length);
          expect(hex(growing.rootOf(part))).to.equal(hex(bufferFrom(part).digest));
        }
      }),
    );
  });

  it("has the root of no bytes, and of zeros, which is the same", () => {
    expect(hex(createGrowingBuffer().rootOf(new Uint8Array()))).to.equal(hex(EMPTY_BUFFER.digest));
    expect(hex(createGrowingBuffer().rootOf(new Uint8Array(100)))).to.equal(hex(EMPTY_BUFFER.digest));
  });

  it("can be as large as a buffer", () => {
    const content = new Uint8Array(MAXIMUM).fill(7);
    const growing = createGrowingBuffer();
    for (const length of [MAXIMUM - 33, MAXIMUM - 1, MAXIMUM]) {
      const part = content.subarray(0, length);
      expect(hex(growing.rootOf(part))).to.equal(hex(bufferFrom(part).digest));
    }
  });
});
