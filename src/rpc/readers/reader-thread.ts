import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import pino from "pino";
import { Registry } from "prom-client";
import { TRANSACTION_GAS_CAP } from "../../ethereum/index.ts";
import type { ReadableChain } from "../../node/index.ts";
import { ZERO_ADDRESS } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import { createExecutionEngine } from "../../reference/index.ts";
import type { Block } from "../../rollup/index.ts";
import { openNodeDatabaseReader } from "../../storage/index.ts";
import type { ReadableChainStore } from "../../storage/index.ts";
import type { BlockUnits } from "../../traces/index.ts";
import { createTransactionDecoder } from "../format/transaction.ts";
import type { ReadingMethod, ReadingNode } from "../node.ts";
import { RPC_ERROR, RpcError } from "../protocol/errors.ts";
import type { ReaderKind, ReaderRequest, ReaderResponse, ReaderThreadData } from "./reader-protocol.ts";

/** Threads that execute give way to the one that builds blocks: they get about a quarter of a core that both want. */
const NICENESS = 5;

/** Blocks kept in memory; one of 60 million gas comes to some 5 MB. */
const RECENT_BLOCKS = 16;

const data = workerData as ReaderThreadData;
const port = parentPort;
if (port === null) throw new Error("a reader thread is started by a reader pool");
const post = (response: ReaderResponse): void => port.postMessage(response);

const database = openNodeDatabaseReader({ folder: data.folder, genesisHash: data.config.genesisHash });
const node = createNode();
const methods = new Map((await loadMethods(data.kind)).map((method) => [method.name, method]));
let cancellation = new AbortController();
let units: Promise<BlockUnits> | undefined;

port.on("message", (request: ReaderRequest) => {
  if (request.kind === "cancel") return cancellation.abort();
  cancellation = new AbortController();
  void answer(request.method, request.params, cancellation.signal).then(post);
});
if (data.kind === "executing") {
  await warmUp(node.chain);
  // Only on Linux is a thread meant by this; elsewhere it would be the whole process. Starting is not slowed by it.
  if (process.platform === "linux") setPriority(NICENESS);
}
post({ kind: "ready" });

/** Executing threads are ended and started again most, so they load the least. */
async function loadMethods(kind: ReaderKind): Promise<readonly ReadingMethod[]> {
  return kind === "executing"
    ? (await import("../methods/executing-methods.ts")).EXECUTING_METHODS
    : (await import("../methods/reading-methods.ts")).READING_METHODS;
}

function createNode(): ReadingNode {
  const { config, limits, engine, shadow } = data;
  const { inbox } = database;
  const store = withRecentBlocks(database.chain);
  const options = { chainId: config.genesis.chainId, state: store.state, engine };
  const onDifference = (error: Error): void => post({ kind: "difference", report: error.message });
  const chain: ReadableChain = {
    config,
    store,
    inbox,
    engine: createExecutionEngine(shadow ? { ...options, onDifference } : options, {
      logger: pino({ level: "silent" }),
      metrics: new Registry(),
    }),
    latest() {
      const latest = store.getBlock(store.getHeads().latest);
      if (latest === undefined) throw new Error("corrupt database: the latest block is missing");
      return latest;
    },
  };
  const decode = createTransactionDecoder(config.genesis.chainId);
  const canOpenUnits = data.kind === "executing" && engine === "machine";
  return { chain, limits, decode, ...(canOpenUnits && { openUnits }) };
}

/** Loads what it takes when it is first asked for: it is much, and most threads are never asked. */
async function openUnits(): Promise<BlockUnits> {
  const { createBlockUnits } = await import("../../traces/index.ts");
  units ??= createBlockUnits({ config: data.config, database });
  return units;
}

/** Compiles what the engine is made of, so that the time of the first call is its own. */
async function warmUp({ engine, latest }: ReadableChain): Promise<void> {
  const nothing = { data: new Uint8Array(), value: 0n, gas: TRANSACTION_GAS_CAP, gasPrice: 0n };
  await engine.call({ from: ZERO_ADDRESS, to: ZERO_ADDRESS, ...nothing }, { at: latest().header });
}

/** Keeps the blocks read last, since callers mostly ask for the same ones. */
function withRecentBlocks(store: ReadableChainStore): ReadableChainStore {
  const recent = new Map<Hash, Block>();
  const getBlockByHash = (hash: Hash): Block | undefined => {
    const block = recent.get(hash) ?? store.getBlockByHash(hash);
    if (block === undefined) return undefined;
    recent.delete(hash);
    recent.set(hash, block);
    const [oldest] = recent.keys();
    if (recent.size > RECENT_BLOCKS && oldest !== undefined) recent.delete(oldest);
    return block;
  };
  const getBlock = (number: number): Block | undefined => {
    const hash = store.getBlockHash(number);
    return hash === undefined ? undefined : getBlockByHash(hash);
  };
  return { ...store, getBlock, getBlockByHash };
}

async function answer(name: string, params: string, signal: AbortSignal): Promise<ReaderResponse> {
  try {
    const method = methods.get(name);
    if (method === undefined) throw new Error(`reader threads have no method ${name}`);
    database.refresh();
    const result = await method.run(JSON.parse(params) as unknown[], node, { signal });
    const text = JSON.stringify(result ?? null);
    if (text.length > data.limits.responseBytes) {
      const message = `response too large: more than ${data.limits.responseBytes} bytes`;
      throw new RpcError(RPC_ERROR.responseTooLarge, message);
    }
    return { kind: "result", text };
  } catch (error) {
    if (error instanceof RpcError) {
      const { code, message, data: details } = error;
      return { kind: "error", code, message, data: details };
    }
    return { kind: "failure", error: error instanceof Error ? error : new Error(String(error)) };
  }
}
