// The L1 of the devnet, in a process of its own: started by `startL1Node`, told its options over IPC, and gone when its
// parent is.
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkHooks } from "hardhat/types/hooks";
import type { EthereumProvider } from "hardhat/types/providers";
import { z } from "zod";
import { type L1Journal, type L1JournalGenesis, openL1Journal } from "./l1-journal.ts";
import type { L1NodeMessage, L1NodeOptions } from "./l1-node.ts";
import { createL1Recorder, type L1Recorder } from "./l1-recorder.ts";

const PROJECT_ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const NETWORK = "l1";

const now = (): number => Math.floor(Date.now() / 1000);

function tell(message: L1NodeMessage): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
  // Nothing is left to write: every recorded block was synchronised to disk before it was seen.
  setImmediate(() => process.exit());
}

async function run(options: L1NodeOptions): Promise<void> {
  await assertPortIsFree(options.hostname, options.port);
  const journal = options.journalPath === undefined ? undefined : await openL1Journal(options.journalPath);
  const genesis = await openGenesis(options, journal);
  const environment = await createEnvironment(genesis);
  const network = interceptNetwork(environment, journal, genesis.fork !== undefined);
  const server = await environment.network.createServer(NETWORK, options.hostname, options.port);
  const { port } = await server.listen();
  if (options.blockInterval !== undefined) mineEvery(options.blockInterval, network.provider());
  tell({ kind: "ready", port, pid: process.pid, restoredBlocks: network.restoredBlocks() });
}

/** The listener of Hardhat's server reports a port in use as an uncaught error, so it is looked at before. */
async function assertPortIsFree(hostname: string, port: number): Promise<void> {
  const probe = createServer().listen(port, hostname);
  try {
    await once(probe, "listening");
  } catch (error) {
    throw new Error(`cannot listen on ${hostname}:${port}: ${error instanceof Error ? error.message : String(error)}`);
  }
  probe.close();
  await once(probe, "close");
}

/** The recorded genesis, which must be of the chain that is asked for, or a new one. */
async function openGenesis(options: L1NodeOptions, journal: L1Journal | undefined): Promise<L1JournalGenesis> {
  const recorded = journal?.entries[0];
  if (recorded === undefined) {
    const genesis: L1JournalGenesis = {
      kind: "genesis",
      version: 1,
      chainId: options.chainId,
      ...(options.forkUrl === undefined
        ? { timestamp: now() }
        : { fork: { url: options.forkUrl, blockNumber: await latestBlockNumber(options.forkUrl) } }),
    };
    journal?.append(genesis);
    return genesis;
  }
  if (recorded.kind !== "genesis") throw new Error(`${options.journalPath ?? ""} does not begin with a genesis`);
  if (recorded.chainId !== options.chainId) {
    throw new Error(
      `the data directory holds an L1 with chain id ${recorded.chainId}, asked for is ${options.chainId}`,
    );
  }
  if ((recorded.fork === undefined) !== (options.forkUrl === undefined)) {
    throw new Error(
      `the data directory holds ${recorded.fork === undefined ? "an L1 that is not a fork" : "a forked L1"}; ` +
        `${options.forkUrl === undefined ? "give its --fork" : "leave out --fork"} or use another directory`,
    );
  }
  // The block stays the one of the first start; the endpoint may have moved.
  return options.forkUrl === undefined || recorded.fork === undefined
    ? recorded
    : { ...recorded, fork: { ...recorded.fork, url: options.forkUrl } };
}

async function latestBlockNumber(url: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }),
  }).catch((error: unknown) => {
    throw new Error(`cannot fork ${url}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = z.object({ result: z.string().regex(/^0x[0-9a-f]+$/) }).safeParse(body);
  if (!parsed.success) throw new Error(`cannot fork ${url}: it did not answer eth_blockNumber`);
  return Number(parsed.data.result);
}

async function createEnvironment(genesis: L1JournalGenesis): Promise<HardhatRuntimeEnvironment> {
  return createHardhatRuntimeEnvironment(
    {
      networks: {
        [NETWORK]: {
          type: "edr-simulated",
          chainType: "l1",
          hardfork: "osaka",
          chainId: genesis.chainId,
          // As a real L1 answers: a transaction that reverts has a hash and a receipt.
          throwOnTransactionFailures: false,
          ...(genesis.fork === undefined
            ? { initialDate: new Date((genesis.timestamp ?? now()) * 1000).toISOString() }
            : { forking: { url: genesis.fork.url, blockNumber: genesis.fork.blockNumber } }),
        },
      },
    },
    {},
    PROJECT_ROOT,
  );
}

/**
 * Moves the clock of a fork past its first block, which may be ahead of this machine's clock: the network would refuse to
 * mine. What is mined then has its timestamp recorded like any other.
 */
async function passForkedBlock(provider: EthereumProvider): Promise<void> {
  const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
  const { timestamp } = z.object({ timestamp: z.string().regex(/^0x[0-9a-f]+$/) }).parse(block);
  const ahead = Number(timestamp) - now();
  if (ahead >= 0) await provider.request({ method: "evm_increaseTime", params: [ahead + 1] });
}

/** Has every request to the network recorded, once the journal has been replayed on it. */
function interceptNetwork(environment: HardhatRuntimeEnvironment, journal: L1Journal | undefined, isFork: boolean) {
  // Requests of the recorder itself pass by it.
  const direct = new AsyncLocalStorage<true>();
  let provider: EthereumProvider | undefined;
  let recorder: L1Recorder | undefined;
  let restoredBlocks = 0;
  const hooks: Partial<NetworkHooks> = {
    async newConnection(context, next) {
      const connection = await next(context);
      provider = connection.provider;
      if (isFork) await direct.run(true, () => passForkedBlock(connection.provider));
      if (journal === undefined) return connection;
      const created = createL1Recorder({
        journal,
        clock: now,
        request: (method, params) =>
          direct.run(true, () => connection.provider.request({ method, params: [...params] })),
      });
      restoredBlocks = (await created.replay()).blocks;
      recorder = created;
      return connection;
    },
    async onRequest(context, connection, request, next) {
      if (recorder === undefined || direct.getStore() === true) return next(context, connection, request);
      const params: readonly unknown[] = Array.isArray(request.params) ? (request.params as unknown[]) : [];
      const result = await recorder.handle(request.method, params, async () => {
        const response = await direct.run(true, () => next(context, connection, request));
        if ("error" in response) throw Object.assign(new Error(response.error.message), response.error);
        return response.result;
      });
      return { jsonrpc: "2.0", id: request.id, result };
    },
  };
  environment.hooks.registerHandlers("network", hooks);
  return {
    restoredBlocks: () => restoredBlocks,
    provider(): EthereumProvider {
      if (provider === undefined) throw new Error("the L1 network has not been created");
      return provider;
    },
  };
}

/** Mines a block whenever none came for `interval` seconds, so that L1 time passes as it does on a live network. */
function mineEvery(interval: number, provider: EthereumProvider): void {
  let minedAt = Date.now();
  provider.on("notification", () => {
    minedAt = Date.now();
  });
  const tick = (): void => {
    const due = minedAt + interval * 1000 - Date.now();
    if (due > 0) {
      setTimeout(tick, due);
      return;
    }
    provider.request({ method: "evm_mine" }).then(() => {
      minedAt = Date.now();
      setTimeout(tick, interval * 1000);
    }, fail);
  };
  provider.request({ method: "eth_subscribe", params: ["newHeads"] }).then(tick, fail);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
// Interrupting the devnet in a terminal reaches this process too; the parent decides when the L1 goes.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
process.once("message", (options: L1NodeOptions) => {
  run(options).catch(fail);
});
