import fastify from "fastify";
import type { FastifyInstance, FastifyReply } from "fastify";
import { registerMetrics } from "../metrics/index.ts";
import { whyNotSynced } from "../node/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { createOutboxIndex } from "../withdrawals/index.ts";
import { allowsOrigin, corsHeaders, isPreflight, preflightHeaders } from "./cors.ts";
import { formatSyncing } from "./format/syncing.ts";
import { createTransactionDecoder } from "./format/transaction.ts";
import { DEFAULT_RPC_LIMITS } from "./limits.ts";
import type { RpcLimits } from "./limits.ts";
import { createMiningWait } from "./inclusion.ts";
import { createFilterRegistry } from "./logs/filters.ts";
import { METHODS } from "./methods/index.ts";
import type { RpcNode } from "./node.ts";
import { createNotifier } from "./notifier.ts";
import { createDispatcher, errorText } from "./protocol/dispatcher.ts";
import type { CallReport } from "./protocol/dispatcher.ts";
import { RPC_ERROR } from "./protocol/errors.ts";
import { createReaderPool } from "./readers/reader-pool.ts";
import type { ReaderPool } from "./readers/reader-pool.ts";
import type { ReaderKind } from "./readers/reader-protocol.ts";
import type { RpcServer, RpcServerOptions } from "./types.ts";
import { attachWebSocket } from "./websocket.ts";
import type { WebSocketEndpoint } from "./websocket.ts";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_MINIMUM_PRIORITY_FEE = 1_000_000n;
const DEFAULT_CLIENT_VERSION = "onestep/0.1.0";
/** How often the HTTP server looks for requests that take too long to arrive, in milliseconds. */
const CONNECTION_CHECK_INTERVAL = 1_000;

/**
 * The node's JSON-RPC server: HTTP and WebSocket on one port, with `GET /health`, `/ready` and `/metrics` beside. Nothing
 * listens before `start`.
 */
export function createRpcServer(options: RpcServerOptions, { logger, metrics }: Instruments): RpcServer {
  const { chain, pool, claims, syncStatus, problems = () => [], host = DEFAULT_HOST, port, cors = "*" } = options;
  const limits: RpcLimits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
  const report = createReporter({ logger, metrics });
  let running:
    { readonly app: FastifyInstance; readonly webSocket: WebSocketEndpoint; readonly node: RpcNode } | undefined;

  /** What keeps the process from being ready, in words; empty if it is. */
  function whyNotReady(): readonly string[] {
    const notSynced = whyNotSynced(syncStatus(), limits.readyLag);
    return [...(notSynced === undefined ? [] : [notSynced]), ...problems()];
  }

  function createNode(): RpcNode {
    const startingBlock = chain.store.getHeads().latest;
    const syncing = (): object | false => formatSyncing({ syncStatus, limits, startingBlock });
    return {
      chain,
      readers: {
        reading: createReaders("reading", limits.readingThreads),
        executing: createReaders("executing", limits.executingThreads),
      },
      pool,
      claims,
      get disputes() {
        return options.disputes;
      },
      devnet: options.devnet,
      untilMined: createMiningWait({ chain, devnet: options.devnet }),
      syncStatus,
      limits,
      decode: createTransactionDecoder(chain.config.genesis.chainId),
      outbox: createOutboxIndex({ chain, records: options.records }, { logger }),
      filters: createFilterRegistry({
        chain,
        pool,
        timeout: limits.filterTimeout,
        maximum: limits.filters,
        maximumEntries: limits.filterEntries,
        maximumBytes: limits.responseBytes,
      }),
      notifier: createNotifier({ chain, pool, syncing }, { logger }),
      clientVersion: options.clientVersion ?? DEFAULT_CLIENT_VERSION,
      minimumPriorityFee: options.minimumPriorityFee ?? DEFAULT_MINIMUM_PRIORITY_FEE,
      startingBlock,
    };
  }

  function createReaders(kind: ReaderKind, threads: number): ReaderPool {
    const { readers, onDifference = () => undefined } = options;
    return createReaderPool(
      { ...readers, kind, threads, config: chain.config, limits, onDifference },
      { logger, metrics },
    );
  }

  async function start(): ReturnType<RpcServer["start"]> {
    if (running !== undefined) throw new Error("the RPC server has been started already");
    const node = createNode();
    const dispatcher = createDispatcher({ methods: METHODS, node, limits, onCall: report });
    const app = fastify({
      bodyLimit: limits.requestBytes,
      forceCloseConnections: true,
      // A client that stops reading or writing in the middle is cut off; waiting for an answer takes less than this.
      connectionTimeout: Math.max(limits.inclusionTimeout, limits.callTimeout) + limits.requestTimeout,
      requestTimeout: limits.requestTimeout,
      http: { connectionsCheckingInterval: CONNECTION_CHECK_INTERVAL, headersTimeout: limits.requestTimeout },
      logger: false,
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    app.addHook("onRequest", ({ method, headers }, reply, done) => {
      if (isPreflight(method, headers)) return void reply.status(204).headers(preflightHeaders(cors, headers)).send();
      void reply.headers(corsHeaders(cors, headers));
      // Whatever a client calls its JSON, it is read as JSON; the parser of this header would refuse some of what they send.
      headers["content-type"] = "application/json";
      done();
    });
    app.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) logger.error({ err: error }, "HTTP request failed");
      const message =
        status === 413
          ? `request too large: at most ${limits.requestBytes} bytes`
          : status < 500
            ? "invalid request: the HTTP request is malformed"
            : "internal error";
      return sendJson(
        reply.status(status),
        errorText(status < 500 ? RPC_ERROR.invalidRequest : RPC_ERROR.internal, message),
      );
    });
    app.setNotFoundHandler((_request, reply) => reply.status(404).send("not found: JSON-RPC is POST /\n"));

    app.post("/", async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const body = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
      const text = await dispatcher.dispatch(body, { client: request.ip, connection: undefined, signal: gone.signal });
      return text === undefined ? reply.status(204).send() : sendJson(reply, text);
    });
    app.options("/", (_request, reply) => reply.status(204).header("allow", "POST, GET, OPTIONS").send());
    app.get("/", (_request, reply) =>
      reply.status(405).header("allow", "POST").send("JSON-RPC: POST here, or connect by WebSocket\n"),
    );
    for (const path of ["/health", "/healthz"]) app.get(path, (_request, reply) => reply.send({ status: "ok" }));
    app.get("/ready", (_request, reply) => {
      const reasons = whyNotReady();
      const ready = reasons.length === 0;
      return reply.status(ready ? 200 : 503).send({ ready, reason: reasons[0], reasons, ...syncStatus() });
    });
    app.get("/metrics", async (_request, reply) =>
      reply.header("content-type", metrics.contentType).send(await metrics.metrics()),
    );

    const webSocket = attachWebSocket(
      app.server,
      { dispatcher, limits, allowsOrigin: (origin) => allowsOrigin(cors, origin) },
      { logger },
    );
    running = { app, webSocket, node };
    node.readers.reading.start();
    const { ready, webSockets } = registerMetrics(metrics, "rpcConnections");
    ready.collectWith((gauge) => gauge.set(whyNotReady().length === 0 ? 1 : 0));
    webSockets.collectWith((gauge) => gauge.set(webSocket.connectionCount));
    try {
      await app.listen({ host, port });
    } catch (error) {
      await stop();
      throw error;
    }
    const address = app.server.address();
    if (address === null || typeof address === "string")
      throw new Error(`expected a TCP address, got ${String(address)}`);
    const authority = `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
    logger.info({ host: address.address, port: address.port }, "RPC server listening");
    return { host: address.address, port: address.port, url: `http://${authority}`, webSocketUrl: `ws://${authority}` };
  }

  async function stop(): Promise<void> {
    const stopping = running;
    running = undefined;
    if (stopping === undefined) return;
    stopping.webSocket.close();
    await stopping.app.close();
    stopping.node.filters.close();
    stopping.node.notifier.close();
    await Promise.all(Object.values(stopping.node.readers).map((readers) => readers.close()));
  }

  return {
    start,
    stop,
    prepare: () => running?.node.readers.executing.start(),
  };
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", "application/json").send(text);
}

/** Metrics and logs of calls. */
function createReporter({ logger, metrics }: Instruments): (report: CallReport) => void {
  const { requestSeconds, errors } = registerMetrics(metrics, "rpcCalls");
  return ({ method = "unknown", seconds, code, failure }) => {
    requestSeconds.observe({ method }, seconds);
    if (code !== undefined) errors.inc({ method, code: String(code) });
    if (failure !== undefined) logger.error({ err: failure, method }, "JSON-RPC call failed");
  };
}
