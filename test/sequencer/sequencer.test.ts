import { once } from "node:events";
import { expect } from "chai";
import { Registry } from "prom-client";
import { keccak256 } from "../../src/primitives/index.ts";
import type { Block } from "../../src/rollup/index.ts";
import { createSequencer } from "../../src/sequencer/index.ts";
import type { Mempool, Sequencer, SequencerOptions } from "../../src/sequencer/index.ts";
import { context, createTestNode, deposit, FUNDED, GENESIS_TIME, logger, testConfig } from "./support/test-node.ts";
import type { TestNode } from "./support/test-node.ts";
import { ETHER, GWEI } from "./support/wallets.ts";

const [alice, bob, carol] = FUNDED as [(typeof FUNDED)[number], (typeof FUNDED)[number], (typeof FUNDED)[number]];
const NOW = GENESIS_TIME + 1_000;

describe("Sequencer", () => {
  let node: TestNode;
  let mempool: Mempool;
  let sequencer: Sequencer | undefined;

  beforeEach(async () => {
    node = await createTestNode();
    mempool = await node.mempool();
  });

  afterEach(async () => {
    await sequencer?.stop();
    sequencer = undefined;
    await mempool.close();
    await node.close();
  });

  function create(options: Partial<SequencerOptions> = {}): Sequencer {
    sequencer = createSequencer(
      {
        chain: node.chain,
        mempool,
        mode: { kind: "on-demand" },
        messageConfirmations: 0,
        l1Timestamp: () => NOW,
        now: () => NOW * 1_000,
        ...options,
      },
      { logger, metrics: new Registry() },
    );
    return sequencer;
  }

  async function submit(...raws: Uint8Array[]): Promise<void> {
    for (const raw of raws) expect(await mempool.submit(raw)).to.have.property("kind", "accepted");
  }

  const hashesOf = (block: Block | undefined) => block?.transactions.map(({ hash }) => hash);

  /** Resolves with the first block that `accepts`; the test's timeout is the limit. */
  async function nextBlock(accepts: (block: Block) => boolean = () => true): Promise<Block> {
    for (;;) {
      const [block] = (await once(node.chain.events, "block")) as [Block];
      if (accepts(block)) return block;
    }
  }

  describe("a block", () => {
    it("holds the pool's transactions by tip and nonce, and stands in the chain", async () => {
      const raws = [
        alice.sign({ nonce: 0, maxPriorityFeePerGas: 1n }),
        alice.sign({ nonce: 1, maxPriorityFeePerGas: 3n * GWEI }),
        bob.sign({ maxPriorityFeePerGas: 2n * GWEI }),
      ];
      await submit(...raws);
      const block = await create().buildBlock();
      expect(hashesOf(block)).to.eql([raws[2]!, raws[0]!, raws[1]!].map(keccak256));
      expect(node.chain.latest().hash).to.equal(block!.hash);
      expect(block!.receipts.every(({ status }) => status === 1)).to.equal(true);
      expect(mempool.size).to.equal(0);
    });

    it("is not built of nothing, unless asked for", async () => {
      const created = create();
      expect(await created.buildBlock()).to.equal(undefined);
      expect(await created.buildBlock({ empty: true })).to.have.nested.property("header.number", 1);
    });

    it("is not built while L1 is not known", async () => {
      await submit(alice.sign());
      expect(await create({ l1Timestamp: () => undefined }).buildBlock()).to.equal(undefined);
    });

    it("is not built while the one who builds may not, and keeps what it would have held", async () => {
      let mayBuild = false;
      const raw = alice.sign();
      await submit(raw);
      const created = create({ mayBuild: () => mayBuild });
      expect(await created.buildBlock({ empty: true })).to.equal(undefined);
      mayBuild = true;
      expect(hashesOf(await created.buildBlock())).to.eql([keccak256(raw)]);
    });

    it("waits while too many blocks are not on L1", async () => {
      const created = create({ maximumUnsafeBlocks: 1 });
      expect(await created.buildBlock({ empty: true })).to.not.equal(undefined);
      expect(await created.buildBlock({ empty: true })).to.equal(undefined);
    });

    it("has a timestamp that derivation will keep", async () => {
      const created = create({ now: () => (NOW + 5_000) * 1_000 });
      expect((await created.buildBlock({ empty: true }))!.header.timestamp).to.equal(NOW + 900);
    });

    it("keeps to its size in bytes", async () => {
      const data = new Uint8Array(3_000);
      const raws = [0, 1, 2].map((nonce) => alice.sign({ nonce, data, gasLimit: 200_000n }));
      await submit(...raws, bob.sign());
      const created = create({ maximumBlockBytes: 16 + 2 * (raws[0]!.length + 3) });
      expect((await created.buildBlock())!.transactions).to.have.length(2);
      expect((await created.buildBlock())!.transactions).to.have.length(2);
      expect(mempool.size).to.equal(0);
    });

    it("leaves out what does not fit into any block of its size, and says so", async () => {
      const raw = alice.sign({ data: new Uint8Array(3_000), gasLimit: 200_000n });
      await submit(raw, bob.sign());
      const dropped = once(mempool.changes, "dropped");
      expect((await create({ maximumBlockBytes: 3_000 }).buildBlock())!.transactions).to.have.length(1);
      expect(await dropped).to.have.nested.property("[1].kind", "skipped");
    });

    it("passes over what does not fit into its gas, for a later block", async () => {
      // INVALID as creation code uses all gas.
      const burn = {
        to: undefined,
        data: Uint8Array.of(0xfe),
        gasLimit: 16_000_000n,
        maxFeePerGas: GWEI,
        maxPriorityFeePerGas: 1n,
      };
      await submit(
        ...[0, 1, 2, 3].map((nonce) => alice.sign({ ...burn, nonce, maxPriorityFeePerGas: GWEI })),
        bob.sign(),
      );
      let seconds = NOW;
      const created = create({ maximumBuildTime: 60_000, now: () => seconds * 1_000, l1Timestamp: () => seconds });
      const block = await created.buildBlock();
      expect(block!.transactions).to.have.length(4);
      expect(block!.header.gasUsed).to.equal(48_021_000n);
      await mempool.settled();
      expect(await created.buildBlock(), "blocks of one second share their gas").to.equal(undefined);
      seconds += 1;
      expect((await created.buildBlock())!.transactions).to.have.length(1);
    });
  });

  describe("messages", () => {
    it("come first, in order, before any transaction", async () => {
      await node.receive([context(0), deposit(1), deposit(2, { sender: bob.address })], 1);
      const raw = carol.sign();
      await submit(raw);
      const block = await create().buildBlock();
      expect(hashesOf(block)).to.eql([deposit(1).hash, deposit(2, { sender: bob.address }).hash, keccak256(raw)]);
      expect(block).to.include({ firstMessage: 0, nextMessage: 3 });
    });

    it("of context wait for a transaction to go with, so that an idle chain does not keep posting", async () => {
      await node.receive([context(0)], 1);
      const created = create();
      expect(await created.buildBlock()).to.equal(undefined);
      await submit(carol.sign());
      expect(await created.buildBlock()).to.include({ firstMessage: 0, nextMessage: 1 });
    });

    it("of context get a block of their own before their inclusion could be forced", async () => {
      const half = testConfig().parameters.forceInclusionDelay / 2;
      await node.receive([context(0)], 1);
      expect(await create({ l1Timestamp: () => GENESIS_TIME + half - 1 }).buildBlock()).to.equal(undefined);
      const block = await create({ l1Timestamp: () => GENESIS_TIME + half }).buildBlock();
      expect(block).to.include({ firstMessage: 0, nextMessage: 1 });
    });

    it("wait for the configured confirmations", async () => {
      await node.receive([deposit(0)], 5);
      expect(await create({ messageConfirmations: 5 }).buildBlock()).to.equal(undefined);
      await node.receive([deposit(1)], 6);
      expect(await create({ messageConfirmations: 5 }).buildBlock()).to.include({ firstMessage: 0, nextMessage: 1 });
    });

    it("whose gas limits exceed the block gas limit go on in the next block", async () => {
      const gasLimit = 16_000_000n;
      await node.receive(
        [0, 1, 2, 3, 4].map((index) => deposit(index, { gasLimit })),
        1,
      );
      const created = create();
      expect(await created.buildBlock()).to.include({ firstMessage: 0, nextMessage: 3 });
      expect(await created.buildBlock()).to.include({ firstMessage: 3, nextMessage: 5 });
    });

    it("must be confirmed before they could be forced", () => {
      expect(() => create({ messageConfirmations: 4_000 })).to.throw(RangeError, "4000 L1 blocks");
    });
  });

  describe("a transaction that cannot be executed", () => {
    it("leaves the pool with the reason, and the block goes on", async () => {
      // The deposit before it uses its nonce.
      const doomed = alice.sign();
      await submit(doomed, bob.sign());
      const message = deposit(0, { sender: alice.address });
      await node.receive([message], 1);
      const dropped = once(mempool.changes, "dropped");
      const block = await create().buildBlock();
      expect(hashesOf(block)).to.eql([message.hash, keccak256(bob.sign())]);
      expect(await dropped).to.have.nested.property("[1].reason.kind", "nonce-too-low");
      expect(mempool.get(keccak256(doomed))).to.equal(undefined);
    });

    it("makes no block on its own", async () => {
      await submit(alice.sign({ value: 900n * ETHER }));
      await node.chain.exclusive((writer) =>
        writer.execute({ timestamp: NOW, messages: [], transactions: [alice.sign({ nonce: 0, value: 500n * ETHER })] }),
      );
      await mempool.settled();
      expect(await create().buildBlock()).to.equal(undefined);
      expect(node.chain.latest().header.number).to.equal(1);
    });

    it("is set aside, not lost, when the engine itself fails on it", async () => {
      const poison = alice.sign();
      await submit(poison, bob.sign());
      const chain = {
        ...node.chain,
        exclusive: ((task) =>
          node.chain.exclusive((writer) =>
            task({
              ...writer,
              openBlock: async (attributes) => {
                const execution = await writer.openBlock(attributes);
                return {
                  environment: execution.environment,
                  get gasUsed() {
                    return execution.gasUsed;
                  },
                  get gasLeft() {
                    return execution.gasLeft;
                  },
                  paysForListing: (length) => execution.paysForListing(length),
                  chargeSkipped: (length) => execution.chargeSkipped(length),
                  executeMessage: (message) => execution.executeMessage(message),
                  executeTransaction: async (transaction) => {
                    if (transaction.sender === alice.address) throw new Error("the disk failed");
                    return execution.executeTransaction(transaction);
                  },
                  seal: () => execution.seal(),
                };
              },
            }),
          )) as typeof node.chain.exclusive,
      };
      const block = await create({ chain }).buildBlock();
      expect(hashesOf(block)).to.eql([keccak256(bob.sign())]);
      expect(mempool.get(keccak256(poison))).to.not.equal(undefined);
    });
  });

  describe("on demand", () => {
    it("builds a block for a transaction as soon as it comes", async () => {
      create().start();
      const block = nextBlock();
      await submit(alice.sign());
      expect((await block).transactions).to.have.length(1);
    });

    it("builds a block for a message as soon as L1 delivers it", async () => {
      create().start();
      const block = nextBlock();
      await node.receive([deposit(0)], 1);
      expect(await block).to.include({ nextMessage: 1 });
    });

    it("puts everything that comes while a block is built into the next", async () => {
      const raws = Array.from({ length: 60 }, (_, nonce) => alice.sign({ nonce, maxFeePerGas: GWEI }));
      create().start();
      const done = nextBlock(
        () =>
          mempool.pendingNonce(alice.address) === undefined &&
          node.chain.store.getTransactionLocation(keccak256(raws[59]!)) !== undefined,
      );
      const outcomes = await Promise.all(raws.map((raw) => mempool.submit(raw)));
      expect(outcomes.every(({ kind }) => kind === "accepted")).to.equal(true);
      const { header } = await done;
      expect(header.number).to.be.lessThan(10);
    });

    it("lets the base fee fall by empty blocks while transactions wait for it", async () => {
      const burn = { to: undefined, data: Uint8Array.of(0xfe), gasLimit: 16_000_000n };
      await submit(...[0, 1, 2].map((nonce) => alice.sign({ ...burn, nonce, maxFeePerGas: GWEI })));
      const filled = await create({ maximumBuildTime: 60_000 }).buildBlock();
      expect(filled!.header.gasUsed).to.equal(48_000_000n);
      const waiting = bob.sign({ maxFeePerGas: filled!.header.baseFeePerGas, maxPriorityFeePerGas: 0n });
      await submit(waiting);
      await mempool.settled();
      expect(await sequencer!.buildBlock()).to.equal(undefined);
      let time = NOW * 1_000;
      create({
        now: () => (time += 13_000),
        mode: { kind: "on-demand" },
        l1Timestamp: () => NOW + 10_000,
      }).start();
      const block = await nextBlock(({ transactions }) => transactions.length > 0);
      expect(hashesOf(block)).to.eql([keccak256(waiting)]);
      expect(block.header.baseFeePerGas).to.equal(filled!.header.baseFeePerGas);
    });

    it("does not begin before the chain has caught up with L1", async () => {
      let synced = () => {};
      const waitUntilSynced = () => new Promise<void>((resolve) => (synced = resolve));
      create({ waitUntilSynced }).start();
      await submit(alice.sign());
      await node.chain.exclusive(async () => undefined);
      expect(node.chain.latest().header.number).to.equal(0);
      const block = nextBlock();
      synced();
      expect((await block).transactions).to.have.length(1);
    });

    it("stops while it waits, too", async () => {
      const waitUntilSynced = (signal: AbortSignal) =>
        new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
      create({ waitUntilSynced }).start();
      await sequencer!.stop();
      create().start();
      await sequencer!.stop();
    });
  });

  describe("at intervals", () => {
    it("builds empty blocks if told to", async () => {
      create({
        mode: { kind: "interval", seconds: 0.01, empty: true },
        now: Date.now,
        l1Timestamp: () => Math.floor(Date.now() / 1_000),
      }).start();
      expect((await nextBlock(({ header }) => header.number === 3)).transactions).to.eql([]);
    });

    it("skips a turn without anything to do otherwise", async () => {
      create({
        mode: { kind: "interval", seconds: 0.01, empty: false },
        now: Date.now,
        l1Timestamp: () => Math.floor(Date.now() / 1_000),
      }).start();
      const block = nextBlock();
      await submit(alice.sign());
      expect((await block).header.number).to.equal(1);
      expect((await block).transactions).to.have.length(1);
    });
  });

  it("brings the transactions of blocks that L1 replaced back in", async () => {
    const raws = [alice.sign({ nonce: 0 }), bob.sign({ nonce: 0 })];
    await submit(...raws);
    const created = create();
    await created.buildBlock();
    await mempool.settled();
    await node.receive([deposit(0)], 1);
    // A forced batch made another block 1.
    await node.chain.exclusive(async (writer) => {
      await writer.rewindTo(0);
      await writer.execute({ timestamp: NOW, messages: [deposit(0)], transactions: [raws[1]!] });
    });
    await mempool.settled();
    const block = await created.buildBlock();
    expect(block!.header.number).to.equal(2);
    expect(hashesOf(block)).to.eql([keccak256(raws[0]!)]);
  });

  it("sequences after a restart what was acknowledged before a kill", async () => {
    const raw = alice.sign();
    await submit(raw);
    await node.close({ keep: true });
    node = await createTestNode({ folder: node.folder, config: testConfig() });
    mempool = await node.mempool();
    expect(hashesOf(await create().buildBlock())).to.eql([keccak256(raw)]);
  });
});
