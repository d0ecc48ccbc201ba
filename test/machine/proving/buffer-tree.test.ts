import { expect } from "chai";
import fc from "fast-check";
import {
  BUFFER_DEPTH,
  BUFFER_WORDS,
  EMPTY_BUFFER,
  bufferFrom,
  bufferOf,
  openRegion,
  writeBuffer,
} from "../../../src/machine/proving/buffer-tree.ts";
import { bytesToHex, hashPair, zeroSubtree } from "../../../src/primitives/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";

/** The root by definition, of words from the begin of the buffer and zeros behind. */
function plainRoot(words: readonly Hash[]): Hash {
  let level = words.slice();
  for (let height = 0; height < BUFFER_DEPTH; height++) {
    const above: Hash[] = [];
    for (let index = 0; index < Math.max(level.length, 1); index += 2) {
      above.push(hashPair(level[index] ?? zeroSubtree(height), level[index + 1] ?? zeroSubtree(height)));
    }
    level = above;
  }
  return level[0] as Hash;
}

function wordsOf(bytes: Uint8Array): Hash[] {
  const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
  padded.set(bytes);
  return Array.from({ length: padded.length / 32 }, (_, index) =>
    bytesToHex(padded.slice(32 * index, 32 * index + 32)),
  );
}

/** What a verifier makes of words and siblings (docs/machine.md §2, "Region"). */
function rootOfRegion(first: number, words: readonly Hash[], siblings: readonly Hash[]): Hash {
  let level = words.slice();
  let start = first;
  const rest = siblings.slice();
  for (let height = 0; height < BUFFER_DEPTH; height++) {
    if (start % 2 === 1) {
      level.unshift(rest.shift() as Hash);
      start -= 1;
    }
    if (level.length % 2 === 1) level.push(rest.shift() as Hash);
    level = Array.from({ length: level.length / 2 }, (_, index) =>
      hashPair(level[2 * index] as Hash, level[2 * index + 1] as Hash),
    );
    start /= 2;
  }
  expect(rest, "siblings left over").to.eql([]);
  return level[0] as Hash;
}

const CAPACITY = 40;
const contents = fc.uint8Array({ maxLength: CAPACITY * 32 });
const range = fc
  .tuple(fc.nat(CAPACITY - 1), fc.nat(CAPACITY - 1))
  .map(([one, other]) => ({ first: Math.min(one, other), last: Math.max(one, other) }));

describe("Buffer tree", () => {
  it("has the root of 17 levels of zeros when empty", () => {
    expect(bytesToHex(EMPTY_BUFFER.root)).to.equal(zeroSubtree(BUFFER_DEPTH));
    expect(bufferFrom(new Uint8Array())).to.equal(EMPTY_BUFFER);
    expect(bufferOf(undefined)).to.equal(EMPTY_BUFFER);
  });

  it("has the plain Merkle root of its words, whatever its contents", () => {
    fc.assert(
      fc.property(contents, (bytes) => {
        expect(bytesToHex(bufferFrom(bytes).root)).to.equal(plainRoot(wordsOf(bytes)));
      }),
      { numRuns: 50 },
    );
  });

  it("has the same root however its contents came about, and leaves earlier versions as they were", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(range, fc.nat(2)), { maxLength: 6 }), (writes) => {
        const bytes = new Uint8Array(CAPACITY * 32);
        let buffer = EMPTY_BUFFER;
        const versions = [{ buffer, root: bytesToHex(buffer.root) }];
        for (const [{ first, last }, value] of writes) {
          bytes.fill(value, first * 32, (last + 1) * 32);
          buffer = writeBuffer(buffer, bytes, first, last);
          expect(bytesToHex(buffer.root)).to.equal(plainRoot(wordsOf(bytes)));
          versions.push({ buffer, root: bytesToHex(buffer.root) });
        }
        for (const version of versions) {
          expect(
            rootOfRegion(0, regionOf(version.buffer, 0, 1).words, regionOf(version.buffer, 0, 1).siblings),
          ).to.equal(version.root);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("takes bytes beyond the end of what is written as zeros", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const written = writeBuffer(bufferFrom(new Uint8Array(96).fill(9)), bytes, 0, 2);
    expect(bytesToHex(written.root)).to.equal(plainRoot(wordsOf(bytes)));
  });

  it("shares the empty subtrees: a buffer that became zero is the empty one", () => {
    const written = writeBuffer(EMPTY_BUFFER, new Uint8Array(320).fill(1), 3, 9);
    expect(bytesToHex(writeBuffer(written, new Uint8Array(320), 0, 9).root)).to.equal(zeroSubtree(BUFFER_DEPTH));
  });

  it("opens any range with siblings that give its root, in the order of the specification", () => {
    fc.assert(
      fc.property(contents, range, (bytes, { first, last }) => {
        const buffer = bufferFrom(bytes);
        const { words, siblings } = regionOf(buffer, first, last - first + 1);
        const expected = wordsOf(Uint8Array.from([...bytes, ...new Uint8Array(CAPACITY * 32 - bytes.length)]));
        expect(words).to.eql(expected.slice(first, last + 1));
        expect(rootOfRegion(first, words, siblings)).to.equal(bytesToHex(buffer.root));
      }),
      { numRuns: 60 },
    );
  });

  it("has siblings that give the root with other words in the range", () => {
    fc.assert(
      fc.property(contents, range, (bytes, { first, last }) => {
        const { words, siblings } = regionOf(bufferFrom(bytes), first, last - first + 1);
        const after = new Uint8Array(CAPACITY * 32);
        after.set(bytes);
        after.fill(7, first * 32, (last + 1) * 32);
        const changed = writeBuffer(bufferFrom(bytes), after, first, last);
        const others = words.map((): Hash => `0x${"07".repeat(32)}`);
        expect(rootOfRegion(first, others, siblings)).to.equal(bytesToHex(changed.root));
      }),
      { numRuns: 40 },
    );
  });

  it("opens and writes the last word, and nothing beyond it", () => {
    const last = BUFFER_WORDS - 1;
    const bytes = new Uint8Array(BUFFER_WORDS * 32);
    bytes[bytes.length - 1] = 5;
    const buffer = writeBuffer(EMPTY_BUFFER, bytes, last, last);
    const { words, siblings } = regionOf(buffer, last, 1);
    expect(words).to.eql([`0x${"00".repeat(31)}05`]);
    expect(rootOfRegion(last, words, siblings)).to.equal(bytesToHex(buffer.root));
    expect(() => openRegion(buffer, last, 2)).to.throw(RangeError);
    expect(() => openRegion(buffer, 0, 0)).to.throw(RangeError);
    expect(() => writeBuffer(buffer, bytes, last, BUFFER_WORDS)).to.throw(RangeError);
  });

  it("refuses a buffer of another maker", () => {
    expect(() => bufferOf({ root: new Uint8Array(32) })).to.throw("not of this prover");
  });
});

function regionOf(buffer: Parameters<typeof openRegion>[0], first: number, count: number) {
  const { words, siblings } = openRegion(buffer, first, count);
  return { words: wordsOf(words), siblings: wordsOf(siblings) };
}
