import { expect } from "chai";
import { givesWay, isNearlyFull } from "../../src/sequencer/eviction.ts";
import type { Entry, MempoolLimits, SenderAccount } from "../../src/sequencer/pooled-transaction.ts";
import { whyNeverPooled } from "../../src/sequencer/queue-admission.ts";
import { bumped, compareFees } from "../../src/sequencer/transaction-fees.ts";
import { addressOf, hashOf } from "../storage/fixtures.ts";

function entry(sender: string, fee: bigint, tip: bigint, executable = true): Entry {
  const transaction = {
    hash: hashOf(`${sender} ${fee} ${tip}`),
    raw: Uint8Array.of(2),
    sender: addressOf(sender),
    nonce: 3n,
    gasLimit: 21_000n,
    value: 0n,
    maxFeePerGas: fee,
    maxPriorityFeePerGas: tip,
    tokens: 1n,
    type: 2 as const,
    chainId: 1n,
    to: undefined,
    data: new Uint8Array(),
    accessList: [],
    authorizations: [],
    v: 0n,
    r: 1n,
    s: 1n,
  };
  const standing = { cost: 0n, pooled: true, executable, announced: false };
  return { transaction, arrival: 0, receivedAt: 0, authorities: [], ...standing };
}

describe("Fees of pooled transactions", () => {
  it("of a replacement are so many percent more, rounded up, and at least 1 wei", () => {
    expect(bumped(100n, 10)).to.equal(110n);
    expect(bumped(101n, 10)).to.equal(112n);
    expect(bumped(0n, 10)).to.equal(1n);
    expect(bumped(5n, 0)).to.equal(6n);
  });

  it("are compared by the highest fee, then by the tip", () => {
    const compare = (a: readonly [bigint, bigint], b: readonly [bigint, bigint]) =>
      compareFees(entry("a", ...a).transaction, entry("b", ...b).transaction);
    expect(compare([2n, 0n], [1n, 9n])).to.equal(1);
    expect(compare([1n, 1n], [1n, 2n])).to.equal(-1);
    expect(compare([1n, 1n], [1n, 1n])).to.equal(0);
  });
});

describe("Room in the pool", () => {
  it("is made by queued transactions for executable ones, and by low fees for higher ones", () => {
    const { transaction: newcomer } = entry("newcomer", 10n, 1n);
    expect(givesWay(entry("a", 99n, 1n, false), newcomer, true)).to.equal(true);
    expect(givesWay(entry("a", 1n, 1n, true), newcomer, false)).to.equal(false);
    expect(givesWay(entry("a", 9n, 1n), newcomer, true)).to.equal(true);
    expect(givesWay(entry("a", 10n, 1n), newcomer, true)).to.equal(false);
    expect(givesWay(entry("newcomer", 1n, 1n, false), newcomer, true), "of its own sender").to.equal(false);
  });

  it("is scarce from nine tenths of either limit on", () => {
    const limits: MempoolLimits = { transactions: 10, bytes: 100, perSender: 9, perDelegatedSender: 1, priceBump: 10 };
    const pool = (count: number, bytes: number) => ({
      limits,
      bytes,
      byHash: new Map(Array.from({ length: count }, (_, index) => [hashOf(`${index}`), entry("a", 1n, 1n)])),
    });
    expect(isNearlyFull(pool(8, 89))).to.equal(false);
    expect(isNearlyFull(pool(9, 0))).to.equal(true);
    expect(isNearlyFull(pool(0, 90))).to.equal(true);
  });
});

describe("A transaction that can never be pooled", () => {
  const account: SenderAccount = { nonce: 3n, balance: 0n, code: "none" };
  const pooled = entry("a", 100n, 10n);

  it("comes from a contract, has a used nonce, or hardly pays more than the one it replaces", () => {
    expect(whyNeverPooled(pooled, account, undefined, 10)).to.equal(undefined);
    expect(whyNeverPooled(pooled, { ...account, code: "delegation" }, undefined, 10)).to.equal(undefined);
    expect(whyNeverPooled(pooled, { ...account, code: "contract" }, undefined, 10)).to.eql({
      kind: "rejected",
      reason: { kind: "sender-has-code", sender: pooled.transaction.sender },
    });
    expect(whyNeverPooled(pooled, { ...account, nonce: 4n }, undefined, 10)).to.eql({
      kind: "rejected",
      reason: { kind: "nonce-too-low", expected: 4n, actual: 3n },
    });
    expect(whyNeverPooled(pooled, account, entry("a", 90n, 9n), 10)).to.equal(undefined);
    expect(whyNeverPooled(pooled, account, entry("a", 90n, 10n), 10)).to.eql({
      kind: "replacement-underpriced",
      requiredMaxFeePerGas: 99n,
      requiredPriorityFeePerGas: 11n,
    });
  });
});
