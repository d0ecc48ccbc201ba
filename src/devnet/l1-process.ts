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
import { forkCacheFolder } from "./fork-cache.ts";
import { ForkUpstreamError, createForkUpstream } from "./fork-upstream.ts";
import type { ForkUpstream } from "./fork-upstream.ts";
import { type L1Journal, type L1JournalGenesis, openL1Journal } from "./l1-journal.ts";
import type { L1NodeMessage, L1NodeOptions } from "./l1-node.ts";
import { createL1Recorder, type L1Recorder } from "./l1-recorder.ts";

const PROJECT_ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const NETWORK = "l1";

const now = (): number => Math.floor(Date.now() / 1000);

function tell(message: L1NodeMessage): void {
  process.send?.(message);
}

/** Set once the options are known. */
let upstream: ForkUpstream | undefined;

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const explained = error instanceof ForkUpstreamError ? undefined : upstream?.explain(message);
  tell({ kind: "failed", message: explained ?? message });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
  // Nothing is left to write: every recorded block was synchronised to disk before it was seen.
  setImmediate(() => process.exit());
}

async function run(options: L1NodeOptions): Promise<void> {
  upstream = options.forkUrl === undefined ? undefined : createForkUpstream(options.forkUrl);
  await assertPortIsFree(options.hostname, options.port);
  const journal = options.journalPath === undefined ? undefined : await openL1Journal(options.journalPath);
  const genesis = await openGenesis(options, journal);
  const environment = await createEnvironment(genesis);
  const network = interceptNetwork(environment, journal, genesis.fork !== undefined);
  const { port } = await withinForkTimeout(async () => {
    const server = await environment.network.createServer(NETWORK, options.hostname, options.port);
    return server.listen();
  });
  if (options.blockInterval !== undefined) mineEvery(options.blockInterval, network.provider());
  tell({ kind: "ready", port, pid: process.pid, restoredBlocks: network.restoredBlocks() });
}

/** Milliseconds before it is said that the upstream of a fork is waited for, and before that is given up. */
const FORK_PATIENCE = 10_000;
const FORK_TIMEOUT = 120_000;

/** The network asks the upstream of a fork for its first block again and again, without a word. */
async function withinForkTimeout<T>(start: () => Promise<T>): Promise<T> {
  if (upstream === undefined) return start();
  const { endpoint, timeout: timedOut } = upstream;
  const say = setTimeout(() => tell({ kind: "waiting", for: `the chain to fork, ${endpoint}` }), FORK_PATIENCE);
  let giveUp: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    giveUp = setTimeout(() => reject(timedOut(FORK_TIMEOUT / 1000)), FORK_TIMEOUT);
  });
  try {
    return await Promise.race([start(), timeout]);
  } finally {
    clearTimeout(say);
    clearTimeout(giveUp);
  }
}

/** The listener of Hardhat's server reports a port in use as an uncaught error, so it is looked at before. */
async function assertPortIsFree(hostname: string, port: number): Promise<void> {
  const probe = createServer().listen(port, hostname);
  try {
    await once(probe, "listening");
  } catch (error) {
    throw new Error(
      `cannot listen on ${hostname}:${port}: ${error instanceof Error ? error.message : String(error)}; ` +
        "give another --l1-port (0 for any free one)",
    );
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
      chainId: await resolveChainId(options),
      ...(options.forkUrl === undefined || upstream === undefined
        ? { timestamp: now(), ...(options.baseFee === undefined ? {} : { baseFee: options.baseFee }) }
        : { fork: { url: options.forkUrl, blockNumber: await resolveForkBlock(upstream, options.forkBlockNumber) } }),
    };
    journal?.append(genesis);
    return genesis;
  }
  if (recorded.kind !== "genesis") throw new Error(`${options.journalPath ?? ""} does not begin with a genesis`);
  if ((recorded.fork === undefined) !== (options.forkUrl === undefined)) {
    throw new Error(
      `the data directory holds ${recorded.fork === undefined ? "an L1 that is not a fork" : "a forked L1"}; ` +
        `${options.forkUrl === undefined ? "give its --fork" : "leave out --fork"} or use another directory`,
    );
  }
  const chainId = await resolveChainId(options);
  if (recorded.chainId !== chainId) {
    throw new Error(`the data directory holds an L1 with chain id ${recorded.chainId}, asked for is ${chainId}`);
  }
  const { forkBlockNumber } = options;
  if (recorded.fork !== undefined && (forkBlockNumber ?? recorded.fork.blockNumber) !== recorded.fork.blockNumber) {
    throw new Error(
      `the data directory holds a fork at block ${recorded.fork.blockNumber}, asked for is ${forkBlockNumber ?? "none"} ` +
        "(--fork-block-number)",
    );
  }
  // So that one that does not answer is found out here, where it is quick.
  await upstream?.latestBlockNumber();
  // The block stays the one of the first start; the endpoint may have moved.
  return options.forkUrl === undefined || recorded.fork === undefined
    ? recorded
    : { ...recorded, fork: { ...recorded.fork, url: options.forkUrl } };
}

async function resolveChainId({ chainId }: L1NodeOptions): Promise<number> {
  if (chainId !== "origin") return chainId;
  if (upstream === undefined) throw new Error("the chain id of the origin (--l1-chain-id origin) needs a --fork");
  return upstream.chainId();
}

async function resolveForkBlock(of: ForkUpstream, wanted: number | undefined): Promise<number> {
  const latest = await of.latestBlockNumber();
  if (wanted !== undefined && wanted > latest) {
    throw new Error(
      `--fork-block-number: expected a block of ${of.endpoint}, whose latest is ${latest}, got ${wanted}`,
    );
  }
  return wanted ?? latest;
}

async function createEnvironment(genesis: L1JournalGenesis): Promise<HardhatRuntimeEnvironment> {
  return createHardhatRuntimeEnvironment(
    {
      ...(genesis.fork === undefined ? {} : { paths: { cache: forkCacheFolder() } }),
      networks: {
        [NETWORK]: {
          type: "edr-simulated",
          chainType: "l1",
          hardfork: "osaka",
          chainId: genesis.chainId,
          // As a real L1 answers: a transaction that reverts has a hash and a receipt.
          throwOnTransactionFailures: false,
          ...(genesis.fork === undefined
            ? {
                initialDate: new Date((genesis.timestamp ?? now()) * 1000).toISOString(),
                ...(genesis.baseFee === undefined ? {} : { initialBaseFeePerGas: genesis.baseFee }),
              }
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

/**
 * Makes the accounts of the network what they are on one that is no fork: without code. The keys are known to everybody, so on
 * public chains strangers have delegated these accounts (EIP-7702), and what they send or are paid would go another way.
 */
async function clearAccounts(provider: EthereumProvider): Promise<void> {
  const accounts = z.array(z.string()).parse(await provider.request({ method: "eth_accounts" }));
  await Promise.all(
    accounts.map(async (account) => {
      const code = await provider.request({ method: "eth_getCode", params: [account, "latest"] });
      if (code !== "0x") await provider.request({ method: "hardhat_setCode", params: [account, "0x"] });
    }),
  );
}

/** Answers whose error, if it is the upstream's, names it; the network throws some errors and answers with others. */
async function explained<Response extends object>(answering: Promise<Response>): Promise<Response> {
  try {
    const response = await answering;
    return "error" in response ? { ...response, error: explainedError(response.error) } : response;
  } catch (error) {
    throw explainedError(error);
  }
}

function explainedError<T>(error: T): T {
  if (typeof error !== "object" || error === null || !("message" in error)) return error;
  const message = upstream?.explain(String(error.message));
  return message === undefined ? error : Object.assign(error, { message });
}

/**
 * Tools that do not know which of the two names an endpoint takes give a call's data as `input` and as `data` (Foundry's cast). Geth
 * takes both if they are equal; the network takes one.
 */
function withoutRepeatedInput<Request extends { readonly params?: unknown }>(request: Request): Request {
  if (!Array.isArray(request.params)) return request;
  const params = request.params.map((param: unknown) => {
    if (typeof param !== "object" || param === null || !("input" in param && "data" in param)) return param;
    const { input, ...rest } = param;
    return input === rest.data ? rest : param;
  });
  return { ...request, params };
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
      if (isFork) {
        await direct.run(true, async () => {
          await passForkedBlock(connection.provider);
          await clearAccounts(connection.provider);
        });
      }
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
    async onRequest(context, connection, asked, next) {
      if (direct.getStore() === true) return next(context, connection, asked);
      const request = withoutRepeatedInput(asked);
      if (recorder === undefined) return explained(next(context, connection, request));
      const params: readonly unknown[] = Array.isArray(request.params) ? (request.params as unknown[]) : [];
      const result = await recorder.handle(request.method, params, async () => {
        const response = await explained(direct.run(true, () => next(context, connection, request)));
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
  let isMining = false;
  provider.on("notification", () => {
    minedAt = Date.now();
    if (!isMining) tell({ kind: "block" });
  });
  const tick = (): void => {
    const due = minedAt + interval * 1000 - Date.now();
    if (due > 0) {
      setTimeout(tick, due);
      return;
    }
    isMining = true;
    provider.request({ method: "evm_mine" }).then(() => {
      isMining = false;
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
