import { expect } from "chai";
import { encodePayload } from "../../src/batch/index.ts";
import { prepareMachine } from "../../src/machine/index.ts";
import type { Instruments } from "../../src/primitives/index.ts";
import { createTraceFollower } from "../../src/traces/index.ts";
import type { TraceFollower } from "../../src/traces/index.ts";
import { capturedLog } from "../captured-log.ts";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import type { SimulatedL1 } from "../l1/simulated-l1.ts";
import { batchOf, createTestNode, transfer } from "../node/follower-fixture.ts";
import type { TestNode } from "../node/follower-fixture.ts";
import { mineHistory } from "../node/history.ts";
import { temporaryFolder } from "../storage/fixtures.ts";
import { replaceRecords, stepThroughBatches, storedUnits, until } from "./fixture.ts";

describe("Following the chain with traces", () => {
  let l1: SimulatedL1;
  let folder: ReturnType<typeof temporaryFolder>;
  let node: TestNode;
  let follower: TraceFollower;

  before(prepareMachine);
  beforeEach(async () => {
    l1 = createSimulatedL1();
    folder = temporaryFolder();
    await open();
  });
  afterEach(async () => {
    await close();
    folder.remove();
  });

  async function open(instruments?: Instruments): Promise<void> {
    node = await createTestNode(l1, { folder: folder.path });
    const { chain, database } = node;
    follower = createTraceFollower(
      { config: chain.config, database, folder: folder.path, pollingInterval: 0.01, retryDelay: 0.01 },
      instruments ?? node.instruments,
    );
  }
  async function close(): Promise<void> {
    await follower.stop();
    await node.close();
  }
  const untilTraced = () => until(() => follower.tracedBatchCount() === node.chain.store.derivedBatchCount());

  it("stores the boundary states that all steps of the machine in proving mode come by", async () => {
    await mineHistory(l1, 10);
    await node.follower.syncOnce();
    follower.start();
    await untilTraced();
    expect(storedUnits(node)).to.eql(stepThroughBatches(node));
    expect(node.database.traces.unitCount()).to.be.greaterThan(60);
  });

  it("follows batches as they are derived, and goes on where it was stopped or the node closed", async () => {
    follower.start();
    await mineHistory(l1, 2);
    await node.follower.syncOnce();
    await untilTraced();
    await follower.stop();
    await mineHistory(l1, 2, 2);
    await node.follower.syncOnce();
    const before = follower.tracedBatchCount();
    expect(before).to.be.lessThan(node.chain.store.derivedBatchCount());
    follower.start();
    await untilTraced();
    await close();

    await open();
    expect(follower.tracedBatchCount()).to.be.greaterThan(before);
    await mineHistory(l1, 2, 4);
    await node.follower.syncOnce();
    follower.start();
    await untilTraced();
    expect(storedUnits(node)).to.eql(stepThroughBatches(node));
  });

  it("follows reorganisations of L1 of any depth, and keeps the traces of batches that stay", async () => {
    follower.start();
    await mineHistory(l1, 6);
    await node.follower.syncOnce();
    await untilTraced();
    const before = storedUnits(node);
    for (const depth of [1, 4, 9]) {
      l1.revertTo(l1.head().number - depth);
      await mineHistory(l1, 5, 10 * depth);
      await node.follower.syncOnce();
      await untilTraced();
      expect(storedUnits(node)).to.eql(stepThroughBatches(node));
    }
    expect(storedUnits(node)[0]).to.eql(before[0]);
    expect(storedUnits(node)).to.not.eql(before);
  });

  it("gives up a batch that L1 takes back while it is traced, and traces what takes its place", async () => {
    const posted = async (first: number) => {
      const { timestamp } = l1.head();
      const transactions = await Promise.all(Array.from({ length: 400 }, (_, nonce) => transfer(nonce)));
      l1.mine(batchOf([{ timestamp: timestamp + first, transactions }]));
    };
    await posted(0);
    await node.follower.syncOnce();
    follower.start();
    l1.revertTo(l1.head().number - 1);
    await posted(1);
    await node.follower.syncOnce();
    await untilTraced();
    expect(storedUnits(node)).to.eql(stepThroughBatches(node));
  });

  it("says so loudly if what the node has derived is not what the machine makes of the Inbox", async () => {
    const { timestamp } = l1.head();
    l1.mine(batchOf([{ timestamp, transactions: [await transfer(0)] }]));
    await node.follower.syncOnce();
    await close();
    const other = encodePayload([{ timestamp, messages: 0, transactions: [await transfer(0, { value: 7n })] }]);
    await replaceRecords(folder.path, "payloads", () => other);
    const captured = capturedLog();
    await open(captured.instruments);
    follower.start();
    const [line] = await captured.lines(1);
    expect(line!.level).to.equal(50);
    expect(line!.msg).to.contain("the machine comes to another chain than this node has derived");
    expect(line!["report"]).to.contain("the machine makes block 1 0x");
    expect(follower.tracedBatchCount()).to.equal(0);
    const metrics = await captured.instruments.metrics.metrics();
    expect(metrics).to.match(/^onestep_traces_differences_total [1-9]/m);
    expect(metrics).to.contain("onestep_traces_batches_remaining 1");
  });

  it("says so if the state is not there, and tries again", async () => {
    l1.mine(batchOf([{ timestamp: l1.head().timestamp, transactions: [await transfer(0)] }]));
    await node.follower.syncOnce();
    await close();
    const kept = await replaceRecords(folder.path, "state", () => undefined);
    const captured = capturedLog();
    await open(captured.instruments);
    follower.start();
    const [line] = await captured.lines(1);
    expect(line!.msg).to.contain("tracing batches failed; it is tried again");
    await close();
    await replaceRecords(folder.path, "state", (key) => kept.get(Buffer.from(key).toString("hex")), kept.keys());
    await open();
    follower.start();
    await untilTraced();
    expect(storedUnits(node)).to.eql(stepThroughBatches(node));
  });
}).timeout(120_000);
