import { expect } from "chai";
import fc from "fast-check";
import type { SignedTransaction } from "../../src/ethereum/index.ts";
import type { Address, Hash } from "../../src/primitives/index.ts";
import { effectiveTip, maximumCost } from "../../src/sequencer/transaction-fees.ts";
import { createTransactionQueues } from "../../src/sequencer/transaction-queues.ts";
import type { MempoolLimits, PooledTransaction, SenderAccount } from "../../src/sequencer/pooled-transaction.ts";

const LIMITS: MempoolLimits = {
  transactions: 1_000,
  bytes: 1_000_000,
  perSender: 100,
  perDelegatedSender: 2,
  priceBump: 10,
};
const RICH: SenderAccount = { nonce: 0n, balance: 10n ** 18n, code: "none" };

const address = (index: number): Address => `0x${index.toString(16).padStart(40, "0")}`;
const alice = address(1);
const bob = address(2);
const carol = address(3);

let counter = 0;
interface Fields {
  sender?: Address;
  nonce?: number;
  fee?: number;
  tip?: number;
  value?: number;
  size?: number;
  authorities?: Address[];
}
function pooled({
  sender = alice,
  nonce = 0,
  fee = 100,
  tip = 10,
  value = 0,
  size = 100,
  authorities = [],
}: Fields): PooledTransaction {
  counter += 1;
  const hash: Hash = `0x${counter.toString(16).padStart(64, "0")}`;
  const transaction: SignedTransaction = {
    hash,
    raw: new Uint8Array(size),
    sender,
    nonce: BigInt(nonce),
    gasLimit: 21_000n,
    value: BigInt(value),
    maxFeePerGas: BigInt(fee),
    maxPriorityFeePerGas: BigInt(tip),
    tokens: BigInt(size),
    type: 2,
    chainId: 1n,
    to: undefined,
    data: new Uint8Array(),
    accessList: [],
    authorizations: [],
    v: 0n,
    r: 1n,
    s: 1n,
  };
  return { transaction, arrival: counter, receivedAt: counter, authorities };
}

function setup(limits: Partial<MempoolLimits> = {}) {
  const queues = createTransactionQueues({ ...LIMITS, ...limits });
  const add = (fields: Fields, account = RICH, readmitted = false) => {
    const transaction = pooled(fields);
    const outcome = queues.add(transaction, account, { readmitted });
    return { ...outcome, hash: transaction.transaction.hash };
  };
  const selected = (baseFee = 0n) => {
    const selection = queues.select(baseFee);
    const order: SignedTransaction[] = [];
    for (let next = selection.next(); next !== undefined; next = selection.next()) order.push(next);
    return order;
  };
  return { queues, add, selected };
}

describe("Transaction queues", () => {
  describe("nonces", () => {
    it("keeps what follows a gap queued until the gap is filled", () => {
      const { queues, add } = setup();
      add({ nonce: 0 });
      add({ nonce: 2 });
      add({ nonce: 3 });
      expect(queues.pendingNonce(alice)).to.equal(1n);
      expect(queues.content().queued.map(({ nonce }) => nonce)).to.eql([2n, 3n]);
      queues.takePromoted();
      add({ nonce: 1 });
      expect(queues.pendingNonce(alice)).to.equal(4n);
      expect(queues.takePromoted().map(({ nonce }) => nonce)).to.eql([1n, 2n, 3n]);
    });

    it("rejects a nonce the account has used", () => {
      const { add } = setup();
      expect(add({ nonce: 4 }, { ...RICH, nonce: 5n })).to.deep.include({
        kind: "rejected",
        reason: { kind: "nonce-too-low", expected: 5n, actual: 4n },
      });
    });

    it("has no pending nonce for a sender without executable transactions", () => {
      const { queues, add } = setup();
      expect(queues.pendingNonce(alice)).to.equal(undefined);
      add({ nonce: 1 });
      expect(queues.pendingNonce(alice)).to.equal(undefined);
    });

    it("gives back the transactions whose nonces were used", () => {
      const { queues, add } = setup();
      const hashes = [0, 1, 2].map((nonce) => add({ nonce }).hash);
      expect(queues.advance(alice, 2n).map(({ transaction }) => transaction.hash)).to.eql(hashes.slice(0, 2));
      expect(queues.size).to.equal(1);
      expect(queues.pendingNonce(alice)).to.equal(3n);
    });

    it("makes transactions wait again when an account's nonce falls back", () => {
      const { queues, add } = setup();
      add({ nonce: 7 }, { ...RICH, nonce: 7n });
      queues.setAccount(alice, { ...RICH, nonce: 6n });
      expect(queues.executableSize).to.equal(0);
      add({ nonce: 6 });
      expect(queues.pendingNonce(alice)).to.equal(8n);
    });
  });

  describe("replacement", () => {
    it("takes 10 % more in both fee fields", () => {
      const { queues, add } = setup();
      const first = add({ fee: 105, tip: 10 });
      for (const [fee, tip] of [
        [116, 10],
        [115, 11],
        [500, 10],
      ] as const) {
        expect(add({ fee, tip })).to.deep.include({
          kind: "replacement-underpriced",
          requiredMaxFeePerGas: 116n,
          requiredPriorityFeePerGas: 11n,
        });
      }
      const second = add({ fee: 116, tip: 11 });
      expect(second.kind === "added" && second.replaced?.transaction.hash).to.equal(first.hash);
      expect(queues.get(first.hash)).to.equal(undefined);
      expect(queues.size).to.equal(1);
    });

    it("takes at least one wei more where 10 % of a fee is nothing", () => {
      const { add } = setup();
      add({ fee: 1, tip: 0 });
      expect(add({ fee: 1, tip: 0 })).to.deep.include({ requiredMaxFeePerGas: 2n, requiredPriorityFeePerGas: 1n });
      expect(add({ fee: 2, tip: 1 }).kind).to.equal("added");
    });

    it("does not count the replaced transaction against balance or limits", () => {
      const { queues, add } = setup({ perSender: 1, transactions: 1 });
      const account: SenderAccount = { ...RICH, balance: 21_000n * 110n };
      add({ fee: 100, tip: 10 }, account);
      expect(add({ fee: 110, tip: 11 }, account).kind).to.equal("added");
      expect(queues.size).to.equal(1);
    });
  });

  describe("balance", () => {
    it("must cover the highest cost of everything the sender has pooled", () => {
      const { add } = setup();
      const account: SenderAccount = { ...RICH, balance: 2n * 21_000n * 100n + 6n };
      expect(add({ nonce: 0, value: 3 }, account).kind).to.equal("added");
      expect(add({ nonce: 1, value: 4 }, account)).to.deep.include({
        kind: "rejected",
        reason: { kind: "insufficient-funds", balance: account.balance, required: account.balance + 1n },
      });
      expect(add({ nonce: 1, value: 3 }, account).kind).to.equal("added");
    });

    it("keeps what a fallen balance does not cover queued, and runs it when the balance is back", () => {
      const { queues, add } = setup();
      for (const nonce of [0, 1, 2]) add({ nonce });
      queues.setAccount(alice, { ...RICH, balance: 21_000n * 100n * 2n });
      expect(queues.pendingNonce(alice)).to.equal(2n);
      expect(queues.size).to.equal(3);
      queues.setAccount(alice, RICH);
      expect(queues.pendingNonce(alice)).to.equal(3n);
    });

    it("runs nothing of an account that has code", () => {
      const { queues, add } = setup();
      add({ nonce: 0 });
      queues.setAccount(alice, { ...RICH, code: "contract" });
      expect(queues.executableSize).to.equal(0);
      expect(add({ sender: bob }, { ...RICH, code: "contract" })).to.deep.include({
        reason: { kind: "sender-has-code", sender: bob },
      });
    });
  });

  describe("limits", () => {
    it("holds a number of transactions of one sender", () => {
      const { add } = setup({ perSender: 2 });
      add({ nonce: 0 });
      add({ nonce: 1 });
      expect(add({ nonce: 2 })).to.deep.include({ kind: "sender-limit", limit: 2 });
      expect(add({ sender: bob }).kind).to.equal("added");
    });

    it("evicts the cheapest transaction for a dearer one", () => {
      const { queues, add } = setup({ transactions: 2 });
      const cheap = add({ sender: alice, fee: 50 });
      add({ sender: bob, fee: 100 });
      expect(add({ sender: carol, fee: 50 }).kind).to.equal("pool-full");
      const dear = add({ sender: carol, fee: 51 });
      expect(dear.kind === "added" && dear.evicted.map(({ transaction }) => transaction.hash)).to.eql([cheap.hash]);
      expect(queues.size).to.equal(2);
    });

    it("evicts queued transactions before executable ones, whatever their fees", () => {
      const { add } = setup({ transactions: 2 });
      add({ sender: alice, fee: 50 });
      const gapped = add({ sender: bob, nonce: 5, fee: 1_000 });
      const outcome = add({ sender: carol, fee: 20 });
      expect(outcome.kind === "added" && outcome.evicted.map(({ transaction }) => transaction.hash)).to.eql([
        gapped.hash,
      ]);
      expect(add({ sender: bob, nonce: 5, fee: 1_000 }).kind).to.equal("pool-full");
    });

    it("queues what followed an evicted transaction", () => {
      const { queues, add } = setup({ transactions: 3 });
      add({ sender: alice, nonce: 0, fee: 50 });
      add({ sender: alice, nonce: 1, fee: 500 });
      add({ sender: bob, fee: 100 });
      add({ sender: carol, fee: 200 });
      expect(queues.pendingNonce(alice)).to.equal(undefined);
      expect(queues.content().queued).to.have.length(1);
    });

    it("never evicts what a sender's own newcomer builds on", () => {
      const { add } = setup({ transactions: 2 });
      add({ sender: alice, nonce: 0, fee: 50 });
      add({ sender: bob, fee: 100 });
      expect(add({ sender: alice, nonce: 1, fee: 1_000 }).kind).to.equal("pool-full");
    });

    it("evicts by bytes, and nothing at all if that is not enough", () => {
      const { queues, add } = setup({ bytes: 1_000 });
      add({ sender: alice, fee: 10, size: 400 });
      add({ sender: bob, fee: 1_000, size: 500 });
      expect(add({ sender: carol, fee: 500, size: 900 }).kind).to.equal("pool-full");
      expect(queues.size).to.equal(2);
      expect(add({ sender: carol, fee: 500, size: 500 }).kind).to.equal("added");
      expect(queues.bytes).to.equal(1_000);
    });

    it("holds few transactions of a delegated sender, or of one with a pooled authorization", () => {
      const { add } = setup();
      const account: SenderAccount = { ...RICH, code: "delegation" };
      for (const nonce of [0, 1]) expect(add({ nonce }, account).kind).to.equal("added");
      expect(add({ nonce: 2 }, account)).to.deep.include({ kind: "sender-limit", limit: 2 });
      add({ sender: bob, authorities: [carol] });
      for (const nonce of [0, 1]) expect(add({ sender: carol, nonce }).kind).to.equal("added");
      expect(add({ sender: carol, nonce: 2 })).to.deep.include({ kind: "sender-limit", limit: 2 });
    });

    it("rejects an authorization of an account with many pooled transactions", () => {
      const { queues, add } = setup();
      for (const nonce of [0, 1, 2]) add({ sender: carol, nonce });
      expect(add({ sender: bob, authorities: [carol] })).to.have.property("kind", "rejected");
      queues.advance(carol, 1n);
      expect(add({ sender: bob, authorities: [carol] })).to.have.property("kind", "added");
    });

    it("takes what was acknowledged before back in beyond all limits", () => {
      const { queues, add } = setup({ transactions: 1, perSender: 1 });
      add({ nonce: 0 });
      expect(add({ nonce: 1 }, { ...RICH, balance: 0n }, true).kind).to.equal("added");
      expect(queues.size).to.equal(2);
    });

    it("expires queued transactions only", () => {
      const { queues, add } = setup();
      add({ nonce: 0 });
      const gapped = add({ nonce: 2 });
      expect(queues.expire(counter + 1).map(({ transaction }) => transaction.hash)).to.eql([gapped.hash]);
      expect(queues.size).to.equal(1);
    });
  });

  describe("selection", () => {
    it("gives the best tip first, equal tips by arrival, and each sender's in nonce order", () => {
      const { add, selected } = setup();
      add({ sender: alice, nonce: 0, fee: 100, tip: 1 });
      add({ sender: alice, nonce: 1, fee: 100, tip: 50 });
      add({ sender: bob, nonce: 0, fee: 100, tip: 20 });
      add({ sender: carol, nonce: 0, fee: 100, tip: 20 });
      expect(selected().map(({ sender, nonce }) => [sender, nonce])).to.eql([
        [bob, 0n],
        [carol, 0n],
        [alice, 0n],
        [alice, 1n],
      ]);
    });

    it("caps a tip at what the base fee leaves of the fee, and leaves out what does not pay the base fee", () => {
      const { add, selected } = setup();
      add({ sender: alice, fee: 60, tip: 50 });
      add({ sender: bob, fee: 100, tip: 20 });
      add({ sender: carol, fee: 49, tip: 49 });
      expect(selected(50n).map(({ sender }) => sender)).to.eql([bob, alice]);
    });

    it("passes over what follows a transaction that could not be included", () => {
      const { queues, add } = setup();
      for (const nonce of [0, 1]) add({ sender: alice, nonce, tip: 50 });
      add({ sender: bob });
      const selection = queues.select(0n);
      expect(selection.next()).to.include({ sender: alice, nonce: 0n });
      selection.skipSender();
      expect(selection.next()).to.include({ sender: bob });
      expect(selection.next()).to.equal(undefined);
    });

    it("gives nothing that left the pool meanwhile", () => {
      const { queues, add } = setup();
      add({ sender: alice, tip: 50 });
      const second = add({ sender: bob });
      const selection = queues.select(0n);
      selection.next();
      queues.remove(second.hash);
      expect(selection.next()).to.equal(undefined);
    });
  });

  it("agrees with a plain model on every sequence of operations, and loses nothing but by its rules", () => {
    const sender = fc.constantFrom(alice, bob, carol, address(4));
    const fee = fc.integer({ min: 1, max: 40 });
    const operation = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant("add" as const),
          sender,
          nonce: fc.integer({ min: 0, max: 7 }),
          fee,
          tip: fee,
          size: fc.integer({ min: 1, max: 300 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("block" as const),
          count: fc.integer({ min: 1, max: 4 }),
          baseFee: fee,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("account" as const),
          sender,
          nonce: fc.integer({ min: 0, max: 8 }),
          funds: fc.integer({ min: 0, max: 200 }),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const limits = { transactions: 8, bytes: 1_500, perSender: 5, perDelegatedSender: 2, priceBump: 10 };
        const { queues, add, selected } = setup(limits);
        const accounts = new Map<Address, SenderAccount>();
        const accountOf = (of: Address): SenderAccount =>
          accounts.get(of) ?? { nonce: 0n, balance: 21_000n * 120n, code: "none" };
        /** All accepted transactions that no rule has taken out. */
        const model = new Map<Hash, SignedTransaction>();
        const executable = () => {
          const result = new Set<Hash>();
          for (const of of new Set([...model.values()].map((transaction) => transaction.sender))) {
            let { nonce, balance } = accountOf(of);
            const own = [...model.values()].filter((transaction) => transaction.sender === of);
            for (
              let next = own.find((t) => t.nonce === nonce);
              next !== undefined && maximumCost(next) <= balance;
              next = own.find((t) => t.nonce === nonce)
            ) {
              result.add(next.hash);
              balance -= maximumCost(next);
              nonce += 1n;
            }
          }
          return result;
        };
        const useNonces = (of: Address) => {
          for (const transaction of model.values()) {
            if (transaction.sender === of && transaction.nonce < accountOf(of).nonce) model.delete(transaction.hash);
          }
        };

        for (const step of operations) {
          if (step.kind === "add") {
            const before = executable();
            const previous = [...model.values()];
            const outcome = add({ ...step, tip: Math.min(step.tip, step.fee) }, accountOf(step.sender));
            if (outcome.kind === "added") {
              const transaction = queues.get(outcome.hash)!.transaction;
              const sameNonce = previous.find(
                (other) => other.sender === step.sender && other.nonce === BigInt(step.nonce),
              );
              expect(outcome.replaced?.transaction.hash).to.equal(sameNonce?.hash);
              if (sameNonce !== undefined) {
                expect(transaction.maxFeePerGas * 10n >= sameNonce.maxFeePerGas * 11n).to.equal(true);
                expect(transaction.maxPriorityFeePerGas > sameNonce.maxPriorityFeePerGas).to.equal(true);
                model.delete(sameNonce.hash);
              }
              for (const { transaction: victim } of outcome.evicted) {
                // Nothing that stays is worth less than what went, by standing and then by fee.
                for (const other of model.values()) {
                  if (other.sender === step.sender || before.has(other.hash) !== before.has(victim.hash)) continue;
                  if (outcome.evicted.some(({ transaction: evicted }) => evicted.hash === other.hash)) continue;
                  expect(other.maxFeePerGas >= victim.maxFeePerGas).to.equal(true);
                }
                if (before.has(victim.hash)) expect(transaction.maxFeePerGas >= victim.maxFeePerGas).to.equal(true);
              }
              for (const { transaction: victim } of outcome.evicted) model.delete(victim.hash);
              model.set(transaction.hash, transaction);
            }
          } else if (step.kind === "block") {
            for (const { sender: of, nonce, ...transaction } of selected(BigInt(step.baseFee)).slice(0, step.count)) {
              const { balance } = accountOf(of);
              expect(nonce).to.equal(accountOf(of).nonce);
              accounts.set(of, {
                nonce: nonce + 1n,
                balance: balance - transaction.gasLimit * transaction.maxFeePerGas,
                code: "none",
              });
              queues.advance(of, nonce + 1n);
              useNonces(of);
            }
          } else {
            accounts.set(step.sender, {
              nonce: BigInt(step.nonce),
              balance: 21_000n * BigInt(step.funds),
              code: "none",
            });
            queues.setAccount(step.sender, accountOf(step.sender));
            useNonces(step.sender);
          }

          const expected = executable();
          const { pending, queued } = queues.content();
          expect(new Set(pending.map(({ hash }) => hash))).to.eql(expected);
          expect(new Set([...pending, ...queued].map(({ hash }) => hash))).to.eql(new Set(model.keys()));
          expect(queues.size).to.equal(model.size);
          expect(queues.executableSize).to.equal(expected.size);
          expect(queues.bytes).to.equal([...model.values()].reduce((sum, { raw }) => sum + raw.length, 0));
          expect(queues.size).to.be.at.most(limits.transactions);
          expect(queues.bytes).to.be.at.most(limits.bytes);
          const order = selected(10n);
          const nonces = new Map<Address, bigint>();
          for (const transaction of order) {
            expect(expected.has(transaction.hash)).to.equal(true);
            expect(effectiveTip(transaction, 10n) >= 0n).to.equal(true);
            expect(transaction.nonce).to.equal(nonces.get(transaction.sender) ?? accountOf(transaction.sender).nonce);
            nonces.set(transaction.sender, transaction.nonce + 1n);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
