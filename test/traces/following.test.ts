import { expect } from "chai";
import { prepareMachine } from "../../src/machine/index.ts";
import { createTraceFollower } from "../../src/traces/index.ts";
import type { TraceFollower } from "../../src/traces/index.ts";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import type { SimulatedL1 } from "../l1/simulated-l1.ts";
import { createTestNode } from "../node/follower-fixture.ts";
import type { TestNode } from "../node/follower-fixture.ts";
import { mineHistory } from "../node/history.ts";
import { stepThroughBatches, storedUnits, until } from "./fixture.ts";

describe("Following the chain with traces", () => {
  let l1: SimulatedL1;
  let node: TestNode;
  let follower: TraceFollower;

  before(prepareMachine);
  beforeEach(async () => {
    l1 = createSimulatedL1();
    node = await createTestNode(l1);
    follower = createFollower();
  });
  afterEach(async () => {
    await follower.stop();
    await node.close();
  });

  function createFollower(): TraceFollower {
    const { chain, database, folder, instruments } = node;
    return createTraceFollower(
      { config: chain.config, database, folder, pollingInterval: 0.01, retryDelay: 0.01 },
      instruments,
    );
  }
  const untilTraced = () => until(() => node.database.traces.batchCount() === node.database.inbox.batchCount());

  it("stores the boundary states that all steps of the machine in proving mode come by", async () => {
    await mineHistory(l1, 10);
    await node.follower.syncOnce();
    follower.start();
    await untilTraced();
    expect(storedUnits(node)).to.eql(stepThroughBatches(node));
    expect(node.database.traces.unitCount()).to.be.greaterThan(60);
  });
}).timeout(60_000);
