import { expect } from "chai";
import fc from "fast-check";
import { calldataTokens, intrinsicGas } from "../../src/ethereum/index.ts";
import { MINIMUM_BASE_FEE, dataGas, dataPrice, minimumBaseFee, nextBaseFee } from "../../src/rollup/index.ts";

const GAS_LIMIT = 60_000_000n;
const parent = (gasUsed: bigint, baseFeePerGas: bigint) => ({ gasCapacity: GAS_LIMIT, gasUsed, baseFeePerGas });

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
  it("stays when the parent used exactly half its gas", () => {
    expect(nextBaseFee(parent(GAS_LIMIT / 2n, 10n ** 9n), 0n)).to.equal(10n ** 9n);
  });

  it("rises by an eighth after a full block and falls by an eighth after an empty one", () => {
    expect(nextBaseFee(parent(GAS_LIMIT, 8n * 10n ** 9n), 0n)).to.equal(9n * 10n ** 9n);
    expect(nextBaseFee(parent(0n, 8n * 10n ** 9n), 0n)).to.equal(7n * 10n ** 9n);
  });

  it("rises by at least 1 wei after a block above its target", () => {
    expect(nextBaseFee(parent(GAS_LIMIT / 2n + 1n, MINIMUM_BASE_FEE), 0n)).to.equal(MINIMUM_BASE_FEE + 1n);
  });

  it("never falls below 10,000,000 wei", () => {
    expect(nextBaseFee(parent(0n, MINIMUM_BASE_FEE), 0n)).to.equal(MINIMUM_BASE_FEE);
  });

  it("never falls below a 64th of the data price, rounded up", () => {
    expect(minimumBaseFee(640_000_001n)).to.equal(10_000_001n);
    expect(nextBaseFee(parent(0n, MINIMUM_BASE_FEE), 6_400_000_000n)).to.equal(100_000_000n);
    expect(nextBaseFee(parent(0n, 10n ** 12n), 6_400_000_000n)).to.equal(875_000_000_000n);
  });

  it("moves by at most an eighth, upwards by at least 1 wei, whatever the parent used", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, GAS_LIMIT), fc.bigInt(MINIMUM_BASE_FEE, 10n ** 15n), (gasUsed, baseFee) => {
        const next = nextBaseFee(parent(gasUsed, baseFee), 0n);
        expect(next <= baseFee + baseFee / 8n + 1n).to.equal(true);
        expect(next >= baseFee - baseFee / 8n - 1n).to.equal(true);
        expect(next >= MINIMUM_BASE_FEE).to.equal(true);
        if (gasUsed > GAS_LIMIT / 2n) expect(next > baseFee).to.equal(true);
        if (gasUsed < GAS_LIMIT / 2n) expect(next <= baseFee).to.equal(true);
      }),
    );
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
