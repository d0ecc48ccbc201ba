import { createClaimsView, createOwnTraces } from "../claims/index.ts";
import type { TransactionPool } from "../node/index.ts";
import { createForwardingPool, createRpcServer } from "../rpc/index.ts";
import type { DevnetControl, RpcServer } from "../rpc/index.ts";
import { createReadOnlyPool } from "./read-only-pool.ts";
import type { RunningNode } from "./running-node.ts";

export interface RpcRoleOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly pool: TransactionPool;
  /** What the helper methods of development nodes do; only a devnet has it. */
  readonly devnet?: DevnetControl | undefined;
  /** Answer of `web3_clientVersion`, where it is another than the node's own. */
  readonly clientVersion?: string | undefined;
}

/** Serves a node's JSON-RPC. */
export async function startRpcRole(
  node: RunningNode,
  options: RpcRoleOptions,
): Promise<{ readonly url: string; readonly webSocketUrl: string }> {
  const { url, webSocketUrl } = await openRpc(node, options);
  return { url, webSocketUrl };
}

/** As {@link startRpcRole}, for whoever prepares the server for its first calls. */
export async function openRpc(
  node: RunningNode,
  { host, port, pool, devnet, clientVersion }: RpcRoleOptions,
): Promise<{ readonly url: string; readonly webSocketUrl: string } & Pick<RpcServer, "prepare">> {
  const { chain, client, database, instruments } = node;
  const claims = createClaimsView({
    chain,
    client,
    records: database.records("claims"),
    traces: node.traces && createOwnTraces(node.traces, chain.config.parameters.claimTraceHeight),
  });
  const server = createRpcServer(
    {
      chain,
      ...node.readers,
      pool,
      claims,
      syncStatus: () => node.syncStatus(),
      problems: () => node.problems(),
      get disputes() {
        return node.disputes;
      },
      devnet,
      ...(clientVersion === undefined ? {} : { clientVersion }),
      records: database.records("rpc"),
      host,
      port,
    },
    instruments,
  );
  const { url, webSocketUrl } = await server.start();
  node.onClose("RPC server", () => server.stop());
  return { url, webSocketUrl, prepare: () => server.prepare() };
}

/** The pool of a node that does not sequence: forwards to the sequencer's JSON-RPC, or refuses if there is none. */
export function openReplicaPool(node: RunningNode, sequencerUrl: string | undefined): TransactionPool {
  if (sequencerUrl === undefined) return createReadOnlyPool();
  const pool = createForwardingPool({ url: sequencerUrl, chain: node.chain }, node.instruments);
  node.onClose("forwarding pool", () => {
    pool.close();
  });
  return pool;
}
