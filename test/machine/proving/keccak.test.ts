import { expect } from "chai";
import fc from "fast-check";
import {
  DIGEST_WORDS,
  digestFromBytes,
  digestToBytes,
  hashBytes,
  hashDigests,
  hashPairInto,
  hasherOf,
} from "../../../src/machine/proving/keccak.ts";
import { bytesToHex, concatBytes, keccak256, keccak256Bytes } from "../../../src/primitives/index.ts";

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Bytes that differ at every position, so that a shifted or dropped one shows. */
function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + 1) & 255);
}

describe("keccak256 of commitments", () => {
  it("agrees with the keccak256 of the rest of the node on every length up to five blocks", () => {
    for (let length = 0; length <= 5 * 136 + 1; length++) {
      const bytes = sample(length);
      expect(bytesToHex(digestToBytes(hashBytes(bytes))), `${length} bytes`).to.equal(keccak256(bytes));
    }
  });

  it("agrees on inputs that are longer than what is absorbed at once", () => {
    for (const length of [512 * 136 - 1, 512 * 136, 512 * 136 + 1, 2 * 512 * 136 + 77, 131_072]) {
      const bytes = sample(length);
      expect(bytesToHex(digestToBytes(hashBytes(bytes))), `${length} bytes`).to.equal(keccak256(bytes));
    }
  });

  it("has hashers for fixed lengths, whose inputs do not touch each other", () => {
    const lengths = [32, 64, 96, 128, 136, 272, 320, 384, 448, 1216];
    const hashers = lengths.map(hasherOf);
    for (const hasher of hashers) hasher.bytes.set(sample(hasher.bytes.length));
    for (const hasher of hashers) {
      hasher.hash();
      expect(bytesToHex(digestToBytes(hasher.digest))).to.equal(keccak256(sample(hasher.bytes.length)));
    }
  });

  it("has hashers that follow whatever changes in their input between two hashes", () => {
    const hasher = hasherOf(448);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(447), fc.nat(255)), { maxLength: 3 }), (changes) => {
        for (const [position, value] of changes) hasher.bytes[position] = value;
        hasher.hash();
        expect(bytesToHex(digestToBytes(hasher.digest))).to.equal(keccak256(hasher.bytes.slice()));
      }),
    );
  });

  it("refuses a hasher for a length that is not of whole words or too long", () => {
    expect(() => hasherOf(30)).to.throw(RangeError, "30");
    expect(() => hasherOf(8_192)).to.throw(RangeError, "8192");
  });

  it("hashes pairs, where they stand in larger arrays too, and in place", () => {
    fc.assert(
      fc.property(digest, digest, (left, right) => {
        const expected = bytesToHex(keccak256Bytes(concatBytes([left, right])));
        const pair = hashDigests(digestFromBytes(left), digestFromBytes(right));
        expect(bytesToHex(digestToBytes(pair))).to.equal(expected);
        const array = new Int32Array(3 * DIGEST_WORDS);
        array.set(digestFromBytes(left), DIGEST_WORDS);
        array.set(digestFromBytes(right), 2 * DIGEST_WORDS);
        hashPairInto(array, DIGEST_WORDS, array, 2 * DIGEST_WORDS, array, DIGEST_WORDS);
        expect(bytesToHex(digestToBytes(array.subarray(DIGEST_WORDS, 2 * DIGEST_WORDS)))).to.equal(expected);
      }),
    );
  });
});
