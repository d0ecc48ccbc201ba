/// <reference path="../../../types/ethers-contracts/hardhat.d.ts" />
import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { BLOCK_HASH_HISTORY_LENGTH } from "../../../src/ethereum/index.ts";
import { bytesToHex } from "../../../src/primitives/index.ts";
import {
  atLeastListingCharge,
  availableGas,
  baseFeeOf,
  clampTimestamp,
  dataPrice,
  encodeHeader,
  listingCharge,
  minimumBaseFee,
  nextGasExcess,
  nextGasLimit,
  paysForBlock,
} from "../../../src/rollup/index.ts";
import type { BlockHeader } from "../../../src/rollup/index.ts";
import type { BlockLibraries } from "../../../types/ethers-contracts/index.ts";
import { expectRevert } from "./libraries/libraries-fixture.ts";

const RUNS = { numRuns: 300 };
/** Bounds of what headers hold. */
const GAS_END = 2n ** 64n;
const MAXIMUM_SPEED = 2n ** 40n;
/** What neither fee of L1 can reach (Fees.sol). */
const L1_FEE_END = 2n ** 80n;
const MAXIMUM_EXPONENT = 32n;
const RESPONSE_SECONDS = 102n;

/** Numbers of every size below `end`, and those at both ends. */
const below = (end: bigint) =>
  fc.oneof(
    fc.bigInt(0n, end - 1n),
    fc.constantFrom(0n, 1n, end - 1n),
    fc.tuple(fc.bigInt(0n, end - 1n), fc.nat(end.toString(2).length)).map(([value, shift]) => value >> BigInt(shift)),
  );
const number = below(2n ** 53n).map(Number);
const hexOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(bytesToHex);

const header: fc.Arbitrary<BlockHeader> = fc.record({
  parentHash: hexOf(32),
  coinbase: hexOf(20),
  stateRoot: hexOf(32),
  transactionsRoot: hexOf(32),
  receiptsRoot: hexOf(32),
  logsBloom: fc.oneof(hexOf(256), fc.constant(bytesToHex(new Uint8Array(256)))),
  number,
  gasLimit: below(GAS_END),
  gasUsed: below(GAS_END),
  gasCapacity: below(GAS_END),
  gasPerSecond: below(GAS_END),
  gasLevel: below(GAS_END),
  gasExcess: below(GAS_END),
  timestamp: number,
  prevRandao: hexOf(32),
  baseFeePerGas: below(2n ** 256n),
  outboxRoot: hexOf(32),
});
const speed = below(MAXIMUM_SPEED - 1n).map((value) => value + 2n);

describe("the libraries of a block's steps", () => {
  let contract: BlockLibraries;
  before(async () => {
    const { ethers } = await network.create();
    contract = await ethers.deployContract("BlockLibraries", []);
  });

  const parentOf = (fields: BlockHeader) => ({
    stateRoot: fields.stateRoot,
    number: fields.number,
    gasUsed: fields.gasUsed,
    timestamp: fields.timestamp,
    gasCapacity: fields.gasCapacity,
    gasPerSecond: fields.gasPerSecond,
    gasLevel: fields.gasLevel,
    gasExcess: fields.gasExcess,
  });

  describe("a header", () => {
    it("has the RLP that the rest of the chain gives it", async () => {
      await fc.assert(
        fc.asyncProperty(header, async (fields) => {
          const encoded = await contract.encodeHeader({ ...fields, baseFee: fields.baseFeePerGas });
          expect(encoded).to.equal(bytesToHex(encodeHeader(fields)));
        }),
        RUNS,
      );
    });

    it("tells a child what it needs", async () => {
      await fc.assert(
        fc.asyncProperty(header, async (fields) => {
          const parent = await contract.decodeParent(encodeHeader(fields));
          const { stateRoot, ...numbers } = parentOf(fields);
          expect(parent.toArray()).to.eql([stateRoot, ...Object.values(numbers).map(BigInt)]);
        }),
        RUNS,
      );
    });

    it("is refused if it is cut short, has something behind it, or is none", async () => {
      const [fields] = fc.sample(header, 1) as [BlockHeader];
      const encoded = bytesToHex(encodeHeader(fields));
      for (const wrong of ["0x", "0x80", "0xc0", `${encoded}00`, encoded.slice(0, -2), `0xf90200${"80".repeat(512)}`])
        await expectRevert(contract.decodeParent(wrong), "HeaderMalformed");
    });
  });

  describe("the gas bucket", () => {
    it("holds, pays for and limits what it does in the rest of the chain", async () => {
      await fc.assert(
        fc.asyncProperty(header, number, async (fields, seconds) => {
          const timestamp = Math.min(fields.timestamp + seconds, Number.MAX_SAFE_INTEGER);
          const parent = parentOf(fields);
          expect(await contract.availableGas(parent, timestamp)).to.equal(availableGas(fields, timestamp));
          expect(await contract.paysForBlock(parent, timestamp)).to.equal(paysForBlock(fields, timestamp));
          expect(await contract.nextGasLimit(parent, timestamp)).to.equal(nextGasLimit(fields, timestamp));
        }),
        RUNS,
      );
    });

    it("pays for a block with exactly 50,000 gas, which leaves nothing, and for none with one less", async () => {
      const [fields] = fc.sample(header, 1) as [BlockHeader];
      for (const [gasLevel, pays] of [
        [50_000n, true],
        [49_999n, false],
        [0n, false],
      ] as const) {
        const parent = { ...parentOf(fields), gasCapacity: 60_000_000n, gasLevel };
        expect(await contract.paysForBlock(parent, parent.timestamp)).to.equal(pays);
        expect(await contract.nextGasLimit(parent, parent.timestamp)).to.equal(0n);
      }
    });

    it("does not overflow whatever a header holds, and whenever its child is", async () => {
      const [fields] = fc.sample(header, 1) as [BlockHeader];
      const most = GAS_END - 1n;
      const parent = { ...parentOf(fields), timestamp: 0n, gasCapacity: most, gasPerSecond: most, gasLevel: most };
      expect(await contract.availableGas(parent, 2n ** 65n)).to.equal(most);
    });

    it("charges for bytes as in the rest of the chain", async () => {
      await fc.assert(
        fc.asyncProperty(below(GAS_END), fc.oneof(fc.nat(1_000), fc.nat(131_072)), async (gas, length) => {
          expect(await contract.listingCharge(length)).to.equal(listingCharge(length));
          expect(await contract.atLeastListingCharge(gas, length)).to.equal(atLeastListingCharge(gas, length));
        }),
        RUNS,
      );
      expect(await contract.listingCharge(312)).to.equal(5_000n);
      expect(await contract.listingCharge(313)).to.equal(5_008n);
    });
  });

  describe("fees", () => {
    it("have the data price of the rest of the chain", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(0n, 1n, 2n ** 64n),
          below(L1_FEE_END),
          below(L1_FEE_END),
          async (block, baseFee, blobBaseFee) => {
            expect(await contract.dataPrice(block, baseFee, blobBaseFee)).to.equal(
              dataPrice({ number: block, baseFee, blobBaseFee }),
            );
          },
        ),
        RUNS,
      );
    });

    it("have its excess, saturated at both ends", async () => {
      const outcomes = { none: 0, some: 0, most: 0 };
      await fc.assert(
        fc.asyncProperty(
          header,
          speed,
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.oneof(below(2n ** 30n), below(GAS_END)),
          fc.oneof(fc.constant(0), fc.nat(4_000), number),
          async (fields, gasPerSecond, share, gasUsed, seconds) => {
            const maximum = MAXIMUM_EXPONENT * RESPONSE_SECONDS * (gasPerSecond / 2n);
            const parent = {
              ...fields,
              gasPerSecond,
              gasUsed,
              gasExcess: BigInt(Math.floor(Number(maximum) * share)),
              timestamp: 0,
            };
            const excess = nextGasExcess(parent, seconds);
            outcomes[excess === 0n ? "none" : excess === maximum ? "most" : "some"]++;
            expect(await contract.nextGasExcess(parentOf(parent), seconds)).to.equal(excess);
          },
        ),
        RUNS,
      );
      for (const count of Object.values(outcomes)) expect(count).to.be.greaterThan(10);
    });

    it("have its floor and its base fee at every excess, speed and fee of L1 there can be", async () => {
      await fc.assert(
        fc.asyncProperty(
          speed,
          fc.double({ min: 0, max: 1, noNaN: true }),
          below(10n * L1_FEE_END),
          async (gasPerSecond, share, price) => {
            const maximum = MAXIMUM_EXPONENT * RESPONSE_SECONDS * (gasPerSecond / 2n);
            const excess = BigInt(Math.floor(Number(maximum) * share));
            expect(await contract.minimumBaseFee(price)).to.equal(minimumBaseFee(price));
            const { baseFee } = await contract.baseFeeOf(excess, gasPerSecond, price);
            expect(baseFee).to.equal(baseFeeOf(excess, gasPerSecond, price));
          },
        ),
        RUNS,
      );
    });

    it("have its base fee where all of them are highest, for little gas", async () => {
      const price = 10n * L1_FEE_END;
      const excess = MAXIMUM_EXPONENT * RESPONSE_SECONDS * (MAXIMUM_SPEED / 2n);
      const { baseFee, gasUsed } = await contract.baseFeeOf(excess, MAXIMUM_SPEED, price);
      expect(baseFee).to.equal(baseFeeOf(excess, MAXIMUM_SPEED, price));
      expect(Number(gasUsed)).to.be.lessThan(300_000);
    });
  });

  describe("a timestamp", () => {
    it("is clamped as in the rest of the chain, whatever the payload says", async () => {
      const near = fc.integer({ min: -100_000, max: 100_000 });
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.constantFrom(0, 86_399, 86_400), fc.nat(2 ** 31), fc.nat(2 ** 40)),
          near,
          fc.oneof(
            near.map((difference) => ({ difference })),
            below(GAS_END).map((value) => ({ value })),
          ),
          async (batch, lead, said) => {
            const parent = Math.max(0, batch + lead);
            const timestamp = "value" in said ? said.value : BigInt(Math.max(0, batch + said.difference));
            expect(await contract.clampTimestamp(timestamp, parent, batch)).to.equal(
              BigInt(clampTimestamp(Number(timestamp), parent, batch)),
            );
          },
        ),
        RUNS,
      );
    });

    it("is not before the parent's, a day before L1's, or 0; nor 15 minutes after L1's, unless the parent's is", async () => {
      const clamp = (timestamp: bigint, parent: bigint, batch: bigint) =>
        contract.clampTimestamp(timestamp, parent, batch);
      expect(await clamp(0n, 0n, 100_000n)).to.equal(13_600n);
      expect(await clamp(0n, 0n, 86_399n)).to.equal(0n);
      expect(await clamp(2n ** 64n - 1n, 0n, 100_000n)).to.equal(100_900n);
      expect(await clamp(100_000n, 100_001n, 100_000n)).to.equal(100_001n);
      expect(await clamp(0n, 200_000n, 100_000n)).to.equal(200_000n);
    });
  });

  it("the history of block hashes is a ring of 8,191 slots", async () => {
    for (const block of [0, 1, 8_190, 8_191, 8_192, 2 ** 40])
      expect(await contract.historySlotOf(block)).to.equal(BigInt(block % BLOCK_HASH_HISTORY_LENGTH));
  });
});
