import { expect } from "chai";
import { MAXIMUM_CONTENT_SIZE, compressContent, encodePayload } from "../../src/batch/index.ts";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import type { InboxAction, SimulatedL1 } from "../l1/simulated-l1.ts";
import { configOf, createTestNode, transfer } from "./follower-fixture.ts";
import type { TestNode } from "./follower-fixture.ts";

const SPEED = 5_000_000;
const CAPACITY = 60_000_000;

// The attacks of an operator, or of anybody once it is silent, on those who check: what each costs them is bounded by L2 time,
// however many batches are posted.
describe("The work of a follower", function () {
  this.timeout(120_000);
  let l1: SimulatedL1;
  let node: TestNode;

  beforeEach(async () => {
    l1 = createSimulatedL1();
    node = await createTestNode(l1, { config: configOf(BigInt(SPEED)) });
  });
  afterEach(() => node.close());

  /** Posts a payload so many times in each of so many L1 blocks, and follows. Gives the gas that L2 time paid for at most. */
  async function flood(payload: Uint8Array, batches: number, l1Blocks: number): Promise<number> {
    const batch: InboxAction = { kind: "batch", payload };
    for (let count = 0; count < l1Blocks; count++) l1.mine(...Array.from({ length: batches }, () => batch));
    await node.follower.syncOnce();
    expect(node.chain.store.derivedBatchCount()).to.equal(batches * l1Blocks);
    const { timestamp } = node.chain.latest().header;
    return CAPACITY + SPEED * (timestamp - node.chain.config.genesis.timestamp);
  }

  it("on batches of 4,096 empty blocks is the blocks that time pays for", async () => {
    const head = Buffer.alloc(16);
    // A time far ahead, so that each batch has all the time that derivation grants.
    head.writeBigUInt64BE(2n ** 60n);
    const payload = compressContent(Buffer.concat(Array.from({ length: 4_096 }, () => head)));
    expect(payload.length).to.be.below(200);
    const paid = await flood(payload, 10, 5);
    expect(node.chain.latest().header.number).to.be.within(1_000, paid / 50_000);
    expect(node.chain.latest().header.number).to.be.below(50 * 4_096);
  });

  it("on 1.4 million transactions of no bytes is one empty block a batch", async () => {
    const content = Buffer.alloc(MAXIMUM_CONTENT_SIZE);
    content.writeUInt32BE(2 ** 32 - 1, 12);
    const payload = compressContent(content);
    expect(payload.length).to.be.below(5_000);
    await flood(payload, 10, 2);
    expect(node.chain.latest().header.number).to.equal(20);
    expect(node.recovered()).to.equal(0);
  });

  it("on tens of thousands of signed transactions that cannot run is the signatures that time pays for", async () => {
    const raw = await transfer(77);
    const transactions = Array.from({ length: 37_000 }, () => raw);
    const payload = encodePayload([{ timestamp: 2 ** 50, messages: 0, transactions }]);
    expect(payload.length).to.be.below(20_000);
    const paid = await flood(payload, 4, 3);
    expect(node.recovered()).to.be.within(10_000, paid / 5_000);
    expect(node.recovered()).to.be.below((12 * transactions.length) / 2);
  });

  it("on transactions that use up the bucket is no more than twice what time pays for, whatever stands behind them", async () => {
    const burn = await transfer(0, { gas: 16_000_000n });
    const garbage = Array.from({ length: 30_000 }, (_, index) => Buffer.alloc(70, index));
    const payload = encodePayload([
      { timestamp: 2 ** 50, messages: 0, transactions: [burn] },
      { timestamp: 2 ** 50, messages: 0, transactions: garbage },
    ]);
    const paid = await flood(payload, 20, 2);
    expect(node.recovered()).to.be.below((2 * paid) / 5_000);
  });

  it("on blocks that ask for nothing but messages is bounded by the messages", async () => {
    l1.mine(...Array.from({ length: 30 }, (): InboxAction => ({ kind: "deposit" })));
    await flood(new Uint8Array(), 30, 2);
    expect(node.chain.latest().header.number).to.equal(1);
    expect(node.chain.latest().nextMessage).to.equal(30);
  });

  it("on batches that read a message each is a write to the disk for many of them", async () => {
    l1.mine(...Array.from({ length: 300 }, (): InboxAction => ({ kind: "deposit", deposit: { gasLimit: 0n } })));
    l1.mine(
      ...Array.from({ length: 300 }, (_, index): InboxAction => ({
        kind: "batch",
        payload: new Uint8Array(),
        messagesUpTo: index + 1,
      })),
    );
    const safe: number[] = [];
    node.chain.events.on("safe", (number) => safe.push(number));
    await node.follower.syncOnce();
    expect(safe.at(-1)).to.equal(300);
    expect(safe.length).to.be.below(150);
    expect(node.chain.store.getDerivedBatch(149)).to.include({ lastBlock: 150, nextMessage: 150 });
  });
});
