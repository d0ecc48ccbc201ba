import { Registry } from "prom-client";
import { createEvents } from "../../src/primitives/index.ts";
import type { DisputesView } from "../../src/challenger/index.ts";
import { createRpcServer } from "../../src/rpc/index.ts";
import type { RpcLimits } from "../../src/rpc/limits.ts";
import { createTraceFollower } from "../../src/traces/index.ts";
import { readerEngine } from "../engine.ts";
import { createSimulatedL1 } from "../l1/simulated-l1.ts";
import type { InboxAction } from "../l1/simulated-l1.ts";
import { createTestNode } from "../node/follower-fixture.ts";
import type { TestNode } from "../node/follower-fixture.ts";
import { temporaryFolder } from "../storage/fixtures.ts";

/**
 * A node that derives what is in the Inbox of a simulated L1, follows it with traces, and serves JSON-RPC.
 * @param openDisputes gives what it knows of disputes
 */
export async function startDerivedNode(
  limits: Partial<RpcLimits> = {},
  openDisputes: (node: TestNode) => DisputesView | undefined = () => undefined,
) {
  const l1 = createSimulatedL1();
  const folder = temporaryFolder();
  const node = await createTestNode(l1, { folder: folder.path });
  const { chain, database, instruments } = node;
  const traces = createTraceFollower(
    { config: chain.config, database, folder: folder.path, pollingInterval: 0.01 },
    instruments,
  );
  const nothing = (): never => {
    throw new Error("nobody asks for this");
  };
  const server = createRpcServer(
    {
      chain,
      readers: { folder: folder.path, ...readerEngine() },
      pool: {
        submit: nothing,
        get: () => undefined,
        pendingNonce: () => undefined,
        content: () => ({ pending: [], queued: [] }),
        events: createEvents("pool", instruments),
      },
      syncStatus: nothing,
      disputes: openDisputes(node),
      port: 0,
      // What tests ask for takes long where many run at a time.
      limits: { callTimeout: 120_000, executionTimeout: 120_000, ...limits },
    },
    { ...instruments, metrics: new Registry() },
  );
  const { url } = await server.start();
  return {
    ...node,
    l1,
    url,
    traces,
    /** Mines an L1 block for each list of actions, and derives what follows. */
    async mine(...blocks: readonly (readonly InboxAction[])[]): Promise<void> {
      for (const actions of blocks) l1.mine(...actions);
      await node.follower.syncOnce();
    },
    async close(): Promise<void> {
      await server.stop();
      await traces.stop();
      await node.close();
      folder.remove();
    },
  };
}
export type DerivedNode = Awaited<ReturnType<typeof startDerivedNode>>;
