import { expect } from "chai";
import { retryDelay, settleBatches } from "../../src/batcher/settlement.ts";
import type { SettlementView } from "../../src/batcher/settlement.ts";
import type { InFlightBatch } from "../../src/batcher/index.ts";
import type { L1TransactionStatus } from "../../src/l1/index.ts";
import type { Hash } from "../../src/primitives/index.ts";

const hashOf = (number: number): Hash => `0x${number.toString(16).padStart(64, "0")}`;

/** A batch of one block. */
const batchOf = (block: number, dataKind: InFlightBatch["dataKind"] = "calldata"): InFlightBatch => ({
  sequence: block,
  purpose: `batch/${block}`,
  firstBlock: block,
  lastBlock: block,
  lastBlockHash: hashOf(block),
  messagesUpTo: 0,
  dataKind,
  payloadBytes: 1,
});

type Fields<Kind> = Partial<Extract<L1TransactionStatus, { kind: Kind }>>;
const common = { purpose: "", nonce: 0 };
const mined = { ...common, hash: hashOf(700), block: { number: 1, hash: hashOf(1) }, confirmed: true };
const pending = (fields: Fields<"pending"> = {}): L1TransactionStatus => ({
  ...common,
  kind: "pending",
  cancelling: false,
  hashes: [hashOf(700)],
  trouble: undefined,
  ...fields,
});
const succeeded = (fields: Fields<"succeeded"> = {}): L1TransactionStatus => ({
  ...mined,
  kind: "succeeded",
  ...fields,
});
const reverted = (fields: Fields<"reverted"> = {}): L1TransactionStatus => ({
  ...mined,
  kind: "reverted",
  revert: { message: "BatchTooLate()", errorName: "BatchTooLate", data: "0x" },
  ...fields,
});

/** Settles batches of blocks 5, 6, … of a node whose safe block is 4. */
function settle(
  statuses: readonly (L1TransactionStatus | undefined)[],
  view: Partial<SettlementView> = {},
  batches: readonly InFlightBatch[] = statuses.map((_, index) => batchOf(5 + index)),
  refusedSince?: number,
) {
  const settlement = settleBatches(
    batches,
    (batch) => statuses[batches.indexOf(batch)],
    {
      safe: 4,
      derivedBatches: 0,
      blockHash: hashOf,
      findBatch: () => undefined,
      dataKind: "auto",
      refusalPatience: 100,
      now: 1_000,
      ...view,
    },
    refusedSince,
  );
  return { ...settlement, verdicts: settlement.verdicts.map(({ verdict }) => verdict) };
}

describe("Settlement of batches", () => {
  it("takes a record without a transaction for one never sent", () => {
    expect(settle([undefined])).to.deep.include({ verdicts: [{ kind: "never-sent" }], open: [], unsettled: undefined });
  });

  it("leaves open what is on its way, and counts what is mined and not derived", () => {
    const { verdicts, open, mined: onL1 } = settle([succeeded(), pending()]);
    expect(verdicts).to.eql([
      { kind: "open", mined: true },
      { kind: "open", mined: false },
    ]);
    expect([open.length, onL1]).to.eql([2, 1]);
  });

  it("is done when the batch is derived and confirmed", () => {
    const derived = { findBatch: () => 3, derivedBatches: 4 };
    expect(settle([succeeded()], derived).verdicts).to.eql([{ kind: "done", canonical: true }]);
    expect(settle([succeeded({ confirmed: false })], derived).verdicts).to.eql([{ kind: "derived" }]);
    expect(settle([succeeded()], { ...derived, derivedBatches: 3 }).verdicts).to.eql([{ kind: "open", mined: true }]);
    expect(settle([succeeded()], { ...derived, blockHash: () => hashOf(0) }).verdicts).to.eql([
      { kind: "done", canonical: false },
    ]);
  });

  it("is not certain until a revert or a cancellation is confirmed", () => {
    expect(settle([reverted({ confirmed: false })]).unsettled).to.eql(batchOf(5));
    expect(settle([pending({ cancelling: true })]).unsettled).to.eql(batchOf(5));
    expect(settle([reverted()])).to.deep.include({
      verdicts: [{ kind: "failed", revert: "BatchTooLate()" }],
      unsettled: undefined,
    });
    expect(settle([{ ...mined, kind: "cancelled" }]).verdicts).to.eql([{ kind: "failed", revert: undefined }]);
  });

  describe("gives up a batch", () => {
    const reasonOf = (...parameters: Parameters<typeof settle>) => {
      const verdict = settle(...parameters).verdicts.at(-1);
      return verdict?.kind === "give-up" ? verdict.reason.kind : verdict?.kind;
    };

    it("whose blocks left the chain", () => {
      expect(reasonOf([pending()], { blockHash: () => undefined })).to.equal("blocks-left");
    });

    it("whose predecessor failed, or is given up", () => {
      expect(reasonOf([reverted(), pending()])).to.equal("predecessor-failed");
      expect(reasonOf([pending({ cancelling: true }), pending()])).to.equal("predecessor-given-up");
    });

    it("whose blocks somebody else posted, unless L1 has just lost it itself", () => {
      expect(reasonOf([pending()], { safe: 5 })).to.equal("posted-by-other");
      expect(reasonOf([pending()], { safe: 5, findBatch: () => 0 })).to.equal("open");
    });

    it("in blobs that L1 has refused for a while, if calldata would do", () => {
      const refused = pending({ trouble: { kind: "rejected", message: "no blobs here" } });
      const blobs = [batchOf(5, "blobs")];
      const first = settle([refused], {}, blobs);
      expect(first).to.deep.include({ verdicts: [{ kind: "open", mined: false }], blobsRefusedSince: 1_000 });
      expect(reasonOf([refused], { now: 1_099 }, blobs, 1_000)).to.equal("open");
      expect(settle([refused], { now: 1_100 }, blobs, 1_000)).to.deep.include({
        verdicts: [{ kind: "give-up", reason: { kind: "blobs-refused", message: "no blobs here" } }],
        unsettled: blobs[0],
      });
      expect(reasonOf([refused], { now: 9_000, dataKind: "blobs" }, blobs, 1_000)).to.equal("open");
      expect(reasonOf([refused], { now: 9_000 }, [batchOf(5)], 1_000)).to.equal("open");
      // Taken in between: the wait begins anew.
      expect(settle([pending()], { now: 9_000 }, blobs, 1_000).blobsRefusedSince).to.equal(undefined);
    });
  });

  it("of a batch that reverted is followed by ever longer waits", () => {
    expect([1, 2, 3, 9].map((failures) => retryDelay(failures, 12_000))).to.eql([12_000, 24_000, 48_000, 600_000]);
  });
});
