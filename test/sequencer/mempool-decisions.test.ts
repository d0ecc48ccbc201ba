import { expect } from "chai";
import type { SkipReason } from "../../src/ethereum/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import type { BlockTransaction } from "../../src/rollup/index.ts";
import { effectsOf } from "../../src/sequencer/block-effects.ts";
import { isWorthReading } from "../../src/sequencer/mempool-admission.ts";
import { consequenceOfSkip } from "../../src/sequencer/mempool-departures.ts";
import { sortJournal } from "../../src/sequencer/mempool-readmission.ts";
import type { PooledTransaction } from "../../src/sequencer/pooled-transaction.ts";
import { addressOf, deposit, hashOf } from "../storage/fixtures.ts";

const alice = addressOf("alice");
const bob = addressOf("bob");
const carol = addressOf("carol");

function pooled(sender: Address, nonce: number, authorities: readonly Address[] = []): PooledTransaction {
  const transaction = {
    hash: hashOf(`${sender} ${nonce}`),
    raw: Uint8Array.of(2),
    sender,
    nonce: BigInt(nonce),
    gasLimit: 21_000n,
    value: 0n,
    maxFeePerGas: 1n,
    maxPriorityFeePerGas: 1n,
    tokens: 1n,
    type: 2 as const,
    chainId: 1n,
    to: bob,
    data: new Uint8Array(),
    accessList: [],
    authorizations: [],
    v: 0n,
    r: 1n,
    s: 1n,
  };
  return { transaction, arrival: 0, receivedAt: 0, authorities };
}

const signed = ({ transaction: { hash, raw, sender } }: PooledTransaction): BlockTransaction => ({
  kind: "signed",
  hash,
  raw,
  sender,
});

describe("What a block changes of pooled accounts", () => {
  const nobody = () => undefined;

  it("is nothing for an empty one", () => {
    const effects = effectsOf({ transactions: [] }, nobody);
    expect([effects.touched.size, effects.isAnyTouched, effects.nextNonces.size]).to.eql([0, false, 0]);
  });

  it("are the accounts that a deposit names", () => {
    const message = deposit(3);
    const transaction: BlockTransaction = { kind: "deposit", hash: message.hash, message, nonce: 0n };
    const { touched } = effectsOf({ transactions: [transaction] }, nobody);
    expect([...touched]).to.eql([message.sender, message.to, message.refundTo]);
  });

  it("are sender, recipient and authorities of a pooled transaction, and the sender's next nonce", () => {
    const pool = [pooled(alice, 4), pooled(alice, 5, [carol])];
    const byHash = (hash: Hash) => pool.find(({ transaction }) => transaction.hash === hash);
    for (const transactions of [pool, [...pool].reverse()]) {
      const effects = effectsOf({ transactions: transactions.map(signed) }, byHash);
      expect([...effects.touched]).to.have.members([alice, bob, carol]);
      expect([...effects.nextNonces]).to.eql([[alice, 6n]]);
      expect(effects.isAnyTouched).to.equal(false);
    }
  });

  it("is the sender of a transaction that was not pooled, and anybody if it carries authorizations", () => {
    const plain = signed(pooled(alice, 0));
    const effects = effectsOf({ transactions: [plain] }, nobody);
    expect([[...effects.touched], effects.isAnyTouched, effects.nextNonces.size]).to.eql([[alice], false, 0]);
    const delegating = { ...plain, raw: Uint8Array.of(4) } as BlockTransaction;
    expect(effectsOf({ transactions: [delegating] }, nobody).isAnyTouched).to.equal(true);
  });
});

describe("A transaction that a block skipped", () => {
  it("leaves if no later block can run it, and tells of the account if its nonce is ahead", () => {
    const reasons: readonly (readonly [SkipReason, string])[] = [
      [{ kind: "nonce-too-high", expected: 1n, actual: 2n }, "account-unknown"],
      [{ kind: "block-gas-exceeded", gasLimit: 2n, available: 1n }, "stays"],
      [{ kind: "fee-below-base-fee", maxFeePerGas: 1n, baseFee: 2n }, "stays"],
      [{ kind: "nonce-too-low", expected: 2n, actual: 1n }, "leaves"],
      [{ kind: "insufficient-funds", balance: 1n, required: 2n }, "leaves"],
      [{ kind: "gas-below-intrinsic", gasLimit: 1n, required: 2n }, "leaves"],
      [{ kind: "sender-has-code", sender: alice }, "leaves"],
      [{ kind: "invalid", message: "" }, "leaves"],
    ];
    for (const [reason, consequence] of reasons) expect(consequenceOfSkip(reason), reason.kind).to.equal(consequence);
  });
});

describe("A refusal by the queues", () => {
  it("is worth another look at the account only for want of funds", () => {
    const rejected = (reason: SkipReason) => isWorthReading({ kind: "rejected", reason });
    expect(rejected({ kind: "insufficient-funds", balance: 1n, required: 2n })).to.equal(true);
    expect(rejected({ kind: "nonce-too-low", expected: 2n, actual: 1n })).to.equal(false);
    expect(isWorthReading({ kind: "pool-full" })).to.equal(false);
  });
});

describe("The journal at the start", () => {
  it("gives back what is in no block, earliest first, and forgets what is final", () => {
    const record = (receivedAt: number) => ({ raw: Uint8Array.of(receivedAt), receivedAt });
    const names = ["late", "final", "unsafe", "early", "last final"];
    const entries = names.map((name, index) => [hashOf(name), record(10 - index)] as const);
    const blocks = new Map([
      [hashOf("final"), 3],
      [hashOf("last final"), 7],
      [hashOf("unsafe"), 8],
    ]);
    expect(sortJournal(entries, (hash) => blocks.get(hash), 7)).to.eql({
      pending: [record(7), record(10)],
      final: [hashOf("final"), hashOf("last final")],
    });
  });
});
