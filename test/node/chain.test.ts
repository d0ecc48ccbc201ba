import { expect } from "chai";
import { createChain } from "../../src/node/index.ts";
import type { Chain } from "../../src/node/index.ts";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import type { Block, RollupConfig } from "../../src/rollup/index.ts";
import type { NodeDatabase } from "../../src/storage/index.ts";
import { createTestEngine } from "../engine.ts";
import { SIMULATED_CHAIN_ID } from "../l1/simulated-rollup-config.ts";
import { deposit, makeBlock, openTestDatabase, silentInstruments, temporaryFolder } from "../storage/fixtures.ts";
import { config, transfer } from "./follower-fixture.ts";

const TIME = config.genesis.timestamp;

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a rejection");
}

describe("The chain of a node", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: NodeDatabase;
  let chain: Chain;

  const open = async (of: RollupConfig = config) => {
    const instruments = silentInstruments();
    const engine = createTestEngine({ chainId: SIMULATED_CHAIN_ID, state: database.chain.state }, instruments);
    return createChain({ config: of, engine, store: database.chain, inbox: database.inbox }, instruments);
  };
  beforeEach(async () => {
    folder = temporaryFolder();
    database = await openTestDatabase(folder.path, config.genesisHash);
    chain = await open();
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  const build = (at: number, transactions: readonly Uint8Array[] = []) =>
    chain.exclusive((writer) => writer.execute({ timestamp: TIME + at, messages: [], transactions }));

  it("begins with the genesis block, and where it was when it is opened again", async () => {
    expect(chain.latest().hash).to.equal(config.genesisHash);
    const block = await build(1, [await transfer(0)]);
    await database.close();
    database = await openTestDatabase(folder.path, config.genesisHash);
    chain = await open();
    expect(chain.latest()).to.eql(block);
    const next = await build(2, [await transfer(1)]);
    expect(next.transactions).to.have.length(1);
  });

  it("refuses a configuration whose genesis does not have its genesis hash", async () => {
    await database.close();
    folder.remove();
    database = await openTestDatabase(folder.path, ZERO_HASH);
    const error = await rejection(open({ ...config, genesisHash: ZERO_HASH }));
    expect(error.message).to.contain(config.genesisHash).and.to.contain(ZERO_HASH);
  });

  it("tells of every change after it is stored, in order", async () => {
    const told: string[] = [];
    const isStored = (block: Block) => chain.store.getBlockByHash(block.hash) !== undefined;
    chain.events.on("block", (block) =>
      told.push(`block ${block.header.number} ${isStored(block)} ${chain.latest().hash === block.hash}`),
    );
    chain.events.on("reorg", (removed) =>
      told.push(`reorg ${removed.map(({ header }) => header.number).join(" ")} to ${chain.latest().header.number}`),
    );
    chain.events.on("safe", (number) => told.push(`safe ${number} ${chain.store.getHeads().safe}`));
    chain.events.on("finalized", (number) => told.push(`finalized ${number}`));
    await build(1);
    await build(2);
    const { hash, header } = await build(3);
    const batch = { nextMessage: 0, outboxRoot: ZERO_HASH, batch: 0, lastBlock: 3, lastBlockHash: hash };
    await chain.exclusive((writer) => writer.putDerivedBatch(batch));
    await chain.exclusive((writer) => writer.setFinalized(3));
    await chain.exclusive((writer) => writer.rewindTo(1));
    await build(2);
    expect(header.number).to.equal(3);
    expect(told).to.eql([
      "block 1 true true",
      "block 2 true true",
      "block 3 true true",
      "safe 3 3",
      "finalized 3",
      "reorg 2 3 to 1",
      "safe 0 0",
      "finalized 0",
      "block 2 true true",
    ]);
  });

  it("goes on when a listener throws", async () => {
    chain.events.on("block", () => {
      throw new Error("a listener's own");
    });
    await build(1);
    expect((await build(2)).header.number).to.equal(2);
  });

  it("runs writers one at a time in the order they came, also past one that fails", async () => {
    const order: string[] = [];
    const slow = chain.exclusive(async (writer) => {
      order.push("first begins");
      await writer.execute({ timestamp: TIME, messages: [], transactions: [await transfer(0)] });
      order.push("first ends");
    });
    const failing = chain.exclusive(() => {
      order.push("second");
      return Promise.reject(new Error("failed"));
    });
    const last = chain.exclusive((writer) => {
      order.push("third");
      return writer.execute({ timestamp: TIME, messages: [], transactions: [] });
    });
    expect((await rejection(failing)).message).to.equal("failed");
    await slow;
    expect((await last).header.number).to.equal(2);
    expect(order).to.eql(["first begins", "first ends", "second", "third"]);
  });

  it("skips invalid transactions, of which nothing stays but what they took out of the bucket", async () => {
    const block = await build(1, [new Uint8Array(65), await transfer(5), await transfer(0), await transfer(0)]);
    expect(block.transactions).to.have.length(1);
    await chain.exclusive((writer) => writer.rewindTo(0));
    const alone = await build(1, [await transfer(0)]);
    expect(block.header).to.eql({ ...alone.header, gasLevel: alone.header.gasLevel - 3n * 5_000n });
  });

  it("executes on any stored block without touching the chain, and appends what it removed", async () => {
    const first = await build(1, [await transfer(0)]);
    const second = await build(2, [await transfer(1)]);
    const message = deposit(0);
    const [sibling, removed] = await chain.exclusive(async (writer) => {
      const { block: executed } = await writer.executeOn(first, {
        timestamp: TIME + 2,
        messages: [message],
        transactions: [],
      });
      expect(chain.latest().hash).to.equal(second.hash);
      const gone = await writer.rewindTo(1);
      await writer.append(executed);
      return [executed, gone] as const;
    });
    expect(chain.store.getMessageHashes(sibling.hash)).to.eql([message.hash]);
    await chain.exclusive(async (writer) => {
      await writer.rewindTo(0);
      await writer.appendAll([first, ...removed]);
    });
    expect(chain.latest()).to.eql(second);
    await chain.exclusive(async (writer) => {
      await writer.rewindTo(1);
      await writer.append(sibling);
    });
    expect(chain.latest().hash).to.equal(sibling.hash);
  });

  it("refuses a block with messages that it did not execute", async () => {
    const foreign = makeBlock(chain.latest(), { messages: [deposit(0)] });
    const error = await rejection(chain.exclusive((writer) => writer.append(foreign)));
    expect(error.message).to.contain("was not executed by this chain");
  });
}).timeout(30_000);
