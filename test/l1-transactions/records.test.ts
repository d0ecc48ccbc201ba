import { expect } from "chai";
import { gasLimitFor } from "../../src/l1/transactions/gas.ts";
import { compareMined } from "../../src/l1/transactions/receipts.ts";
import { createGapRecord, highestCost, isGap } from "../../src/l1/transactions/record.ts";
import { checkRequest } from "../../src/l1/transactions/request.ts";
import { statusOf } from "../../src/l1/transactions/status.ts";
import { openTransactionBook } from "../../src/l1/transactions/transaction-book.ts";
import { createTestDisk } from "./memory-record-store.ts";
import { testAttempt, testHash, testRecord } from "./records.ts";

const block = { number: 10, hash: testHash(10) };
const mined = { hash: testHash(1), block, confirmed: false, revert: undefined };
const ACCOUNT = "0x00000000000000000000000000000000000000cc";

describe("Records of L1 transactions", () => {
  describe("receipts", () => {
    const receipt = { hash: testHash(1), block, reverted: false };

    it("confirm at as many blocks as configured, the receipt's own counted", () => {
      expect(compareMined(undefined, receipt, 11, 3)).to.eql({ kind: "moved", confirmed: false });
      expect(compareMined(undefined, receipt, 12, 3)).to.eql({ kind: "moved", confirmed: true });
      expect(compareMined(undefined, receipt, 10, 1)).to.eql({ kind: "moved", confirmed: true });
    });

    it("change nothing, the depth, or where it was mined", () => {
      expect(compareMined(mined, receipt, 11, 3)).to.eql({ kind: "none" });
      expect(compareMined(mined, receipt, 12, 3)).to.eql({ kind: "depth", confirmed: true });
      const elsewhere = { ...receipt, block: { ...block, hash: testHash(11) } };
      expect(compareMined(mined, elsewhere, 11, 3).kind).to.equal("moved");
      expect(compareMined(mined, { ...receipt, hash: testHash(2) }, 11, 3).kind).to.equal("moved");
    });
  });

  describe("status", () => {
    it("is pending with all hashes and the last trouble until it is mined", () => {
      const attempts = [testAttempt(), testAttempt({ hash: testHash(2) })];
      const trouble = { kind: "rejected", message: "no" } as const;
      expect(statusOf(testRecord({ attempts }), trouble)).to.eql({
        kind: "pending",
        purpose: "deed 0",
        nonce: 0,
        cancelling: false,
        hashes: [testHash(1), testHash(2)],
        trouble,
      });
    });

    it("is what became of the attempt that was mined", () => {
      const attempts = [testAttempt(), testAttempt({ hash: testHash(2), cancellation: true })];
      const kindOf = (fields: Parameters<typeof testRecord>[0]) =>
        statusOf(testRecord({ attempts, ...fields }), undefined).kind;
      const revert = { message: "no", errorName: undefined, data: "0x" } as const;
      expect(kindOf({ mined })).to.equal("succeeded");
      expect(kindOf({ mined: { ...mined, revert } })).to.equal("reverted");
      expect(kindOf({ mined: { ...mined, hash: testHash(2) } })).to.equal("cancelled");
    });

    it("is cancelled for good if another program took the nonce of one being cancelled", () => {
      expect(statusOf(testRecord({ displaced: true }), undefined)).to.include({
        kind: "cancelled",
        hash: undefined,
        confirmed: true,
      });
    });
  });

  it("cost at most value, gas and blob gas of the last attempt", () => {
    expect(highestCost(testRecord())).to.equal(7n);
    const attempts = [testAttempt({ maxFeePerGas: "1" }), testAttempt({ maxFeePerGas: "2", maxFeePerBlobGas: "3" })];
    expect(highestCost(testRecord({ attempts, blobVersionedHashes: [testHash(1), testHash(2)] }))).to.equal(
      7n + 2n * 21_000n + 3n * 2n * 131_072n,
    );
  });

  it("of a gap are told from others", () => {
    expect(isGap(createGapRecord(4, ACCOUNT))).to.equal(true);
    expect(isGap(testRecord())).to.equal(false);
  });

  it("have a quarter more gas than estimated, and no more than L1 takes", () => {
    expect(gasLimitFor(100_000n)).to.equal(125_000n);
    expect(gasLimitFor(2n ** 24n)).to.equal(2n ** 24n);
  });

  it("are of requests with a purpose, a possible gas limit and at most six blobs", () => {
    const request = { purpose: "a", to: ACCOUNT, data: new Uint8Array() } as const;
    expect(() => checkRequest({ ...request, gasLimit: 21_000n })).not.to.throw();
    expect(() => checkRequest({ ...request, purpose: "" })).to.throw("expected a purpose");
    expect(() => checkRequest({ ...request, gasLimit: 20_999n })).to.throw("between 21000 and 16777216, got 20999");
    expect(() => checkRequest({ ...request, blobs: Array.from({ length: 7 }, () => new Uint8Array()) })).to.throw(
      "expected at most 6 blobs, got 7",
    );
  });

  it("that a kill left with two nonces keep the later one", async () => {
    const disk = createTestDisk();
    const identity = { account: ACCOUNT, chainId: 1 } as const;
    const book = await openTransactionBook(disk.open(), identity);
    await book.save(testRecord({ purpose: "deed", nonce: 3 }));
    await book.save(testRecord({ purpose: "deed", nonce: 8 }));
    for (let times = 0; times < 2; times++) {
      const opened = await openTransactionBook(disk.open(), identity);
      expect(opened.ascending().map(({ nonce }) => nonce)).to.eql([8]);
      expect(opened.find("deed")?.nonce).to.equal(8);
    }
  });
});
