import { expect } from "chai";
import fc from "fast-check";
import { calldataTokens, intrinsicGas } from "../../src/ethereum/index.ts";
import {
  MINIMUM_BASE_FEE,
  baseFeeOf,
  dataGas,
  dataPrice,
  minimumBaseFee,
  nextGasExcess,
} from "../../src/rollup/index.ts";

const SPEED = 5_000_000n;
const TARGET = SPEED / 2n;
const MAXIMUM_EXCESS = 32n * 102n * TARGET;
const parent = (gasExcess: bigint, gasUsed: bigint) => ({ gasExcess, gasUsed, gasPerSecond: SPEED, timestamp: 0 });
const minimum = (left: bigint, right: bigint) => (left < right ? left : right);

describe("data price", () => {
  it("is 0 until a context has been read", () => {
    expect(dataPrice({ number: 0n, baseFee: 10n ** 9n, blobBaseFee: 10n ** 9n })).to.equal(0n);
  });

  it("is the calldata price when calldata is the cheaper of the two", () => {
    expect(dataPrice({ number: 1n, baseFee: 3n, blobBaseFee: 10n ** 12n })).to.equal(30n);
  });

  it("is the blob price, 8/31 of the blob base fee rounded up, when blobs are the cheaper", () => {
    expect(dataPrice({ number: 1n, baseFee: 10n ** 12n, blobBaseFee: 1n })).to.equal(1n);
    expect(dataPrice({ number: 1n, baseFee: 10n ** 12n, blobBaseFee: 31n })).to.equal(8n);
    expect(dataPrice({ number: 1n, baseFee: 10n ** 12n, blobBaseFee: 32n })).to.equal(9n);
  });

  it("is 0 when L1 data is free", () => {
    expect(dataPrice({ number: 1n, baseFee: 0n, blobBaseFee: 5n })).to.equal(0n);
  });
});

describe("base fee", () => {
  it("is the floor without excess: 10,000,000 wei, or a 64th of the data price, rounded up", () => {
    expect(baseFeeOf(0n, SPEED, 0n)).to.equal(MINIMUM_BASE_FEE);
    expect(minimumBaseFee(640_000_001n)).to.equal(10_000_001n);
    expect(baseFeeOf(0n, SPEED, 6_400_000_000n)).to.equal(100_000_000n);
  });

  it("is e times the floor for each 102 seconds of target", () => {
    const fees = [1, 2, 10].map((times) => Number(baseFeeOf(BigInt(times) * TARGET * 102n, SPEED, 0n)));
    for (const [index, times] of [1, 2, 10].entries())
      expect(fees[index]! / Number(MINIMUM_BASE_FEE) / Math.E ** times).to.be.within(0.99999, 1.00001);
  });

  it("moves as EIP-1559's does in twelve seconds: an eighth up at twice the target, as much down without gas", () => {
    const high = 5n * TARGET * 102n;
    const before = Number(baseFeeOf(high, SPEED, 0n));
    const after = (gasUsed: bigint) => Number(baseFeeOf(nextGasExcess(parent(high, gasUsed), 12), SPEED, 0n));
    expect(after(2n * 12n * TARGET) / before).to.be.within(9 / 8 - 0.001, 9 / 8 + 0.001);
    expect(after(0n) / before).to.be.within(8 / 9 - 0.001, 8 / 9 + 0.001);
    expect(after(12n * TARGET)).to.equal(before);
  });

  it("depends on gas and time alone: to spread them over blocks, or to add empty ones, changes nothing", () => {
    const pieces = fc.array(fc.record({ seconds: fc.nat(4), gasUsed: fc.bigInt(0n, 4n * TARGET) }), { minLength: 1 });
    fc.assert(
      // With so much excess before that nothing is below zero on the way.
      fc.property(pieces, fc.bigInt(200n * TARGET, 800n * TARGET), (blocks, start) => {
        let last = parent(start, 0n);
        for (const { seconds, gasUsed } of blocks) {
          const timestamp = last.timestamp + seconds;
          last = { ...last, gasExcess: nextGasExcess(last, timestamp), gasUsed, timestamp };
        }
        const gas = blocks.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
        const atOnce = parent(start, gas);
        expect(nextGasExcess(last, last.timestamp)).to.equal(nextGasExcess(atOnce, last.timestamp));
      }),
      { numRuns: 200 },
    );
  });

  it("rises under sustained load at any block interval", () => {
    for (const seconds of [1, 2, 5, 12]) {
      let last = parent(0n, 0n);
      let fee = baseFeeOf(0n, SPEED, 0n);
      for (let elapsed = 0; elapsed < 600; elapsed += seconds) {
        const timestamp = last.timestamp + seconds;
        last = { ...last, gasExcess: nextGasExcess(last, timestamp), gasUsed: SPEED * BigInt(seconds), timestamp };
        const next = baseFeeOf(last.gasExcess, SPEED, 0n);
        if (elapsed > 0) expect(next > fee).to.equal(true);
        fee = next;
      }
      expect(Number(fee) / Number(MINIMUM_BASE_FEE)).to.be.within(300, 360);
    }
  });

  it("is lowered by nothing but time", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 4_000n * TARGET), fc.bigInt(0n, 100n * TARGET), (excess, gasUsed) => {
        expect(nextGasExcess(parent(excess, gasUsed), 0) >= minimum(excess, MAXIMUM_EXCESS)).to.equal(true);
      }),
    );
  });

  it("has an excess of at most 32 × 102 seconds of target, whatever is used, and is a number of bounded size", () => {
    expect(nextGasExcess(parent(MAXIMUM_EXCESS, 10n ** 15n), 0)).to.equal(MAXIMUM_EXCESS);
    expect(nextGasExcess(parent(MAXIMUM_EXCESS, 0n), 32 * 102)).to.equal(0n);
    const highest = baseFeeOf(32n * 102n * 2n ** 39n, 2n ** 40n, 2n ** 100n);
    expect(highest < 2n ** 150n).to.equal(true);
  });
});

describe("data gas", () => {
  it("counts a zero byte as one token and any other as four", () => {
    expect(calldataTokens(Uint8Array.of(0, 0, 1, 255))).to.equal(10n);
    expect(calldataTokens(new Uint8Array())).to.equal(0n);
  });

  it("is the price of the tokens in gas, rounded up", () => {
    expect(dataGas(400n, 100n, 10_000n)).to.equal(4n);
    expect(dataGas(400n, 100n, 9_999n)).to.equal(5n);
    expect(dataGas(400n, 0n, 10_000n)).to.equal(0n);
  });

  it("is at most 64 gas a token at the lowest base fee a data price allows", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), fc.bigInt(0n, 524_288n), (price, tokens) => {
        expect(dataGas(tokens, price, minimumBaseFee(price)) <= 64n * tokens).to.equal(true);
      }),
    );
  });
});

describe("intrinsic gas", () => {
  const none = {
    isCreation: false,
    data: new Uint8Array(),
    accessListAddresses: 0,
    accessListSlots: 0,
    authorizations: 0,
  };

  it("is 21,000 for a transfer, floor included", () => {
    expect(intrinsicGas(none)).to.eql({ intrinsic: 21_000n, floor: 21_000n });
  });

  it("charges 4 and 16 gas for calldata bytes, and 10 and 40 at least", () => {
    expect(intrinsicGas({ ...none, data: Uint8Array.of(0, 1) })).to.eql({ intrinsic: 21_020n, floor: 21_050n });
  });

  it("charges for creation, initcode words, access lists and authorizations", () => {
    expect(intrinsicGas({ ...none, isCreation: true, data: new Uint8Array(33) }).intrinsic).to.equal(
      21_000n + 32_000n + 132n + 4n,
    );
    expect(intrinsicGas({ ...none, accessListAddresses: 2, accessListSlots: 3 }).intrinsic).to.equal(
      21_000n + 4_800n + 5_700n,
    );
    expect(intrinsicGas({ ...none, authorizations: 2 }).intrinsic).to.equal(71_000n);
  });
});
