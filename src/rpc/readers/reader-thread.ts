import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import pino from "pino";
import { Registry } from "prom-client";
import type { Block } from "../../chain/index.ts";
import { createExecutionEngine } from "../../machine/index.ts";
import type { ReadableChain } from "../../node/index.ts";
import { openNodeDatabaseReader } from "../../storage/index.ts";
import { createTransactionDecoder } from "../format/index.ts";
import { READING_METHODS } from "../methods/index.ts";
import type { ReadingNode } from "../node.ts";
import { RPC_ERROR, RpcError } from "../protocol/index.ts";
import type { ReaderRequest, ReaderResponse, ReaderThreadData } from "./reader-protocol.ts";

/** Readers give way to the thread that builds blocks: about a tenth of a core that both want. */
const NICENESS = 10;

const data = workerData as ReaderThreadData;
const port = parentPort;
if (port === null) throw new Error("a reader thread is started by a reader pool");
const post = (response: ReaderResponse): void => port.postMessage(response);

// Only on Linux is a thread meant by this; elsewhere it would be the whole process.
if (process.platform === "linux") setPriority(NICENESS);

const database = openNodeDatabaseReader({ folder: data.folder, genesisHash: data.config.genesisHash });
const node = createNode();
const methods = new Map(READING_METHODS.map((method) => [method.name, method]));
let cancellation = new AbortController();

port.on("message", (request: ReaderRequest) => {
  if (request.kind === "cancel") return cancellation.abort();
  cancellation = new AbortController();
  void answer(request.method, request.params, cancellation.signal).then(post);
});
post({ kind: "ready" });

function createNode(): ReadingNode {
  const { config, limits, engine, shadow } = data;
  const { chain: store, inbox } = database;
  const options = { chainId: config.genesis.chainId, state: store.state, engine };
  const onDifference = (error: Error): void => post({ kind: "difference", report: error.message });
  let latest: Block | undefined;
  const chain: ReadableChain = {
    config,
    store,
    inbox,
    engine: createExecutionEngine(shadow ? { ...options, onDifference } : options, {
      logger: pino({ level: "silent" }),
      metrics: new Registry(),
    }),
    latest() {
      const hash = store.getBlockHash(store.getHeads().latest);
      if (latest === undefined || latest.hash !== hash)
        latest = hash === undefined ? undefined : store.getBlockByHash(hash);
      if (latest === undefined) throw new Error("corrupt database: the latest block is missing");
      return latest;
    },
  };
  return { chain, limits, decode: createTransactionDecoder(config.genesis.chainId) };
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
