import { expect } from "chai";
import fc from "fast-check";
import { offerFees, raiseFees } from "../../src/l1/transactions/fees.ts";
import type { FeeMarket, TransactionFees } from "../../src/l1/transactions/fees.ts";
import { decodeRevert, findRevert } from "../../src/l1/revert.ts";
import { classifyRefusal } from "../../src/l1/transactions/refusal.ts";

const UNLIMITED = { maximumFeePerGas: 2n ** 200n, maximumFeePerBlobGas: 2n ** 200n };
const fee = fc.bigInt({ min: 0n, max: 10n ** 13n });
const markets: fc.Arbitrary<FeeMarket> = fc.record({ baseFeePerGas: fee, priorityFeePerGas: fee, blobBaseFee: fee });
const offers: fc.Arbitrary<TransactionFees> = fc
  .tuple(fee, fee, fc.option(fee, { nil: undefined }))
  .map(([base, priority, blob]) => ({
    maxFeePerGas: base + priority,
    maxPriorityFeePerGas: priority,
    maxFeePerBlobGas: blob,
  }));

describe("fees of L1 transactions", () => {
  it("of a raise satisfy the replacement rules of pools, and the market", () => {
    fc.assert(
      fc.property(offers, markets, (previous, market) => {
        const decision = raiseFees(previous, market, UNLIMITED);
        if (decision.kind !== "offer") throw new Error("expected an offer");
        const percent = previous.maxFeePerBlobGas === undefined ? 110n : 200n;
        const rises = (next: bigint, before: bigint) => next > before && next * 100n >= before * percent;
        expect(rises(decision.fees.maxFeePerGas, previous.maxFeePerGas)).to.equal(true);
        expect(rises(decision.fees.maxPriorityFeePerGas, previous.maxPriorityFeePerGas)).to.equal(true);
        expect(decision.fees.maxFeePerGas >= market.baseFeePerGas + decision.fees.maxPriorityFeePerGas).to.equal(true);
        if (previous.maxFeePerBlobGas !== undefined) {
          expect(rises(decision.fees.maxFeePerBlobGas ?? 0n, previous.maxFeePerBlobGas)).to.equal(true);
          expect((decision.fees.maxFeePerBlobGas ?? 0n) >= market.blobBaseFee).to.equal(true);
        } else expect(decision.fees.maxFeePerBlobGas).to.equal(undefined);
      }),
    );
  });

  it("never offer more priority fee than fee, which L1 finds invalid", () => {
    fc.assert(
      fc.property(offers, markets, fc.boolean(), fee, (previous, market, withBlobs, cap) => {
        const caps = { maximumFeePerGas: cap, maximumFeePerBlobGas: cap };
        for (const decision of [offerFees(market, caps, withBlobs), raiseFees(previous, market, caps)]) {
          if (decision.kind === "offer") {
            expect(decision.fees.maxPriorityFeePerGas <= decision.fees.maxFeePerGas).to.equal(true);
            expect(decision.fees.maxFeePerGas <= cap).to.equal(true);
            expect((decision.fees.maxFeePerBlobGas ?? 0n) <= cap).to.equal(true);
          } else expect(decision.required > decision.maximum).to.equal(true);
        }
      }),
    );
  });
});

describe("answers of L1 nodes", () => {
  const answers: readonly (readonly [message: string, kind: string])[] = [
    ["already known", "already-known"],
    ["Known transaction: 0x48c02ebf", "already-known"],
    ["transaction already imported", "already-known"],
    ["nonce too low: next nonce 5, tx nonce 4", "nonce-too-low"],
    ["Transaction nonce too low. Expected nonce to be at least 1 but got 0.", "nonce-too-low"],
    ["replacement transaction underpriced", "replacement-underpriced"],
    ["replacement transaction underpriced: new tx gas fee cap 5 < 10 queued", "replacement-underpriced"],
    ["transaction underpriced: tip needed 1, tip permitted 0", "fee-too-low"],
    ["max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7", "fee-too-low"],
    [
      "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 670055867",
      "fee-too-low",
    ],
    ["insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1", "insufficient-funds"],
    [
      "Sender doesn't have enough funds to send tx. The max upfront cost is: 2 and the sender's balance is: 1.",
      "insufficient-funds",
    ],
    ["unexpected blob sidecar version 0, want 1", "sidecar-form"],
    ["legacy sidecar not supported", "sidecar-form"],
    ["unexpected string", "sidecar-form"],
    ["execution reverted", "reverted"],
    ["the flux capacitor is empty", "other"],
  ];

  for (const [message, kind] of answers) {
    it(`"${message}" is ${kind}`, () => {
      expect(classifyRefusal(new Error("outer", { cause: { code: -32000, message } })).kind).to.equal(kind);
    });
  }

  it("of any content are read without failing", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        classifyRefusal(answer);
        findRevert(answer, []);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const data = `0x${Buffer.from(bytes).toString("hex")}` as const;
        expect(decodeRevert(data, []).data).to.equal(data);
      }),
    );
  });
});
