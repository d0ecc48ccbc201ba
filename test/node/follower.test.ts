import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import fc from "fast-check";
import { compressContent, encodeBlocks, openPayload } from "../../src/batch/index.ts";
import { deriveBlocks, payloadBlocks } from "../../src/derivation/index.ts";
import type { DerivationCursor } from "../../src/derivation/index.ts";
import { createMemoryStateDatabase } from "../../src/ethereum/index.ts";
import { executeBlock } from "../../src/execution/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { initializeState } from "../../src/rollup/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { createTestEngine } from "../engine.ts";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import type { InboxAction, SimulatedL1 } from "../l1/simulated-l1.ts";
import { SIMULATED_CHAIN_ID } from "../l1/simulated-rollup-config.ts";
import { silentInstruments, temporaryFolder } from "../storage/fixtures.ts";
import { batchOf, config, createTestNode, transfer } from "./follower-fixture.ts";
import type { TestNode, TestNodeOptions } from "./follower-fixture.ts";
import { mineHistory } from "./history.ts";

const deposit: InboxAction = { kind: "deposit" };
const spending: InboxAction = { kind: "deposit", deposit: { gasLimit: 100_000n, value: 5n } };

/** The chain that the specification gives for an L1, without storage, follower or shortcuts. */
async function referenceChain(l1: SimulatedL1): Promise<readonly Block[]> {
  const state = createMemoryStateDatabase();
  const engine = createTestEngine({ chainId: SIMULATED_CHAIN_ID, state }, silentInstruments());
  const blocks = [await initializeState(config.genesis, state)];
  const messages = l1.messages();
  const { timestamp: parentTimestamp, gasLimit: gasLevel } = config.genesis;
  const rules = blocks[0]!.header;
  let cursor: DerivationCursor = { nextBatch: 0, nextMessage: 0, parentTimestamp, gasLevel };
  for (const batch of l1.batches()) {
    const derivation = deriveBlocks(
      cursor,
      batch,
      payloadBlocks(cursor, batch, openPayload(batch.payload), rules),
      (index) => messages[index]!,
      rules,
    );
    let next = derivation.next({ gasLevel, isCut: false });
    while (next.done !== true) {
      const { block, isCut } = await executeBlock(engine, blocks.at(-1)!, next.value, SIMULATED_CHAIN_ID);
      blocks.push(block);
      next = derivation.next({ gasLevel: block.header.gasLevel, isCut });
    }
    cursor = next.value;
  }
  return blocks;
}

const referenceHashes = async (l1: SimulatedL1): Promise<Hash[]> => (await referenceChain(l1)).map(({ hash }) => hash);

describe("The follower", () => {
  let l1: SimulatedL1;
  const nodes: TestNode[] = [];

  beforeEach(() => {
    l1 = createSimulatedL1();
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.close();
  });

  const start = async (options: TestNodeOptions = {}): Promise<TestNode> => {
    const node = await createTestNode(l1, options);
    nodes.push(node);
    return node;
  };
  const now = () => l1.head().timestamp;

  it("gives the chain the specification gives, and every follower the same hash by hash", async () => {
    await mineHistory(l1, 12);
    const expected = await referenceHashes(l1);
    expect(expected.length).to.be.greaterThan(15);
    const first = await start();
    const status = await first.follower.syncOnce();
    expect(first.hashes()).to.eql(expected);
    const { number, hash } = l1.head();
    const { latest } = first.chain.store.getHeads();
    expect(status).to.eql({
      l1Head: { number, hash },
      l1HeadAge: status.l1HeadAge,
      l1Problem: undefined,
      l1ReadAge: status.l1ReadAge,
      l1Synced: { number, hash },
      batchCount: l1.batches().length,
      derivedBatchCount: l1.batches().length,
      underivedSince: undefined,
      messageCount: l1.messages().length,
      latest,
      safe: latest,
      finalized: status.finalized,
    });
    for (const age of [status.l1HeadAge, status.l1ReadAge]) expect(age).to.be.within(0, 60);
    const second = await start();
    await second.follower.syncOnce();
    expect(second.hashes()).to.eql(expected);
    for (const [number2, hash2] of expected.entries()) {
      expect(second.chain.store.getBlock(number2)).to.eql(first.chain.store.getBlockByHash(hash2));
    }
  });

  it("records what every batch became", async () => {
    await mineHistory(l1, 6);
    const node = await start();
    await node.follower.syncOnce();
    const { store } = node.chain;
    l1.batches().forEach(({ index, messagesUpTo }) => {
      const derived = store.getDerivedBatch(index)!;
      const block = store.getBlock(derived.lastBlock)!;
      expect(derived).to.eql({
        batch: index,
        lastBlock: block.header.number,
        lastBlockHash: block.hash,
        nextMessage: messagesUpTo,
        outboxRoot: block.header.outboxRoot,
      });
      expect(block.nextMessage).to.equal(messagesUpTo);
    });
  });

  describe("when the blocks of a batch are there already", () => {
    it("makes them safe without executing them again", async () => {
      l1.mine(deposit, spending, { kind: "context" });
      const node = await start();
      await node.follower.syncOnce();
      const timestamp = now();
      const transactions = [await transfer(0), await transfer(1)];
      await node.build({ timestamp, messages: 2 });
      await node.build({ timestamp: timestamp + 1, messages: 1, transactions });
      await node.build({ timestamp: timestamp + 2, transactions: [await transfer(2)] });
      const built = node.hashes();
      node.takeExecuted();
      l1.mine(
        batchOf([
          { timestamp, messages: 2 },
          { timestamp: timestamp + 1, messages: 1, transactions },
        ]),
      );
      await node.follower.syncOnce();
      expect(node.takeExecuted()).to.equal(0);
      expect(node.hashes()).to.eql(built);
      expect(node.chain.store.getHeads()).to.eql({ latest: 3, safe: 2, finalized: 0 });
    });

    for (const { title, more, keeps } of [
      { title: "keeps them if what the batch has more ends the payload", more: Uint8Array.of(7), keeps: true },
      {
        title: "replaces them if the batch lists an invalid transaction more, which takes its charge out of the bucket",
        more: new Uint8Array(65),
        keeps: false,
      },
    ]) {
      it(title, async () => {
        const node = await start();
        await node.follower.syncOnce();
        const valid = await transfer(0);
        const timestamp = now();
        await node.build({ timestamp, transactions: [valid] });
        const built = node.hashes();
        l1.mine(batchOf([{ timestamp, transactions: [valid, more] }]));
        await node.follower.syncOnce();
        expect(node.hashes().length).to.equal(built.length);
        expect(node.hashes()[1] === built[1]).to.equal(keeps);
        expect(node.hashes()).to.eql(await referenceHashes(l1));
        expect(node.chain.store.getHeads().safe).to.equal(1);
      });
    }

    it("replaces them if they were built with an invalid transaction that the batch does not list", async () => {
      const node = await start();
      await node.follower.syncOnce();
      const transactions = [await transfer(0)];
      const timestamp = now();
      // As an operator's feed may tell of them: the header shows what the skipped transaction took out of the bucket.
      await node.build({ timestamp, transactions: [...transactions, new Uint8Array(65)] });
      l1.mine(batchOf([{ timestamp, transactions }]));
      await node.follower.syncOnce();
      expect(node.hashes()).to.eql(await referenceHashes(l1));
    });

    for (const [what, make] of [
      ["timestamp", async (time: number) => ({ timestamp: time + 1, messages: 1, transactions: [await transfer(0)] })],
      ["messages", async (time: number) => ({ timestamp: time, messages: 0, transactions: [await transfer(0)] })],
      [
        "transactions",
        async (time: number) => ({ timestamp: time, messages: 1, transactions: [await transfer(0, { value: 2n })] }),
      ],
      [
        "order of transactions",
        async (time: number) => ({
          timestamp: time,
          messages: 1,
          transactions: [await transfer(1), await transfer(0)],
        }),
      ],
    ] as const) {
      it(`replaces them and all that follows if the batch has another ${what}`, async () => {
        l1.mine(deposit);
        const node = await start();
        await node.follower.syncOnce();
        const timestamp = now();
        await node.build({
          timestamp,
          messages: 1,
          transactions: what === "order of transactions" ? [await transfer(0), await transfer(1)] : [await transfer(0)],
        });
        await node.build({ timestamp: timestamp + 5 });
        const built = node.hashes();
        const removed: Hash[] = [];
        node.chain.events.on("reorg", (blocks) => removed.push(...blocks.map(({ hash }) => hash)));
        l1.mine(batchOf([await make(timestamp)], what === "messages" ? 0 : 1));
        await node.follower.syncOnce();
        expect(node.hashes()).to.eql(await referenceHashes(l1));
        expect(removed).to.eql(built.slice(1));
      });
    }
  });

  it("is not stopped by any payload, and reads all messages a batch covers", async () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ maxLength: 80 }).map((content) => compressContent(content)),
      fc
        .record({
          transactions: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
          timestamp: fc.maxSafeNat(),
          messages: fc.nat(5),
          cut: fc.nat(30),
        })
        .map(({ cut, ...block }) => {
          const content = encodeBlocks([block, { ...block, messages: 0xffff_ffff }]);
          return compressContent(content.subarray(0, Math.max(0, content.length - cut)));
        }),
    );
    const step = fc.record({ payload: garbage, deposits: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        l1 = createSimulatedL1();
        for (const { payload, deposits } of steps) {
          l1.mine(...Array<InboxAction>(deposits).fill(spending), { kind: "batch", payload });
        }
        const node = await createTestNode(l1);
        try {
          const status = await node.follower.syncOnce();
          expect(status.derivedBatchCount).to.equal(steps.length);
          expect(node.chain.latest().nextMessage).to.equal(l1.messages().length);
          expect(node.hashes()).to.eql(await referenceHashes(l1));
        } finally {
          await node.close();
        }
      }),
      { numRuns: 25 },
    );
  }).timeout(120_000);

  it("executes a block of thousands of undecodable transactions", async () => {
    const transactions = Array.from({ length: 5_000 }, (_, index) => Buffer.alloc(65, `${index}`));
    l1.mine(batchOf([{ timestamp: now(), transactions: [...transactions, await transfer(0)] }]));
    const node = await start();
    await node.follower.syncOnce();
    expect(node.chain.latest().transactions).to.have.length(1);
  });

  describe("after an L1 reorg", () => {
    it("derives the other batches anew, keeping and not executing what is the same", async () => {
      await mineHistory(l1, 5);
      const forkBlock = l1.head().number;
      const shared = (await referenceHashes(l1)).length;
      await mineHistory(l1, 4, 100);
      const node = await start();
      await node.follower.syncOnce();
      node.takeExecuted();
      l1.revertTo(forkBlock);
      await mineHistory(l1, 5, 200);
      const safe: number[] = [];
      node.chain.events.on("safe", (number) => safe.push(number));
      await node.follower.syncOnce();
      const expected = await referenceHashes(l1);
      expect(node.hashes()).to.eql(expected);
      expect(node.takeExecuted()).to.be.at.most(expected.length - shared);
      expect(safe[0]).to.equal(shared - 1);
      expect(safe.at(-1)).to.equal(expected.length - 1);
    });

    it("keeps the blocks of a batch that only moved to another L1 block", async () => {
      const timestamp = now();
      const batch = batchOf([{ timestamp, transactions: [await transfer(0)] }]);
      l1.mine(batch);
      const node = await start();
      await node.follower.syncOnce();
      const before = node.hashes();
      l1.revertTo(l1.head().number - 1);
      l1.mine();
      l1.mine();
      await node.follower.syncOnce();
      // It is not on L1 for now, but nothing contradicts it.
      expect(node.chain.store.getHeads()).to.include({ latest: 1, safe: 0 });
      l1.mine(batch);
      node.takeExecuted();
      await node.follower.syncOnce();
      expect(node.hashes()).to.eql(before);
      expect(node.chain.store.getHeads().safe).to.equal(1);
      expect(node.takeExecuted()).to.equal(0);
    });

    it("replaces a block whose batch no longer lists a transaction that was skipped", async () => {
      const transactions = [await transfer(0)];
      const timestamp = now();
      l1.mine(batchOf([{ timestamp, transactions: [await transfer(9), ...transactions] }]));
      const node = await start();
      await node.follower.syncOnce();
      l1.revertTo(l1.head().number - 1);
      l1.mine(batchOf([{ timestamp, transactions }]));
      l1.mine();
      await node.follower.syncOnce();
      expect(node.hashes()).to.eql(await referenceHashes(l1));
      expect(node.chain.store.getHeads()).to.include({ latest: 1, safe: 1 });
    });

    for (const kind of ["deposit", "context"] as const) {
      it(`removes unsafe blocks from the first that consumed a ${kind} message L1 took back`, async () => {
        l1.mine(deposit);
        const node = await start();
        await node.follower.syncOnce();
        await node.build({ timestamp: now(), messages: 1 });
        l1.mine(kind === "deposit" ? spending : { kind: "context" });
        await node.follower.syncOnce();
        await node.build({ timestamp: now(), messages: 1 });
        await node.build({ timestamp: now() });
        const built = node.hashes();
        l1.revertTo(l1.head().number - 1);
        l1.mine();
        l1.mine();
        await node.follower.syncOnce();
        expect(node.hashes()).to.eql(built.slice(0, 2));
        // The same deed in another L1 block is another message.
        l1.mine(kind === "deposit" ? spending : { kind: "context" });
        await node.follower.syncOnce();
        await node.build({ timestamp: now(), messages: 1 });
        expect(node.chain.latest().hash).to.not.equal(built[2]);
      });
    }

    it("does not remove unsafe blocks whose messages are still to be read again", async () => {
      l1.mine(deposit);
      const node = await start();
      await node.follower.syncOnce();
      await node.build({ timestamp: now(), messages: 1 });
      for (let count = 0; count < 3; count++) l1.mine();
      await node.follower.syncOnce();
      // The store loses the message, and L1 does not answer for a while.
      await node.database.inbox.rewindTo(undefined);
      l1.intercept(() => {
        throw new Error("not now");
      });
      await node.follower.syncOnce().catch(() => undefined);
      expect(node.chain.latest().header.number).to.equal(1);
      l1.intercept(undefined);
      await node.follower.syncOnce();
      expect(node.chain.latest().header.number).to.equal(1);
    });

    it("while a batch is derived begins again with what L1 has then", async () => {
      const blocks = Array.from({ length: 6 }, (_, index) => ({ timestamp: now() + index, messages: 1 }));
      l1.mine(...Array<InboxAction>(6).fill(spending));
      const forkBlock = l1.head().number - 1;
      l1.mine(batchOf(blocks), batchOf(blocks.slice(0, 2)));
      for (const at of [1, 3, 6, 7]) {
        let opened = 0;
        const node = await start({
          wrapEngine: (engine) => ({
            ...engine,
            openBlock: async (parent, attributes) => {
              if (++opened === at) {
                l1.revertTo(forkBlock);
                l1.mine(spending, deposit);
                l1.mine(batchOf([{ timestamp: now(), messages: 1 }]), batchOf([{ timestamp: now() + 9 }]));
                l1.mine(deposit, batchOf([]));
                await node.reader.syncOnce();
              }
              return engine.openBlock(parent, attributes);
            },
          }),
        });
        await node.follower.syncOnce();
        expect(node.hashes()).to.eql(await referenceHashes(l1));
        expect(node.chain.store.getHeads().safe).to.equal(node.chain.latest().header.number);
      }
    });
  });

  it("follows finality of L1, and never back by itself", async () => {
    const node = await start();
    const finalized: number[] = [];
    node.chain.events.on("finalized", (number) => finalized.push(number));
    for (let count = 0; count < 6; count++) {
      l1.mine(batchOf([{ timestamp: now() }]));
      await node.follower.syncOnce();
    }
    // Three confirmations: the last three of six batches are not final.
    expect(finalized).to.eql([1, 2, 3]);
    expect(node.chain.store.getHeads()).to.eql({ latest: 6, safe: 6, finalized: 3 });
  });

  it("follows by itself once started, also after failures, and stops after the block under way", async () => {
    const node = await start({ reader: { pollInterval: 0.001 } });
    let failures = 2;
    l1.intercept((_method, _params, answer) => {
      if (failures-- > 0) throw new Error("not now");
      return answer();
    });
    node.reader.start();
    node.follower.start();
    await mineHistory(l1, 3);
    const expected = await referenceHashes(l1);
    while (node.chain.store.getHeads().safe < expected.length - 1) await once(node.chain.events, "safe");
    expect(node.hashes()).to.eql(expected);
    l1.mine(batchOf(Array.from({ length: 2_000 }, () => ({ timestamp: now() }))));
    await once(node.chain.events, "block");
    await node.follower.stop();
    const stoppedAt = node.chain.latest().header.number;
    expect(stoppedAt).to.be.lessThan(expected.length + 500);
    node.follower.start();
    await once(node.chain.events, "block");
    expect(node.chain.latest().header.number).to.be.greaterThan(stoppedAt);
  });
}).timeout(30_000);

describe("A follower whose process is killed at any moment", () => {
  it("comes to the same chain as one that was not", async () => {
    const folder = temporaryFolder();
    const script = fileURLToPath(new URL("./following-process.ts", import.meta.url));
    try {
      let outcome: string | undefined;
      for (let round = 0; round < 40 && outcome === undefined; round++) {
        const child = fork(script, [folder.path], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
        let changes = 0;
        child.on("message", (message: string) => {
          if (message === "changed") {
            if (++changes > 12 + ((round * 7) % 23)) child.kill("SIGKILL");
          } else {
            outcome = message;
            child.disconnect();
          }
        });
        await once(child, "exit");
        if (round === 0) expect(outcome, "the first run must be killed on the way").to.equal(undefined);
      }
      const l1 = createSimulatedL1();
      await mineHistory(l1, 30);
      expect(outcome).to.equal(JSON.stringify(await referenceHashes(l1)));
    } finally {
      folder.remove();
    }
  }).timeout(180_000);
});
