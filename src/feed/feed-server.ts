import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { registerMetrics } from "../metrics/index.ts";
import type { Chain } from "../node/index.ts";
import type { Address, Hex, Instruments } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import { addClient, CLOSE_TIMEOUT, pingClient, pump } from "./feed-clients.ts";
import type { FeedServing } from "./feed-clients.ts";
import { emptyFeedFrames } from "./feed-frames.ts";
import { SUBSCRIBE_SIZE } from "./feed-message.ts";
import { createFeedSigner } from "./feed-signature.ts";
import { noteReplaced } from "./feed-subscriber.ts";

export interface FeedServerOptions {
  readonly chain: Chain;
  /** The operator's key, 32 bytes. */
  readonly privateKey: Hex;
  /** A port of its own (0 for any free one), or a path on an HTTP server that others use too. */
  readonly listen:
    | { readonly kind: "port"; readonly port: number; readonly host?: string }
    | { readonly kind: "server"; readonly server: Server; readonly path: string };
  /** How many blocks before the latest a client may ask for, and fall behind, before it is turned away. */
  readonly backlog?: number;
  readonly maximumClients?: number;
  /** Milliseconds between pings; a client that shows no life between two of them is dropped. */
  readonly pingInterval?: number;
}

export interface FeedServer {
  /** Address whose signature the messages carry. */
  readonly signer: Address;
  readonly clientCount: number;
  /** Port it listens on. */
  readonly port: number;
  close(): Promise<void>;
}

const DEFAULT_BACKLOG = 10_000;
const DEFAULT_MAXIMUM_CLIENTS = 256;
const DEFAULT_PING_INTERVAL = 15_000;
const GOING_AWAY = 1001;

/**
 * Serves the blocks of the canonical chain, signed, over WebSocket: from the number a client asks for, and then as they come. After a
 * reorg it goes back to the first replaced number. Memory for each client is bounded: a slow one is read from the store
 * at its own pace, and dropped when it stands still or falls behind by more than the backlog.
 */
export async function createFeedServer(
  options: FeedServerOptions,
  { logger, metrics }: Instruments,
): Promise<FeedServer> {
  const { chain, listen } = options;
  const maximumClients = options.maximumClients ?? DEFAULT_MAXIMUM_CLIENTS;
  const signer = createFeedSigner(options.privateKey, {
    chainId: chain.config.genesis.chainId,
    genesisHash: chain.config.genesisHash,
  });
  const counters = registerMetrics(metrics, "feedServer");
  counters.clients.collectWith((gauge) => gauge.set(clients.size));
  const serving: FeedServing = {
    chain,
    clients: new Set(),
    frames: emptyFeedFrames(),
    sign: (content) => signer.sign(content),
    backlog: options.backlog ?? DEFAULT_BACKLOG,
    logger,
    counters,
  };
  const { clients } = serving;

  const webSockets = new WebSocketServer({ noServer: true, maxPayload: SUBSCRIBE_SIZE, perMessageDeflate: false });
  const server =
    listen.kind === "server" ? listen.server : createServer((_request, response) => response.writeHead(426).end());

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (listen.kind === "server" && request.url?.split("?")[0] !== listen.path) return;
    if (clients.size >= maximumClients) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (client) => addClient(serving, client));
  }

  function onBlock(): void {
    for (const client of clients) pump(serving, client);
  }

  function onReorg(removed: readonly Block[]): void {
    const first = removed[0]?.header.number;
    if (first === undefined) return;
    for (const client of clients) noteReplaced(client, first);
  }

  server.on("upgrade", onUpgrade);
  if (listen.kind === "port") {
    server.listen(listen.port, listen.host);
    await once(server, "listening");
  }
  chain.events.on("block", onBlock);
  chain.events.on("reorg", onReorg);
  const pings = setInterval(() => {
    for (const client of clients) pingClient(serving, client);
  }, options.pingInterval ?? DEFAULT_PING_INTERVAL);
  pings.unref();

  return {
    signer: signer.address,
    get clientCount() {
      return clients.size;
    },
    get port() {
      return (server.address() as AddressInfo).port;
    },
    async close() {
      clearInterval(pings);
      chain.events.off("block", onBlock);
      chain.events.off("reorg", onReorg);
      server.off("upgrade", onUpgrade);
      for (const { socket } of clients) {
        socket.close(GOING_AWAY);
        setTimeout(() => socket.terminate(), CLOSE_TIMEOUT).unref();
      }
      clients.clear();
      webSockets.close();
      if (listen.kind === "port") {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
    },
  };
}
