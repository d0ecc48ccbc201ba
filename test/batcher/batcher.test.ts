import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { encodeFunctionData } from "viem";
import {
  createBatcher,
  BatcherError,
  blobPostingCost,
  blobPostingGas,
  calldataPostingCost,
  calldataPostingGas,
} from "../../src/batcher/index.ts";
import type { Batcher, BatcherOptions } from "../../src/batcher/index.ts";
import { createTransactionManager, inboxAbi } from "../../src/l1/index.ts";
import type { TransactionManager, TransactionManagerOptions } from "../../src/l1/index.ts";
import { hashMessage, MESSAGE_KINDS, messageBodyHash } from "../../src/rollup/index.ts";
import { createTestInstruments } from "../l1-transactions/l1-fixture.ts";
import { createTestDisk, Killed } from "../l1-transactions/memory-record-store.ts";
import type { TestDisk } from "../l1-transactions/memory-record-store.ts";
import { createRollupFixture, DAY, HOUR, OPERATOR_KEY, OTHER_KEY } from "./rollup-fixture.ts";
import type { RollupFixture } from "./rollup-fixture.ts";

describe("batcher", () => {
  let rollup: RollupFixture;
  let disk: TestDisk;
  let transactionDisk: TestDisk;
  let transactions: TransactionManager;
  /** Milliseconds. */
  let clock: number;

  async function begin(parameters: Parameters<typeof createRollupFixture>[0] = {}): Promise<void> {
    rollup = await createRollupFixture(parameters);
    disk = createTestDisk();
    transactionDisk = createTestDisk();
    clock = (await rollup.l1Timestamp()) * 1000;
  }

  beforeEach(() => begin());
  afterEach(() => rollup.close());

  /** A batcher with a transaction manager of its own, as a process has them. */
  async function open(
    options: Partial<BatcherOptions> = {},
    managerOptions: Partial<TransactionManagerOptions> = {},
    kill: Parameters<TestDisk["open"]>[0] = undefined,
    killManager: Parameters<TestDisk["open"]>[0] = undefined,
  ): Promise<Batcher> {
    transactions = await createTransactionManager(
      {
        client: rollup.l1.client,
        chainId: 31337,
        privateKey: OPERATOR_KEY,
        records: transactionDisk.open(killManager),
        abis: [inboxAbi],
        now: () => clock,
        ...managerOptions,
      },
      createTestInstruments(),
    );
    return createBatcher(
      {
        chain: rollup.chain,
        client: rollup.l1.client,
        transactions,
        records: disk.open(kill),
        blobArchive: rollup.blobArchive,
        dataKind: "calldata",
        now: () => clock,
        ...options,
      },
      createTestInstruments(),
    );
  }

  /** What happens between two steps of a batcher when L1 and the node work. */
  async function settle(): Promise<void> {
    await transactions.step();
    await rollup.follow();
  }

  const heads = () => rollup.chain.store.getHeads();
  const hashes = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => rollup.chain.store.getBlockHash(from + i));
  const readInbox = async (functionName: "batchCount" | "messageCount" | "messagesRead") =>
    Number(
      await rollup.l1.client.readContract({ address: rollup.config.contracts.inbox, abi: inboxAbi, functionName }),
    );

  async function addBlocks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await rollup.addBlock();
  }

  /** An empty batch of somebody else that reads the first unread message, once it is overdue. */
  async function forceInclude(): Promise<void> {
    const first = await readInbox("messagesRead");
    const message = rollup.chain.inbox.getMessage(first)!;
    await rollup.callInbox(
      encodeFunctionData({
        abi: inboxAbi,
        functionName: "forceInclude",
        args: [
          BigInt(first),
          {
            enqueuedAt: BigInt(message.enqueuedAt),
            kind: MESSAGE_KINDS[message.kind],
            bodyHash: messageBodyHash(message),
          },
        ],
      }),
    );
  }

  describe("posting", () => {
    for (const dataKind of ["calldata", "blobs"] as const) {
      it(`puts blocks on L1 as ${dataKind} from which the same blocks are derived`, async () => {
        // On the node's own database, as in a real process.
        const records = (namespace: string) => rollup.database.records(namespace);
        const batcher = await open(
          { dataKind, records: records("batcher") },
          { records: records("batcher/l1-transactions") },
        );
        await addBlocks(3);
        const built = hashes(0, 3);
        const step = await batcher.postNow();
        expect(step).to.have.property("kind", "posted");
        await settle();
        expect(heads()).to.include({ latest: 3, safe: 3 });
        expect(hashes(0, 3)).to.eql(built);
        expect(await batcher.step()).to.eql({ kind: "idle" });
        expect(batcher.inFlight()).to.eql([]);
      });
    }

    it("continues after the last batch, through context messages and deposits", async () => {
      const batcher = await open();
      for (let round = 0; round < 4; round++) {
        await rollup.deposit();
        await rollup.follow();
        await addBlocks(2);
        await rollup.deposit();
        await rollup.l1.increaseTime(HOUR);
        await rollup.follow();
        const built = hashes(0, heads().latest);
        expect(await batcher.postNow()).to.have.property("kind", "posted");
        await settle();
        expect(hashes(0, built.length - 1)).to.eql(built);
        expect(heads().safe).to.equal(built.length - 1);
      }
      expect(await readInbox("batchCount")).to.equal(4);
    });

    it("waits until the node knows the message that the batch has to open", async () => {
      const batcher = await open();
      await rollup.addBlock();
      await rollup.deposit();
      expect(await batcher.postNow()).to.have.property("kind", "waiting-for-sync");
      await rollup.follow();
      expect(await batcher.step()).to.have.property("kind", "posted");
      await settle();
      expect(heads()).to.include({ latest: 1, safe: 1 });
      // From then on there is a recent context message, and nobody can hold up a batch by a deposit.
      await rollup.addBlock();
      await rollup.deposit();
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      await settle();
      expect(heads()).to.include({ latest: 2, safe: 2 });
    });

    it("is done when the oldest block has reached the interval, and not before", async () => {
      const batcher = await open({ interval: 60 });
      const block = await rollup.addBlock();
      clock = (block.header.timestamp + 59) * 1000;
      expect(await batcher.step()).to.include({ kind: "not-due", blocks: 1 });
      clock += 1000;
      expect(await batcher.step()).to.include({ kind: "posted", reason: "interval" });
    });

    it("is done when the payload has reached its target size", async () => {
      const batcher = await open({ interval: DAY, targetPayloadBytes: 3000 });
      await rollup.addBlock();
      expect(await batcher.step()).to.have.property("kind", "not-due");
      await rollup.addBlock({ data: randomBytes(3000) });
      expect(await batcher.step()).to.include({ kind: "posted", reason: "size" });
    });

    it("is done before a message would become overdue", async () => {
      const batcher = await open({ interval: 7 * DAY, inclusionMargin: HOUR });
      await rollup.deposit();
      await rollup.follow();
      await rollup.addBlock();
      expect(await batcher.step()).to.have.property("kind", "not-due");
      await rollup.l1.increaseTime(10 * HOUR + 60);
      await rollup.l1.mine();
      expect(await batcher.step()).to.include({ kind: "posted", reason: "inclusion" });
      await settle();
      expect(heads()).to.include({ latest: 1, safe: 1 });
    });

    it("splits what exceeds the payload limit, in order", async () => {
      const batcher = await open({ maximumPayloadBytes: 5000 });
      for (let i = 0; i < 4; i++) await rollup.addBlock({ data: randomBytes(2000) });
      const built = hashes(0, 4);
      const ranges = [];
      for (let i = 0; i < 2; i++) {
        const step = await batcher.postNow();
        if (step.kind === "posted") ranges.push([step.batch.firstBlock, step.batch.lastBlock]);
        await settle();
      }
      expect(ranges).to.eql([
        [1, 2],
        [3, 4],
      ]);
      expect(hashes(0, 4)).to.eql(built);
      expect(heads().safe).to.equal(4);
    });

    it("says which block is larger than any payload", async () => {
      const batcher = await open({ maximumPayloadBytes: 1000 });
      await rollup.addBlock({ data: randomBytes(2000) });
      const error = (await batcher.postNow().catch((reason: unknown) => reason)) as BatcherError;
      expect(error.reason).to.eql({ kind: "block-too-large", block: 1, maximumPayloadBytes: 1000 });
    });

    it("waits for L1 to reach blocks that are ahead of it by more than derivation allows", async () => {
      const batcher = await open();
      await rollup.addBlock();
      await rollup.addBlock({ timestamp: (await rollup.l1Timestamp()) + 2000 });
      const built = hashes(0, 2);
      const first = await batcher.postNow();
      expect(first.kind === "posted" && first.batch.lastBlock).to.equal(1);
      await settle();
      expect(await batcher.postNow()).to.have.property("kind", "ahead-of-l1");
      await rollup.l1.increaseTime(2000);
      await rollup.l1.mine();
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      await settle();
      expect(hashes(0, 2)).to.eql(built);
      expect(heads().safe).to.equal(2);
    });

    it("goes by the time of the L1 block to come, as the last may be days old on an L1 nobody uses", async () => {
      const batcher = await open({ inclusionMargin: HOUR });
      await rollup.deposit();
      await rollup.follow();
      await rollup.addBlock({ readMessages: false });
      await rollup.addBlock({ readMessages: false, timestamp: (await rollup.l1Timestamp()) + 13 * HOUR });
      const built = hashes(0, 2);
      await rollup.l1.increaseTime(13 * HOUR);
      const step = await batcher.postNow();
      expect(step.kind === "posted" && step.batch).to.include({ lastBlock: 2, messagesUpTo: 1 });
      await settle();
      // The overdue message was read although the blocks did not read it.
      expect(hashes(0, 2)).to.eql(built);
      expect(heads()).to.include({ latest: 3, safe: 3 });
      expect(await readInbox("messagesRead")).to.equal(1);
    });

    it("is done after the interval even if L2's time is ahead of the wall clock", async () => {
      const batcher = await open({ interval: 60 });
      await rollup.l1.increaseTime(DAY);
      await rollup.addBlock({ timestamp: (await rollup.l1Timestamp()) + DAY });
      expect(await batcher.step()).to.have.property("kind", "not-due");
      clock += 60_000;
      expect(await batcher.step()).to.include({ kind: "posted", reason: "interval" });
    });

    it("has no more batches under way than allowed, and posts the rest after", async () => {
      const batcher = await open({ maximumInFlight: 2, maximumPayloadBytes: 3000 });
      await rollup.l1.setAutomine(false);
      for (let i = 0; i < 3; i++) await rollup.addBlock({ data: randomBytes(2000) });
      const built = hashes(0, 3);
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      expect(await batcher.postNow()).to.eql({ kind: "backpressure", inFlight: 2 });
      await rollup.l1.mine();
      await settle();
      expect(heads().safe).to.equal(2);
      expect(await batcher.step()).to.have.property("kind", "posted");
      await rollup.l1.mine();
      await settle();
      expect(hashes(0, 3)).to.eql(built);
      expect(heads().safe).to.equal(3);
    });

    it("goes on by itself when started and ends its step when stopped", async () => {
      const batcher = await open({ interval: 0, pollingInterval: 0.01 }, { pollingInterval: 0.01 });
      transactions.start();
      batcher.start();
      await addBlocks(2);
      const posted = async () => (await readInbox("batchCount")) > 0;
      while (!(await posted())) await new Promise((resolve) => setImmediate(resolve));
      await batcher.stop();
      await transactions.stop();
      await settle();
      expect(heads().safe).to.be.greaterThan(0);
    });
  });

  describe("the choice between calldata and blobs", () => {
    const payloads = [100, 5_000, 60_000, 65_536].map((length) => randomBytes(length));
    const input = (payload: Uint8Array) =>
      Buffer.from(
        encodeFunctionData({
          abi: inboxAbi,
          functionName: "postBatch",
          args: [1n, `0x${Buffer.from(payload).toString("hex")}`],
        }).slice(2),
        "hex",
      );
    const blobInput = Buffer.from(
      encodeFunctionData({ abi: inboxAbi, functionName: "postBlobBatch", args: [1n] }).slice(2),
      "hex",
    );

    it("goes by the prices of the moment", () => {
      const cheapBlobs = { gasPrice: 10n ** 9n, blobGasPrice: 1n };
      const dearBlobs = { gasPrice: 10n ** 9n, blobGasPrice: 10n ** 11n };
      for (const payload of payloads) {
        expect(calldataPostingCost(input(payload), dearBlobs) < blobPostingCost(blobInput, 1, dearBlobs)).to.equal(
          true,
        );
      }
      expect(calldataPostingCost(input(payloads[2]!), cheapBlobs) > blobPostingCost(blobInput, 1, cheapBlobs)).to.equal(
        true,
      );
    });

    it("counts EIP-7623's floor of 10 gas a token for long payloads", () => {
      const bytes = input(payloads[3]!);
      const zeros = bytes.filter((byte) => byte === 0).length;
      const tokens = BigInt(zeros + 4 * (bytes.length - zeros));
      expect(calldataPostingGas(bytes)).to.equal(21_000n + 10n * tokens);
    });

    it("never underestimates the gas L1 then charges", async () => {
      const batcher = await open({ dataKind: "calldata" });
      for (const size of [0, 2_000, 60_000]) {
        await rollup.addBlock({ data: randomBytes(size) });
        await rollup.l1.increaseTime(2 * HOUR);
        await rollup.l1.mine();
        await batcher.postNow();
        await settle();
        await batcher.step();
        const origin = rollup.chain.inbox.getBatchOrigin((await readInbox("batchCount")) - 1)!;
        const receipt = await rollup.l1.client.getTransactionReceipt({ hash: origin.transactionHash });
        const { input: sent } = await rollup.l1.client.getTransaction({ hash: origin.transactionHash });
        const bound = calldataPostingGas(Buffer.from(sent.slice(2), "hex"));
        expect(receipt.status).to.equal("success");
        expect(receipt.gasUsed <= bound, `${receipt.gasUsed} of ${bound}`).to.equal(true);
        expect(bound - receipt.gasUsed < 60_000n, `${receipt.gasUsed} of ${bound}`).to.equal(true);
      }
    });

    it("never underestimates the gas of a blob batch", async () => {
      const batcher = await open({ dataKind: "blobs" });
      await rollup.addBlock({ data: randomBytes(100_000) });
      await rollup.addBlock({ data: randomBytes(100_000) });
      const step = await batcher.postNow();
      expect(step.kind === "posted" && step.batch.payloadBytes).to.be.greaterThan(126_976);
      await settle();
      const { transactionHash } = rollup.chain.inbox.getBatchOrigin(0)!;
      const receipt = await rollup.l1.client.getTransactionReceipt({ hash: transactionHash });
      const { input: sent } = await rollup.l1.client.getTransaction({ hash: transactionHash });
      const bound = blobPostingGas(Buffer.from(sent.slice(2), "hex"), 2);
      expect(receipt.gasUsed <= bound, `${receipt.gasUsed} of ${bound}`).to.equal(true);
      expect(heads().safe).to.equal(2);
    });

    it("takes blobs for much data and calldata for little", async () => {
      const batcher = await open({ dataKind: "auto" });
      // On an idle L1 a blob costs next to nothing, so little data must be dear as a blob for calldata to win.
      await rollup.l1.rpc("hardhat_setNextBlockBaseFeePerGas", "0x3b9aca00");
      await rollup.addBlock({ data: randomBytes(20_000) });
      const large = await batcher.postNow();
      expect(large.kind === "posted" && large.batch.dataKind).to.equal("blobs");
      await settle();
      await rollup.addBlock();
      rollup.l1.intercept(async (method, _params, next) => (method === "eth_blobBaseFee" ? "0x174876e800" : next()));
      const small = await batcher.postNow();
      expect(small.kind === "posted" && small.batch.dataKind).to.equal("calldata");
    });

    it("is calldata where L1 tells no price of blobs, whatever the amount, until it tells one", async () => {
      const batcher = await open({ dataKind: "auto" });
      rollup.l1.intercept(async (method, _params, next) => {
        if (method === "eth_blobBaseFee")
          throw Object.assign(new Error("the method eth_blobBaseFee does not exist"), { code: -32601 });
        return next();
      });
      for (let count = 0; count < 3; count++) await rollup.addBlock({ data: randomBytes(30_000) });
      expect(await batcher.postNow()).to.eql({ kind: "rebuilding", blocks: 3 });
      for (const lastBlock of [2, 3]) {
        const step = await batcher.postNow();
        expect(step.kind === "posted" && [step.batch.dataKind, step.batch.lastBlock]).to.eql(["calldata", lastBlock]);
        await settle();
      }
      expect(heads()).to.include({ latest: 3, safe: 3 });
      rollup.l1.intercept(undefined);
      await rollup.l1.rpc("hardhat_setNextBlockBaseFeePerGas", "0x3b9aca00");
      await rollup.addBlock({ data: randomBytes(60_000) });
      const dear = await batcher.postNow();
      expect(dear.kind === "posted" && dear.batch.dataKind).to.equal("blobs");
    });

    it("falls back to calldata where L1 takes no blobs", async () => {
      // This L1 takes none while it does not mine at once.
      await rollup.l1.setAutomine(false);
      const batcher = await open({ dataKind: "auto", retryDelay: 12 });
      await rollup.addBlock({ data: randomBytes(20_000) });
      const first = await batcher.postNow();
      expect(first.kind === "posted" && first.batch.dataKind).to.equal("blobs");
      await batcher.step();
      clock += 13_000;
      expect(await batcher.step()).to.have.property("kind", "settling");
      await rollup.l1.mine();
      await transactions.step();
      const second = await batcher.postNow();
      expect(second.kind === "posted" && second.batch.dataKind).to.equal("calldata");
      await rollup.l1.mine();
      await settle();
      expect(heads()).to.include({ latest: 1, safe: 1 });
    });
  });

  describe("kills", () => {
    for (const dataKind of ["calldata", "blobs"] as const) {
      for (const part of ["batcher", "transaction manager"] as const) {
        for (const when of ["before", "after"] as const) {
          it(`${when} any write of the ${part} post every block once (${dataKind})`, async () => {
            let kills = 0;
            for (let atWrite = 1; ; atWrite++) {
              if (atWrite > 1) {
                await rollup.close();
                await begin();
              }
              const kill = { atWrite, when };
              await addBlocks(2);
              let killed = false;
              try {
                const doomed = await open(
                  { dataKind },
                  {},
                  part === "batcher" ? kill : undefined,
                  part === "batcher" ? undefined : kill,
                );
                await doomed.postNow();
                await settle();
                await doomed.step();
              } catch (error) {
                if (!(error instanceof Killed)) throw error;
                killed = true;
              }
              await rollup.addBlock();
              const built = hashes(0, 3);
              const resumed = await open({ dataKind });
              for (let i = 0; i < 4; i++) {
                await settle();
                await resumed.postNow();
              }
              await settle();
              expect(heads()).to.include({ latest: 3, safe: 3 });
              expect(hashes(0, 3)).to.eql(built);
              expect(await readInbox("batchCount")).to.be.at.most(2);
              if (!killed) break;
              kills++;
            }
            expect(kills).to.be.greaterThan(1);
          }).timeout(60_000);
        }
      }
    }

    it("with several batches under way continue with all of them", async () => {
      await rollup.l1.setAutomine(false);
      const doomed = await open({ maximumInFlight: 3, maximumPayloadBytes: 3000 });
      for (let i = 0; i < 3; i++) await rollup.addBlock({ data: randomBytes(2000) });
      const built = hashes(0, 3);
      await doomed.postNow();
      await doomed.postNow();
      const resumed = await open({ maximumInFlight: 3, maximumPayloadBytes: 3000 });
      expect(resumed.inFlight()).to.have.length(2);
      await transactions.step();
      await resumed.postNow();
      await rollup.l1.mine();
      await settle();
      expect(hashes(0, 3)).to.eql(built);
      expect(heads().safe).to.equal(3);
      expect(await readInbox("batchCount")).to.equal(3);
    });
  });

  describe("reorgs of L1", () => {
    it("that take a batch have it posted again, once", async () => {
      const batcher = await open({}, { confirmations: 10 });
      await addBlocks(2);
      const built = hashes(0, 2);
      await rollup.follow();
      const snapshot = await rollup.l1.snapshot();
      await batcher.postNow();
      await settle();
      expect(heads().safe).to.equal(2);
      await rollup.l1.revertTo(snapshot);
      await rollup.l1.mine();
      // The node notices before or after the transaction manager does.
      await transactions.step();
      await batcher.step();
      await rollup.follow();
      await batcher.postNow();
      await settle();
      await batcher.postNow();
      await rollup.l1.mine(10);
      await settle();
      await batcher.step();
      expect(await readInbox("batchCount")).to.equal(1);
      expect(heads()).to.include({ latest: 2, safe: 2 });
      expect(hashes(0, 2)).to.eql(built);
      expect(batcher.inFlight()).to.eql([]);
    });

    it("deeper than the confirmations have the blocks posted again", async () => {
      const batcher = await open();
      await addBlocks(2);
      const built = hashes(0, 2);
      await rollup.follow();
      const snapshot = await rollup.l1.snapshot();
      await batcher.postNow();
      await settle();
      await batcher.step();
      expect(batcher.inFlight()).to.eql([]);
      await rollup.l1.revertTo(snapshot);
      await rollup.l1.mine();
      await settle();
      expect(heads()).to.include({ latest: 2, safe: 0 });
      await batcher.postNow();
      await settle();
      expect(heads()).to.include({ latest: 2, safe: 2 });
      expect(hashes(0, 2)).to.eql(built);
    });

    it("that take a message a batch reads have the batch given up, not reverted for ever", async () => {
      const batcher = await open({ retryDelay: 0 }, { confirmations: 1 });
      const snapshot = await rollup.l1.snapshot();
      await rollup.deposit();
      await rollup.follow();
      await rollup.l1.setAutomine(false);
      await rollup.addBlock();
      await batcher.postNow();
      await rollup.l1.revertTo(snapshot);
      await rollup.l1.setAutomine(true);
      await rollup.l1.mine();
      // The node drops the message and what read it; the sequencer builds anew.
      await rollup.follow();
      await rollup.rewindTo(0);
      await addBlocks(2);
      const built = hashes(0, 2);
      for (let i = 0; i < 5; i++) {
        await batcher.postNow();
        await settle();
      }
      expect(heads()).to.include({ latest: 2, safe: 2 });
      expect(hashes(0, 2)).to.eql(built);
    });
  });

  describe("reorgs of the unsafe chain", () => {
    it("have batches of blocks that left it cancelled and the new blocks posted", async () => {
      await rollup.l1.setAutomine(false);
      const batcher = await open({ maximumInFlight: 2, maximumPayloadBytes: 3000 });
      for (let i = 0; i < 2; i++) await rollup.addBlock({ data: randomBytes(2000) });
      await batcher.postNow();
      await batcher.postNow();
      await rollup.rewindTo(0);
      await rollup.addBlock({ data: randomBytes(100) });
      const built = hashes(0, 1);
      expect(await batcher.step()).to.have.property("kind", "settling");
      await rollup.l1.mine();
      await settle();
      expect(await readInbox("batchCount")).to.equal(0);
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      await rollup.l1.mine();
      await settle();
      expect(heads()).to.include({ latest: 1, safe: 1 });
      expect(hashes(0, 1)).to.eql(built);
    });

    it("that come too late leave the posted blocks to derivation, and the batcher continues from there", async () => {
      const batcher = await open();
      await rollup.addBlock();
      await batcher.postNow();
      await rollup.rewindTo(0);
      await rollup.addBlock({ data: randomBytes(100) });
      await settle();
      expect(heads()).to.include({ latest: 1, safe: 1 });
      expect(await batcher.step()).to.eql({ kind: "idle" });
      await rollup.addBlock();
      await batcher.postNow();
      await settle();
      expect(heads()).to.include({ latest: 2, safe: 2 });
    });
  });

  describe("batches that fail", () => {
    it("are followed by none until that is certain, then posted anew", async () => {
      await rollup.l1.setAutomine(false);
      const batcher = await open({
        maximumInFlight: 2,
        maximumPayloadBytes: 3000,
        retryDelay: 12,
        inclusionMargin: 60,
      });
      await rollup.deposit();
      await rollup.l1.mine();
      await rollup.follow();
      // The first of two batches leaves the deposit unread, which turns overdue while they wait.
      await rollup.addBlock({ data: randomBytes(2000), readMessages: false });
      await rollup.addBlock({ data: randomBytes(2000) });
      await batcher.postNow();
      await batcher.postNow();
      await rollup.l1.increaseTime(13 * HOUR);
      // Only the first is mined: the second leaves the pool.
      const second = batcher.inFlight()[1]!;
      const status = transactions.status(second.purpose);
      for (const hash of status?.kind === "pending" ? status.hashes : [])
        await rollup.l1.rpc("hardhat_dropTransaction", hash);
      await rollup.l1.mine();
      await transactions.step();
      const reverted = transactions.status(batcher.inFlight()[0]!.purpose);
      expect(reverted).to.have.nested.property("revert.errorName", "MessageOverdue");
      expect(await batcher.step()).to.deep.include({ kind: "settling", batch: second });
      await rollup.l1.mine();
      await settle();
      expect(await readInbox("batchCount")).to.equal(0);
      expect(await batcher.step()).to.have.property("kind", "backing-off");
      clock += 13_000;
      // The batch now reads the overdue message, though its blocks do not.
      for (let i = 0; i < 3; i++) {
        await batcher.postNow();
        await rollup.l1.mine();
        await settle();
      }
      expect(await readInbox("messagesRead")).to.be.greaterThan(0);
      expect(heads().safe).to.equal(heads().latest);
    });

    it("for a forced inclusion are posted anew on what derivation made of it", async () => {
      const batcher = await open({ inclusionMargin: 0 });
      await rollup.deposit();
      await rollup.follow();
      await rollup.addBlock({ readMessages: false });
      await rollup.l1.increaseTime(13 * HOUR);
      await forceInclude();
      // The node has not seen it: nothing is posted on a parent that is none.
      expect(await batcher.postNow()).to.have.property("kind", "waiting-for-sync");
      await rollup.follow();
      // The forced block replaces the unsafe one, whose transaction the sequencer then includes again.
      expect(heads()).to.include({ latest: 1, safe: 1 });
      await rollup.addBlock();
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      await settle();
      expect(heads()).to.include({ latest: 2, safe: 2 });
    });

    it("would be refused for another account than the operator's, which is said", async () => {
      const batcher = await open({}, { privateKey: OTHER_KEY });
      await rollup.addBlock();
      const error = (await batcher.postNow().catch((reason: unknown) => reason)) as BatcherError;
      expect(error).to.be.instanceOf(BatcherError);
      expect(error.reason.kind).to.equal("not-operator");
      expect(error.message).to.contain(rollup.config.parameters.operator);
    });

    it("are anyone's to post once the operator is silent", async () => {
      const batcher = await open({}, { privateKey: OTHER_KEY });
      await rollup.addBlock();
      await rollup.l1.increaseTime(DAY + 1);
      await rollup.l1.mine();
      expect(await batcher.postNow()).to.have.property("kind", "posted");
      await settle();
      expect(heads()).to.have.property("safe", heads().latest);
    });
  });

  describe("an L1 node that fails", () => {
    it("at three calls in ten delays but does not repeat anything", async () => {
      const batcher = await open();
      await addBlocks(2);
      const built = hashes(0, 2);
      let random = 7;
      rollup.l1.intercept(async (_method, _params, next) => {
        random = (random * 16_807) % 2_147_483_647;
        if (random % 20 < 3) throw new Error("lost");
        const answer = await next();
        if (random % 20 < 6) throw new Error("lost");
        return answer;
      });
      for (let i = 0; i < 60 && transactions.statuses()[0]?.kind !== "succeeded"; i++) {
        await batcher.postNow().catch(() => undefined);
        await transactions.step().catch(() => undefined);
      }
      rollup.l1.intercept(undefined);
      await settle();
      expect(await readInbox("batchCount")).to.equal(1);
      expect(heads().safe).to.equal(2);
      expect(hashes(0, 2)).to.eql(built);
    });
  });

  it("refuses options that cannot work", () => {
    const instruments = createTestInstruments();
    const base = {
      chain: rollup.chain,
      client: rollup.l1.client,
      transactions,
      records: disk.open(),
      dataKind: "calldata",
    } as const;
    expect(() => createBatcher({ ...base, maximumPayloadBytes: 200_000 }, instruments)).to.throw(
      BatcherError,
      "200000",
    );
    expect(() => createBatcher({ ...base, maximumInFlight: 0 }, instruments)).to.throw(BatcherError, "0");
  });

  it("opens messages as the Inbox hashed them", async () => {
    await rollup.deposit();
    await rollup.follow();
    const message = rollup.chain.inbox.getMessage(0)!;
    expect(hashMessage(message)).to.equal(
      await rollup.l1.client.readContract({
        address: rollup.config.contracts.inbox,
        abi: inboxAbi,
        functionName: "messageHashes",
        args: [0n],
      }),
    );
  });
});
