import { expect } from "chai";
import pino from "pino";
import { Registry } from "prom-client";
import { createSenderRecovery, decodeTransaction } from "../../src/ethereum/index.ts";
import { keccak256 } from "../../src/primitives/index.ts";
import { createMempool } from "../../src/sequencer/index.ts";
import type { DropReason, Mempool, MempoolLimits } from "../../src/sequencer/index.ts";
import { createLedger } from "./support/ledger.ts";
import { memoryRecords } from "./support/memory-records.ts";
import { CHAIN_ID, contractAddress, ETHER, GWEI, wallet } from "./support/wallets.ts";

const logger = pino({ level: "silent" });
const alice = wallet("alice");
const bob = wallet("bob");

describe("Mempool", () => {
  const open: Mempool[] = [];
  afterEach(async () => {
    for (const mempool of open.splice(0)) await mempool.close();
  });

  async function setup({
    limits = {},
    ledger = createLedger(),
    journal = memoryRecords(),
    recovery = undefined as ReturnType<typeof createSenderRecovery> | undefined,
  }: {
    limits?: Partial<MempoolLimits>;
    ledger?: ReturnType<typeof createLedger>;
    journal?: ReturnType<typeof memoryRecords>;
    recovery?: ReturnType<typeof createSenderRecovery> | undefined;
  } = {}) {
    ledger.set(alice.address, { balance: ETHER });
    ledger.set(bob.address, { balance: ETHER });
    const mempool = await createMempool(
      { chainId: CHAIN_ID, state: ledger.state, journal, limits, ...(recovery === undefined ? {} : { recovery }) },
      { logger, metrics: new Registry() },
    );
    open.push(mempool);
    const drops: (readonly [hash: string, reason: DropReason])[] = [];
    mempool.changes.on("dropped", ({ hash }, reason) => drops.push([hash, reason]));
    return { ledger, journal, mempool, drops };
  }

  describe("submission", () => {
    it("accepts a transaction once and calls the second copy known, also while the first is being looked at", async () => {
      const { mempool } = await setup();
      const raw = alice.sign();
      const outcomes = await Promise.all([mempool.submit(raw), mempool.submit(raw)]);
      expect(outcomes.map(({ kind }) => kind)).to.eql(["accepted", "known"]);
      expect(await mempool.submit(raw)).to.eql({ kind: "known", hash: keccak256(raw) });
      expect(mempool.get(keccak256(raw))).to.include({ sender: alice.address, nonce: 0n });
    });

    it("accepts legacy transactions and fees that do not pay today's base fee", async () => {
      const { mempool, ledger } = await setup();
      expect(await mempool.submit(alice.signLegacy())).to.have.property("kind", "accepted");
      expect(
        await mempool.submit(bob.sign({ maxFeePerGas: ledger.environment.baseFeeAt() - 1n, maxPriorityFeePerGas: 0n })),
      ).to.have.property("kind", "accepted");
      expect(mempool.select(ledger.environment.baseFeeAt()).next()).to.include({ sender: alice.address });
    });

    it("says precisely why it rejects", async () => {
      const { mempool, ledger } = await setup();
      const reasonOf = async (raw: Uint8Array) => {
        const outcome = await mempool.submit(raw);
        return outcome.kind === "rejected" ? outcome.reason : outcome;
      };
      ledger.set(bob.address, { nonce: 3n });
      expect(await reasonOf(bob.sign({ nonce: 2 }))).to.eql({ kind: "nonce-too-low", expected: 3n, actual: 2n });
      expect(await reasonOf(alice.sign({ gasLimit: 20_999n }))).to.eql({
        kind: "gas-below-intrinsic",
        gasLimit: 20_999n,
        required: 21_000n,
      });
      expect(await reasonOf(alice.sign({ maxFeePerGas: 9_999_999n, maxPriorityFeePerGas: 0n }))).to.eql({
        kind: "fee-below-base-fee",
        maxFeePerGas: 9_999_999n,
        baseFee: 10_000_000n,
      });
      expect(await reasonOf(alice.sign({ value: ETHER }))).to.eql({
        kind: "insufficient-funds",
        balance: ETHER,
        required: ETHER + 210_000n * GWEI,
      });
      ledger.set(bob.address, { code: "contract" });
      expect(await reasonOf(bob.sign({ nonce: 3 }))).to.eql({ kind: "sender-has-code", sender: bob.address });
      expect(await reasonOf(alice.sign({ chainId: 1 }))).to.have.property("kind", "invalid");
      expect(await reasonOf(alice.sign({ data: new Uint8Array(131_072), gasLimit: 16_000_000n }))).to.have.property(
        "kind",
        "invalid",
      );
      expect(mempool.size).to.equal(0);
    });

    it("asks for data gas at the current price beside the gas of execution", async () => {
      const ledger = createLedger();
      ledger.environment.dataPrice = 5n * GWEI;
      const { mempool } = await setup({ ledger });
      const raw = alice.sign({ gasLimit: 21_000n });
      const outcome = await mempool.submit(raw);
      const { tokens } = decodeTransaction(raw, CHAIN_ID);
      expect(outcome).to.eql({
        kind: "rejected",
        reason: { kind: "gas-below-intrinsic", gasLimit: 21_000n, required: 21_000n + tokens * 5n },
      });
      expect(await mempool.submit(alice.sign({ gasLimit: 30_000n }))).to.have.property("kind", "accepted");
    });

    it("rejects garbage of any kind", async () => {
      const { mempool } = await setup();
      const valid = alice.sign();
      const garbage = [
        new Uint8Array(),
        Uint8Array.of(3),
        Uint8Array.of(0x7f, 1),
        new Uint8Array(200_000),
        valid.subarray(0, 50),
        Uint8Array.of(...valid, 0),
        Uint8Array.from(valid, (byte, index) => (index === valid.length - 1 ? byte ^ 255 : byte)),
      ];
      for (const raw of garbage) {
        const outcome = await mempool.submit(raw);
        expect(
          (outcome.kind === "rejected" && outcome.reason.kind === "invalid") ||
            (outcome.kind === "rejected" && outcome.reason.kind === "insufficient-funds"),
          JSON.stringify(outcome.kind),
        ).to.equal(true);
      }
      expect(mempool.size).to.equal(0);
    });

    it("looks at the account again before it rejects for funds that may have come meanwhile", async () => {
      const { mempool, ledger } = await setup();
      ledger.set(alice.address, { balance: 210_000n * GWEI });
      await mempool.submit(alice.sign({ nonce: 0 }));
      ledger.set(alice.address, { balance: ETHER });
      expect(await mempool.submit(alice.sign({ nonce: 1 }))).to.have.property("kind", "accepted");
    });

    it("recovers senders on other threads when it is given them", async () => {
      const recovery = createSenderRecovery({ chainId: CHAIN_ID, workers: 1 }, { logger });
      try {
        const { mempool } = await setup({ recovery });
        const raws = Array.from({ length: 20 }, (_, nonce) =>
          alice.sign({ nonce, gasLimit: 21_000n, maxFeePerGas: 2n * GWEI }),
        );
        const outcomes = await Promise.all(raws.map((raw) => mempool.submit(raw)));
        expect(outcomes.every(({ kind }) => kind === "accepted")).to.equal(true);
        expect(mempool.pendingNonce(alice.address)).to.equal(20n);
      } finally {
        await recovery.close();
      }
    });

    it("tells of a transaction when it becomes executable, once", async () => {
      const { mempool } = await setup();
      const told: bigint[] = [];
      mempool.events.on("transaction", ({ nonce }) => told.push(nonce));
      await mempool.submit(alice.sign({ nonce: 1 }));
      expect(told).to.eql([]);
      await mempool.submit(alice.sign({ nonce: 0 }));
      expect(told).to.eql([0n, 1n]);
    });
  });

  describe("blocks", () => {
    it("take their transactions out, and those whose nonces they used otherwise", async () => {
      const { mempool, ledger, drops } = await setup();
      const ours = alice.sign({ nonce: 0 });
      const other = alice.sign({ nonce: 0, value: 5n });
      const superseded = bob.sign({ nonce: 0 });
      for (const raw of [ours, alice.sign({ nonce: 1 }), superseded]) await mempool.submit(raw);
      ledger.mineRaw([ours, bob.sign({ nonce: 0, value: 1n })]);
      await mempool.settled();
      expect(mempool.size).to.equal(1);
      expect(mempool.pendingNonce(alice.address)).to.equal(2n);
      expect(drops).to.eql([
        [keccak256(superseded), { kind: "skipped", reason: { kind: "nonce-too-low", expected: 1n, actual: 0n } }],
      ]);
      expect(await mempool.submit(other)).to.have.nested.property("reason.kind", "nonce-too-low");
    });

    it("bring back what a payment makes affordable, whoever paid", async () => {
      const { mempool, ledger } = await setup();
      await mempool.submit(alice.sign({ nonce: 0 }));
      ledger.set(alice.address, { balance: 0n });
      ledger.mineRaw([]);
      await mempool.settled();
      ledger.mine([]);
      await mempool.settled();
      expect(mempool.pendingNonce(alice.address)).to.equal(undefined);
      expect(mempool.size).to.equal(1);
      ledger.mine([], [[alice.address, { balance: ETHER }]]);
      await mempool.settled();
      ledger.mine([]);
      await mempool.settled();
      expect(mempool.pendingNonce(alice.address)).to.equal(1n);
    });

    it("invalidate what an authorization spends the nonce of (EIP-7702)", async () => {
      const { mempool, ledger, drops } = await setup();
      const victim = bob.sign({ nonce: 0 });
      await mempool.submit(victim);
      const delegating = alice.signDelegating({ gasLimit: 100_000n }, [bob.authorize(contractAddress(1), 0n)]);
      expect(await mempool.submit(delegating)).to.have.property("kind", "accepted");
      ledger.mine([decodeTransaction(delegating, CHAIN_ID)], [[bob.address, { nonce: 1n, code: "delegation" }]]);
      await mempool.settled();
      expect(mempool.size).to.equal(0);
      expect(drops.map(([hash]) => hash)).to.eql([keccak256(victim)]);
    });

    it("re-examine a delegated account every time, since anybody can make it spend", async () => {
      const { mempool, ledger } = await setup();
      ledger.set(alice.address, { code: "delegation" });
      await mempool.submit(alice.sign({ nonce: 0 }));
      ledger.mine([], [[alice.address, { balance: 5n }]]);
      await mempool.settled();
      expect(mempool.content()).to.have.nested.property("queued.length", 1);
    });

    it("give their transactions back when a reorg removes them", async () => {
      const { mempool, ledger } = await setup();
      const raws = [alice.sign({ nonce: 0 }), alice.sign({ nonce: 1 }), bob.sign({ nonce: 0 })];
      for (const raw of raws) await mempool.submit(raw);
      ledger.mineRaw(raws.slice(0, 1));
      ledger.mineRaw(raws.slice(1));
      await mempool.settled();
      expect(mempool.size).to.equal(0);
      ledger.reorg(1);
      // L1 brought one of them in a block of its own.
      ledger.mineRaw(raws.slice(2));
      await mempool.settled();
      expect(mempool.content().pending.map(({ hash }) => hash)).to.eql(raws.slice(0, 2).map(keccak256));
    });
  });

  describe("a transaction that a block skipped", () => {
    it("leaves with the reason, and what follows it waits", async () => {
      const { mempool, drops } = await setup();
      const raws = [alice.sign({ nonce: 0 }), alice.sign({ nonce: 1 })];
      for (const raw of raws) await mempool.submit(raw);
      const reason = { kind: "gas-below-intrinsic", gasLimit: 21_000n, required: 22_000n } as const;
      mempool.skipped(keccak256(raws[0]!), reason);
      expect(drops).to.eql([[keccak256(raws[0]!), { kind: "skipped", reason }]]);
      expect(mempool.content().queued.map(({ nonce }) => nonce)).to.eql([1n]);
    });

    it("stays if it may run in a later block", async () => {
      const { mempool } = await setup();
      const raw = alice.sign();
      await mempool.submit(raw);
      mempool.skipped(keccak256(raw), { kind: "block-gas-exceeded", gasLimit: 21_000n, available: 5n });
      mempool.skipped(keccak256(raw), { kind: "fee-below-base-fee", maxFeePerGas: 1n, baseFee: 2n });
      mempool.skipped(keccak256(raw), { kind: "nonce-too-high", expected: 0n, actual: 1n });
      await mempool.settled();
      expect(mempool.size).to.equal(1);
    });
  });

  describe("the journal", () => {
    it("holds a transaction before it is acknowledged", async () => {
      const { mempool, journal } = await setup();
      let release = () => {};
      journal.gate = new Promise((resolve) => (release = resolve));
      let acknowledged = false;
      const submission = mempool.submit(alice.sign()).then(() => (acknowledged = true));
      while (mempool.size === 0) await new Promise(setImmediate);
      expect(acknowledged).to.equal(false);
      release();
      await submission;
      expect(journal.keys()).to.have.length(1);
    });

    it("brings everything acknowledged back after a kill, in order", async () => {
      const { ledger, journal, mempool } = await setup();
      const raws = [alice.sign({ nonce: 0 }), alice.sign({ nonce: 1 }), bob.sign({ nonce: 0 }), bob.sign({ nonce: 7 })];
      for (const raw of raws) await mempool.submit(raw);
      // Not closed: a kill asks nobody.
      const second = await setup({ ledger, journal, limits: { transactions: 1 } });
      expect(second.mempool.size).to.equal(4);
      expect(second.mempool.pendingNonce(alice.address)).to.equal(2n);
    });

    it("keeps what is in a block until the block is final, so that a kill during a reorg loses nothing", async () => {
      const { ledger, journal, mempool } = await setup();
      const raw = alice.sign();
      await mempool.submit(raw);
      const { header } = ledger.mineRaw([raw]);
      await mempool.settled();
      expect(journal.keys()).to.have.length(1);
      await mempool.close();
      ledger.reorg(1);
      const second = await setup({ ledger, journal });
      expect(second.mempool.get(keccak256(raw))).to.not.equal(undefined);
      ledger.mineRaw([raw]);
      await second.mempool.settled();
      expect(second.mempool.size).to.equal(0);
      ledger.finalize(header.number);
      await second.mempool.close();
      expect(journal.keys()).to.eql([]);
    });

    it("forgets what was replaced, dropped or found in a final block", async () => {
      const { ledger, journal, mempool } = await setup();
      await mempool.submit(alice.sign({ nonce: 0 }));
      await mempool.submit(alice.sign({ nonce: 0, maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: 2n * GWEI }));
      const final = bob.sign({ nonce: 0 });
      await mempool.submit(final);
      const dropped = bob.sign({ nonce: 1 });
      await mempool.submit(dropped);
      mempool.skipped(keccak256(dropped), { kind: "invalid", message: "test" });
      await mempool.close();
      ledger.mineRaw([final]);
      ledger.finalize(1);
      const second = await setup({ ledger, journal });
      await second.mempool.close();
      expect(journal.keys()).to.have.length(1);
    });

    it("writes what comes together in few writes", async () => {
      const { journal, mempool } = await setup();
      const raws = Array.from({ length: 100 }, (_, nonce) => alice.sign({ nonce }));
      await Promise.all(raws.map((raw) => mempool.submit(raw)));
      expect(journal.keys()).to.have.length(100);
      expect(journal.writes).to.be.at.most(3);
    });

    it("does not acknowledge what it could not write", async () => {
      const { journal, mempool } = await setup();
      journal.gate = Promise.reject(new Error("the disk is full"));
      journal.gate.catch(() => undefined);
      let failure: unknown;
      await mempool.submit(alice.sign()).catch((error: unknown) => (failure = error));
      expect(failure).to.be.instanceOf(Error);
      expect(mempool.size).to.equal(0);
    });
  });

  it("keeps up with a chain that moves while transactions come in", async () => {
    const { ledger, mempool } = await setup({ limits: { perSender: 1_000 } });
    ledger.set(alice.address, { balance: 1_000n * ETHER });
    const raws = Array.from({ length: 200 }, (_, nonce) => alice.sign({ nonce }));
    const accepted: Promise<unknown>[] = [];
    let mined = 0;
    for (const raw of raws) {
      accepted.push(mempool.submit(raw));
      if (accepted.length % 10 === 0) {
        await Promise.all(accepted);
        const selection = mempool.select(ledger.environment.baseFeeAt());
        const batch = [selection.next(), selection.next(), selection.next()].filter(
          (transaction) => transaction !== undefined,
        );
        ledger.mine(batch);
        mined += batch.length;
      }
    }
    await Promise.all(accepted);
    await mempool.settled();
    expect(mempool.size).to.equal(200 - mined);
    expect(mempool.pendingNonce(alice.address)).to.equal(200n);
    expect(mined).to.equal(60);
  });
});
