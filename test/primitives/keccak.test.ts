import { expect } from "chai";
import fc from "fast-check";
import createKeccakHash from "keccak";
import {
  DIGEST_WORDS,
  KECCAK_RATE,
  KECCAK_STATE_SIZE,
  absorbBlocks,
  bytesToHex,
  concatBytes,
  digestFromBytes,
  digestToBytes,
  hashBytes,
  hashDigests,
  hashPairInto,
  hasherOf,
  keccak256,
  keccak256Bytes,
  keccak256View,
  padMessage,
} from "../../src/primitives/index.ts";

const reference = (message: Uint8Array) =>
  bytesToHex(createKeccakHash("keccak256").update(Buffer.from(message)).digest());

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Bytes that differ at every position, so that a shifted or dropped one shows. */
function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + 1) & 255);
}

describe("keccak256", () => {
  it("is the same as hex, as bytes and as a view, and as the native package has it, for every length up to five blocks", () => {
    for (let length = 0; length <= 5 * KECCAK_RATE + 1; length++) {
      const bytes = sample(length);
      const expected = reference(bytes);
      expect(keccak256(bytes), `${length} bytes`).to.equal(expected);
      expect(bytesToHex(keccak256Bytes(bytes)), `${length} bytes`).to.equal(expected);
      const view = keccak256View(bytes);
      expect(bytesToHex(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))).to.equal(expected);
    }
  });

  it("gives bytes that later hashes leave alone", () => {
    const first = keccak256Bytes(sample(1));
    keccak256Bytes(sample(2));
    expect(bytesToHex(first)).to.equal(reference(sample(1)));
  });

  it("takes parts of larger buffers", () => {
    expect(keccak256(sample(500).subarray(100, 333))).to.equal(reference(sample(500).slice(100, 333)));
  });
  it("agrees with the native package on every length up to five blocks", () => {
    for (let length = 0; length <= 5 * 136 + 1; length++) {
      const bytes = sample(length);
      expect(bytesToHex(digestToBytes(hashBytes(bytes))), `${length} bytes`).to.equal(reference(bytes));
    }
  });

  it("agrees on inputs that are longer than what is absorbed at once", () => {
    for (const length of [512 * 136 - 1, 512 * 136, 512 * 136 + 1, 2 * 512 * 136 + 77, 131_072]) {
      const bytes = sample(length);
      expect(bytesToHex(digestToBytes(hashBytes(bytes))), `${length} bytes`).to.equal(reference(bytes));
    }
  });

  it("has hashers for fixed lengths, whose inputs do not touch each other", () => {
    const lengths = [32, 64, 96, 128, 136, 272, 320, 384, 448, 1216];
    const hashers = lengths.map(hasherOf);
    for (const hasher of hashers) hasher.bytes.set(sample(hasher.bytes.length));
    for (const hasher of hashers) {
      hasher.hash();
      expect(bytesToHex(digestToBytes(hasher.digest))).to.equal(reference(sample(hasher.bytes.length)));
    }
  });

  it("has hashers that follow whatever changes in their input between two hashes", () => {
    const hasher = hasherOf(448);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(447), fc.nat(255)), { maxLength: 3 }), (changes) => {
        for (const [position, value] of changes) hasher.bytes[position] = value;
        hasher.hash();
        expect(bytesToHex(digestToBytes(hasher.digest))).to.equal(reference(hasher.bytes.slice()));
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
        const expected = reference(concatBytes([left, right]));
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

describe("absorbing padded blocks into a keccak state", () => {
  it("gives keccak256 for messages of every length around the block size", () => {
    for (let length = 0; length <= 3 * KECCAK_RATE + 1; length++) {
      const message = Uint8Array.from({ length }, (_, index) => index * 7 + length);
      const state = new Uint8Array(KECCAK_STATE_SIZE);
      absorbBlocks(state, padMessage(message));
      expect(bytesToHex(state.subarray(0, 32)), `${length} bytes`).to.equal(reference(message));
    }
  });

  it("can be interrupted after any block", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(15), (message, blocks) => {
        const padded = padMessage(message);
        const cut = Math.min(blocks * KECCAK_RATE, padded.length);
        const first = new Uint8Array(KECCAK_STATE_SIZE);
        absorbBlocks(first, padded.subarray(0, cut));
        const second = first.slice();
        absorbBlocks(second, padded.subarray(cut));
        expect(bytesToHex(second.subarray(0, 32))).to.equal(reference(message));
      }),
    );
  });

  it("refuses parts of a block", () => {
    expect(() => {
      absorbBlocks(new Uint8Array(KECCAK_STATE_SIZE), new Uint8Array(KECCAK_RATE + 1));
    }).to.throw(RangeError, "137 bytes");
  });
});
