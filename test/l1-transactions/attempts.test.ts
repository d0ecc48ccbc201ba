import { expect } from "chai";
import { parseTransaction, recoverTransactionAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { isBroadcastDue, planAttempt, priceAttempt, signAttempt } from "../../src/l1/transactions/attempts.ts";
import type { AttemptSituation } from "../../src/l1/transactions/attempts.ts";
import type { TransactionRecord } from "../../src/l1/transactions/record.ts";
import { createZeroSidecar } from "../../src/l1/transactions/sidecar.ts";
import { KEYS } from "./l1-fixture.ts";
import { testAttempt, testHash, testRecord } from "./records.ts";

const intervals = { feeBumpInterval: 60_000, rebroadcastInterval: 15_000 };
const idle = { trouble: undefined, broadcastAt: 1_000, underpriced: false };

const plan = (record: TransactionRecord, situation: Partial<AttemptSituation> = {}) =>
  planAttempt(record, { pending: [record], nextNonce: 0, progress: idle, intervals, now: 1_000, ...situation });

describe("Attempts of an L1 transaction", () => {
  it("begin with a first one, a cancellation's too", () => {
    expect(plan(testRecord())).to.eql({ kind: "sign", reason: "first" });
    expect(plan(testRecord({ cancelling: true }))).to.eql({ kind: "sign", reason: "first" });
  });

  it("wait for those of the other kind with lower nonces only", () => {
    const plain = testRecord({ nonce: 3 });
    const blobs = testRecord({ nonce: 4, blobVersionedHashes: [testHash(9)] });
    expect(plan(blobs, { pending: [plain, blobs] })).to.eql({ kind: "behind-other-kind", nonce: 3 });
    expect(plan(plain, { pending: [plain, blobs] })).to.eql({ kind: "sign", reason: "first" });
    expect(plan(testRecord({ nonce: 4 }), { pending: [plain] })).to.eql({ kind: "sign", reason: "first" });
  });

  it("are replaced once by a cancellation", () => {
    const attempted = testRecord({ cancelling: true, attempts: [testAttempt()] });
    expect(plan(attempted)).to.eql({ kind: "sign", reason: "cancellation" });
    const cancelled = { ...attempted, attempts: [testAttempt(), testAttempt({ cancellation: true })] };
    expect(plan(cancelled)).to.eql({ kind: "wait" });
  });

  it("are raised when the last is old, for the next nonce only", () => {
    const record = testRecord({ nonce: 5, attempts: [testAttempt({ createdAt: 1_000 })] });
    const at = (now: number, nextNonce: number) =>
      plan(record, { now, nextNonce, progress: { ...idle, broadcastAt: now } }).kind;
    expect(at(60_999, 5)).to.equal("wait");
    expect(at(61_000, 5)).to.equal("sign");
    expect(at(61_000, 4)).to.equal("wait");
  });

  it("are raised at once, whatever their nonce, when the node found the last too cheap", () => {
    const record = testRecord({ nonce: 5, attempts: [testAttempt()] });
    expect(plan(record, { progress: { ...idle, underpriced: true } })).to.eql({ kind: "sign", reason: "raise" });
  });

  it("are repeated as they are after a while, and at once if their broadcast is not known to have come through", () => {
    const record = testRecord({ attempts: [testAttempt()] });
    expect(plan(record, { now: 15_999 }).kind).to.equal("wait");
    expect(plan(record, { now: 16_000 }).kind).to.equal("rebroadcast");
    expect(plan(record, { progress: { ...idle, broadcastAt: undefined } }).kind).to.equal("rebroadcast");
    expect(isBroadcastDue({ ...idle, broadcastAt: undefined }, intervals, 0)).to.equal(true);
  });

  describe("fees", () => {
    const caps = { maximumFeePerGas: 1_000n, maximumFeePerBlobGas: 1_000n };
    const market = { baseFeePerGas: 20n, priorityFeePerGas: 1n, blobBaseFee: 3n };

    it("of the first are an offer, of one that replaces it a raise", () => {
      expect(priceAttempt(testRecord(), market, caps)).to.eql({
        kind: "offer",
        fees: { maxFeePerGas: 41n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: undefined },
      });
      expect(priceAttempt(testRecord({ attempts: [testAttempt()] }), market, caps)).to.eql({
        kind: "offer",
        fees: { maxFeePerGas: 110n, maxPriorityFeePerGas: 11n, maxFeePerBlobGas: undefined },
      });
    });

    it("of a cancellation without blobs are an offer, since no pool holds the attempt with blobs", () => {
      const record = testRecord({ cancelling: true, attempts: [testAttempt({ maxFeePerBlobGas: "500" })] });
      expect(priceAttempt(record, market, caps)).to.have.nested.property("fees.maxFeePerGas", 41n);
    });

    it("of blobs need a price of blobs, and others do not", () => {
      const unpriced = { ...market, blobBaseFee: undefined };
      const blobs = testRecord({ blobVersionedHashes: [testHash(9)] });
      expect(priceAttempt(blobs, unpriced, caps)).to.eql({ kind: "no-blob-price" });
      expect(priceAttempt(testRecord(), unpriced, caps).kind).to.equal("offer");
    });

    it("above the maximum are not offered", () => {
      const record = testRecord({ attempts: [testAttempt({ maxFeePerGas: "1000" })] });
      expect(priceAttempt(record, market, caps)).to.eql({
        kind: "capped",
        fee: "gas",
        required: 1_100n,
        maximum: 1_000n,
      });
    });
  });

  describe("are signed", () => {
    const signer = privateKeyToAccount(KEYS[0]!);
    const fees = { maxFeePerGas: 41n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: undefined };

    it("as what the record says", async () => {
      const record = testRecord({ nonce: 6, data: "0x1234" });
      const attempt = await signAttempt(record, fees, { signer, chainId: 9 }, 77);
      expect(attempt).to.include({ cancellation: false, maxFeePerGas: "41", createdAt: 77 });
      expect(parseTransaction(attempt.signed)).to.include({
        chainId: 9,
        nonce: 6,
        to: record.to,
        data: "0x1234",
        value: 7n,
        gas: 21_000n,
        maxFeePerGas: 41n,
      });
      expect(await recoverTransactionAddress({ serializedTransaction: attempt.signed as `0x02${string}` })).to.equal(
        signer.address,
      );
    });

    it("as an empty transaction to oneself if they cancel, with a blob of zeros in the place of blobs", async () => {
      const record = testRecord({ data: "0x1234", cancelling: true, blobVersionedHashes: [testHash(9)] });
      const attempt = await signAttempt(record, { ...fees, maxFeePerBlobGas: 5n }, { signer, chainId: 9 }, 0);
      expect(attempt).to.include({ cancellation: true, maxFeePerBlobGas: "5" });
      const parsed = parseTransaction(attempt.signed as `0x03${string}`);
      expect(parsed.to?.toLowerCase()).to.equal(signer.address.toLowerCase());
      expect([parsed.data, parsed.value]).to.eql([undefined, undefined]);
      expect(parsed.blobVersionedHashes).to.eql(createZeroSidecar(0).versionedHashes);
    });
  });
});
