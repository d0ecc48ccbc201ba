import { expect } from "chai";
import fc from "fast-check";
import { absorbBlocks, bytesToHex, keccak256, padMessage } from "../../../../src/primitives/index.ts";
import type { MachineLibraries } from "../../../../types/ethers-contracts/index.ts";
import { deployLibraries, expectRevert } from "./libraries-fixture.ts";

const RATE = 136;
const NO_BLOCK = new Uint8Array(200);
const message = (length: number, seed = 0) => new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) + seed) & 0xff);
const digest = (state: string) => state.slice(0, 66);

describe("KeccakSponge, on chain", () => {
  let libraries: MachineLibraries;
  before(async () => {
    ({ libraries } = await deployLibraries());
  });

  it("hashes as keccak256 does, for lengths around the borders of blocks", async () => {
    for (const length of [0, 1, 7, 8, 31, 32, 134, 135, 136, 137, 271, 272, 273, 407, 408, 409, 8703, 8704]) {
      const blocks = await libraries.pad(message(length));
      const [state] = await libraries.absorb(NO_BLOCK, blocks);
      expect(digest(state), `${length} bytes`).to.equal(keccak256(message(length)));
    }
  });

  it("gives the same state whether blocks come at once or a few at a time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 1200 }),
        fc.array(fc.nat(4), { maxLength: 4 }),
        async (data, cuts) => {
          const blocks = Buffer.from((await libraries.pad(data)).slice(2), "hex");
          let state = bytesToHex(NO_BLOCK) as string;
          let position = 0;
          for (const cut of [...cuts, Infinity]) {
            const end = Math.min(blocks.length, position + RATE * cut);
            [state] = await libraries.absorb(state, blocks.subarray(position, end));
            position = end;
          }
          expect(digest(state)).to.equal(keccak256(data));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("gives the states that the machine's own sponge gives", async () => {
    const state = Buffer.from((await libraries.absorb(NO_BLOCK, message(RATE, 3)))[0].slice(2), "hex");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6 }), fc.nat(255), async (count, seed) => {
        const own = Uint8Array.from(state);
        absorbBlocks(own, message(count * RATE, seed));
        expect((await libraries.absorb(state, message(count * RATE, seed)))[0]).to.equal(bytesToHex(own));
      }),
      { numRuns: 20 },
    );
  });

  it("pads as the machine does", async () => {
    for (const length of [0, 1, 134, 135, 136, 137, 500]) {
      expect(await libraries.pad(message(length))).to.equal(bytesToHex(padMessage(message(length))));
    }
  });

  it("gives the known state of keccak-f[1600] on zeros", async () => {
    // KeccakF-1600-IntermediateValues.txt of the Keccak team, first permutation of the zero state.
    const [state] = await libraries.absorb(NO_BLOCK, new Uint8Array(RATE));
    expect(state).to.equal(
      "0xe7dde140798f25f18a47c033f9ccd584eea95aa61e2698d54d49806f304715bd57d05362054e288bd46f8e7f2da497ffc44746a4a0e5fe90" +
        "762e19d60cda5b8c9c05191bf7a630ad64fc8fd0b75a933035d617233fa95aeb0321710d26e6a6a95f55cfdb167ca58126c84703cd31b843" +
        "9f56a5111a2ff20161aed9215a63e505f270c98cf2febe641166c47b95703661cb0ed04f555a7cb8c832cf1c8ae83e8c14263aae22790c94" +
        "e409c5a224f94118c26504e72635f5163ba1307fe944f67549a2ec5c7bfff1ea",
    );
  });

  it("refuses states and blocks of other lengths", async () => {
    for (const length of [0, 199, 201, 224]) {
      await expectRevert(libraries.absorb(new Uint8Array(length), "0x"), "StateLengthInvalid");
    }
    for (const length of [1, 135, 137]) {
      await expectRevert(libraries.absorb(NO_BLOCK, new Uint8Array(length)), "BlocksLengthInvalid");
    }
  });

  it("absorbs 64 blocks within the gas it was made for", async () => {
    const [, gas] = await libraries.absorb(NO_BLOCK, message(64 * RATE));
    expect(Number(gas)).to.be.below(64 * 60_000);
  });
});
