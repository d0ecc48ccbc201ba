import { expect } from "chai";
import fc from "fast-check";
import createKeccakHash from "keccak";
import { KECCAK_RATE, KECCAK_STATE_SIZE, absorbBlocks, padMessage } from "../../src/machine/keccak-f.ts";
import { bytesToHex } from "../../src/primitives/index.ts";

const reference = (message: Uint8Array) =>
  bytesToHex(createKeccakHash("keccak256").update(Buffer.from(message)).digest());

const digest = (state: Uint8Array) => bytesToHex(state.subarray(0, 32));

describe("absorbing padded blocks into a keccak state", () => {
  it("gives keccak256 for messages of every length around the block size", () => {
    for (let length = 0; length <= 3 * KECCAK_RATE + 1; length++) {
      const message = Uint8Array.from({ length }, (_, index) => index * 7 + length);
      const state = new Uint8Array(KECCAK_STATE_SIZE);
      absorbBlocks(state, padMessage(message));
      expect(digest(state), `${length} bytes`).to.equal(reference(message));
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
        expect(digest(second)).to.equal(reference(message));
      }),
    );
  });

  it("refuses parts of a block", () => {
    expect(() => {
      absorbBlocks(new Uint8Array(KECCAK_STATE_SIZE), new Uint8Array(KECCAK_RATE + 1));
    }).to.throw(RangeError, "137 bytes");
  });
});
