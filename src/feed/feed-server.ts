import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { RawData, WebSocket } from "ws";
import { registerMetrics } from "../metrics/index.ts";
import type { Chain } from "../node/index.ts";
import type { Address, Hash, Hex, Instruments } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import {
  decodeSubscribeFrame,
  encodeBlockFrame,
  encodeFeedBlock,
  FeedMessageError,
  SUBSCRIBE_SIZE,
} from "./feed-message.ts";
import { createFeedSigner } from "./feed-signature.ts";

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

type DropReason = "garbage" | "flood" | "silent" | "slow" | "error";

interface Client {
  readonly socket: WebSocket;
  /** Next block to send; undefined before a subscription. */
  next: number | undefined;
  /** Frames that reached the network. */
  delivered: number;
  deliveredAtPing: number;
  alive: boolean;
  /** Pings it was sent. */
  pings: number;
  /** Frames and pings received since the last ping. */
  received: number;
  pumping: boolean;
}

const DEFAULT_BACKLOG = 10_000;
const DEFAULT_MAXIMUM_CLIENTS = 256;
const DEFAULT_PING_INTERVAL = 15_000;
/** Bytes a client's socket may hold before sending waits: what is not sent is read from the store later. */
const HIGH_WATER = 1024 * 1024;
/** Frames sent to a client before others get a turn. */
const FRAMES_PER_TURN = 64;
/** Frames and pings a client may send between two pings. */
const MAXIMUM_RECEIVED = 64;
const CACHED_BYTES = 32 * 1024 * 1024;
const POLICY_VIOLATION = 1008;
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
  const backlog = options.backlog ?? DEFAULT_BACKLOG;
  const maximumClients = options.maximumClients ?? DEFAULT_MAXIMUM_CLIENTS;
  const signer = createFeedSigner(options.privateKey, {
    chainId: chain.config.genesis.chainId,
    genesisHash: chain.config.genesisHash,
  });
  const clients = new Set<Client>();

  const counters = registerMetrics(metrics, "feedServer");
  counters.clients.collectWith((gauge) => gauge.set(clients.size));

  let sequence = 0;
  const frames = new Map<Hash, Uint8Array>();
  let framesBytes = 0;

  /** A block is signed once while its frame is cached, with a sequence above all given before. */
  function frameOf(block: Block): Uint8Array {
    const cached = frames.get(block.hash);
    if (cached !== undefined) return cached;
    sequence = Math.max(sequence + 1, Date.now());
    const { header } = block;
    const content = encodeFeedBlock({
      sequence,
      number: header.number,
      parentHash: header.parentHash,
      blockHash: block.hash,
      firstMessage: block.firstMessage,
      block: {
        timestamp: header.timestamp,
        messages: block.nextMessage - block.firstMessage,
        transactions: block.transactions.flatMap((entry) => (entry.kind === "signed" ? [entry.raw] : [])),
      },
    });
    const frame = encodeBlockFrame({ signature: signer.sign(content), content });
    frames.set(block.hash, frame);
    framesBytes += frame.length;
    for (const [hash, oldest] of frames) {
      if (framesBytes <= CACHED_BYTES) break;
      frames.delete(hash);
      framesBytes -= oldest.length;
    }
    return frame;
  }

  function drop(client: Client, reason: DropReason): void {
    if (!clients.delete(client)) return;
    counters.droppedClients.inc({ reason });
    logger.debug({ reason }, "feed client dropped");
    if (reason === "garbage" || reason === "flood") client.socket.close(POLICY_VIOLATION, reason);
    // One that does not answer the close handshake must not be waited for.
    setTimeout(() => client.socket.terminate(), reason === "garbage" || reason === "flood" ? 1_000 : 0).unref();
  }

  function pump(client: Client): void {
    if (client.pumping || client.next === undefined || !clients.has(client)) return;
    const latest = chain.latest().header.number;
    if (latest - client.next > backlog) {
      drop(client, "slow");
      return;
    }
    for (let count = 0; client.next <= latest && client.socket.bufferedAmount < HIGH_WATER; count++) {
      if (count === FRAMES_PER_TURN) {
        client.pumping = true;
        setImmediate(() => {
          client.pumping = false;
          pump(client);
        });
        return;
      }
      const block = chain.store.getBlock(client.next);
      if (block === undefined) return;
      client.next += 1;
      counters.sentBlocks.inc();
      client.socket.send(frameOf(block), (error) => {
        if (error) return;
        client.delivered += 1;
        pump(client);
      });
    }
  }

  function onMessage(client: Client, data: RawData, isBinary: boolean): void {
    if (!countReceived(client)) return;
    try {
      if (!isBinary || !Buffer.isBuffer(data)) throw new FeedMessageError("expected a binary frame");
      const latest = chain.latest().header.number;
      // One that is ahead of this chain is told from its end on: the blocks it has beyond were replaced.
      client.next = Math.max(1, latest - backlog + 1, Math.min(decodeSubscribeFrame(data), latest + 1));
      pump(client);
    } catch (error) {
      if (!(error instanceof FeedMessageError)) throw error;
      drop(client, "garbage");
    }
  }

  function countReceived(client: Client): boolean {
    client.received += 1;
    if (client.received > MAXIMUM_RECEIVED) drop(client, "flood");
    return client.received <= MAXIMUM_RECEIVED;
  }

  function onConnection(socket: WebSocket): void {
    const client: Client = {
      socket,
      next: undefined,
      delivered: 0,
      deliveredAtPing: 0,
      alive: true,
      pings: 0,
      received: 0,
      pumping: false,
    };
    clients.add(client);
    socket.on("message", (data, isBinary) => {
      if (clients.has(client)) onMessage(client, data, isBinary);
    });
    socket.on("ping", () => {
      countReceived(client);
    });
    socket.on("pong", () => {
      client.alive = true;
    });
    socket.on("error", () => drop(client, "error"));
    socket.on("close", () => clients.delete(client));
  }

  function checkClient(client: Client): void {
    const stuck = client.delivered === client.deliveredAtPing;
    const unsubscribed = client.next === undefined && client.pings > 0;
    if (stuck && client.socket.bufferedAmount > 0) drop(client, "slow");
    else if (unsubscribed || (!client.alive && stuck)) drop(client, "silent");
    else {
      client.alive = false;
      client.pings += 1;
      client.received = 0;
      client.deliveredAtPing = client.delivered;
      client.socket.ping();
    }
  }

  const webSockets = new WebSocketServer({ noServer: true, maxPayload: SUBSCRIBE_SIZE, perMessageDeflate: false });
  const server =
    listen.kind === "server" ? listen.server : createServer((_request, response) => response.writeHead(426).end());

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (listen.kind === "server" && request.url?.split("?")[0] !== listen.path) return;
    if (clients.size >= maximumClients) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
      return;
    }
    webSockets.handleUpgrade(request, socket, head, onConnection);
  }

  function onBlock(): void {
    for (const client of clients) pump(client);
  }

  function onReorg(removed: readonly Block[]): void {
    const first = removed[0]?.header.number;
    if (first === undefined) return;
    for (const client of clients) {
      if (client.next !== undefined) client.next = Math.min(client.next, first);
    }
  }

  server.on("upgrade", onUpgrade);
  if (listen.kind === "port") {
    server.listen(listen.port, listen.host);
    await once(server, "listening");
  }
  chain.events.on("block", onBlock);
  chain.events.on("reorg", onReorg);
  const pings = setInterval(() => {
    for (const client of clients) checkClient(client);
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
        setTimeout(() => socket.terminate(), 1_000).unref();
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
