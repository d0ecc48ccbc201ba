import type { RawData, WebSocket } from "ws";
import type { MetricsOf } from "../metrics/index.ts";
import type { Chain } from "../node/index.ts";
import type { Logger } from "../primitives/index.ts";
import { frameOf } from "./feed-frames.ts";
import type { FeedFrames } from "./feed-frames.ts";
import { decodeSubscribeFrame, FeedMessageError } from "./feed-message.ts";
import { countReceived, firstBlock, newSubscriber, notePing, whyDropped } from "./feed-subscriber.ts";
import type { DropReason, Subscriber } from "./feed-subscriber.ts";

export interface FeedServerClient extends Subscriber {
  readonly socket: WebSocket;
}

/** What a feed server serves its clients with. */
export interface FeedServing {
  readonly chain: Chain;
  readonly clients: Set<FeedServerClient>;
  readonly frames: FeedFrames;
  readonly sign: (content: Uint8Array) => Uint8Array;
  /** How many blocks before the latest a client may ask for, and fall behind. */
  readonly backlog: number;
  readonly logger: Logger;
  readonly counters: MetricsOf<"feedServer">;
}

/** Bytes a client's socket may hold before sending waits: what is not sent is read from the store later. */
const HIGH_WATER = 1024 * 1024;
/** Frames sent to a client before others get a turn. */
const FRAMES_PER_TURN = 64;
const POLICY_VIOLATION = 1008;
/** Milliseconds for a client to answer the close handshake. */
export const CLOSE_TIMEOUT = 1_000;

/** Begins to serve a client. */
export function addClient(serving: FeedServing, socket: WebSocket): void {
  const client: FeedServerClient = { ...newSubscriber(), socket };
  serving.clients.add(client);
  socket.on("message", (data, isBinary) => {
    if (serving.clients.has(client)) receiveMessage(serving, client, data, isBinary);
  });
  socket.on("ping", () => {
    if (!countReceived(client)) dropClient(serving, client, "flood");
  });
  socket.on("pong", () => {
    client.isAlive = true;
  });
  socket.on("error", () => dropClient(serving, client, "error"));
  socket.on("close", () => serving.clients.delete(client));
}

/** Sends a client what it has not got, as far as its connection takes it. */
export function pump(serving: FeedServing, client: FeedServerClient): void {
  const { chain, clients, counters } = serving;
  if (client.isPumping || client.next === undefined || !clients.has(client)) return;
  const latest = chain.latest().header.number;
  if (latest - client.next > serving.backlog) {
    dropClient(serving, client, "slow");
    return;
  }
  for (let count = 0; client.next <= latest && client.socket.bufferedAmount < HIGH_WATER; count++) {
    if (count === FRAMES_PER_TURN) {
      client.isPumping = true;
      setImmediate(() => {
        client.isPumping = false;
        pump(serving, client);
      });
      return;
    }
    const block = chain.store.getBlock(client.next);
    if (block === undefined) return;
    client.next += 1;
    counters.sentBlocks.inc();
    client.socket.send(frameOf(serving.frames, block, { sign: serving.sign, now: Date.now() }), (error) => {
      if (error) return;
      client.delivered += 1;
      pump(serving, client);
    });
  }
}

/** Drops a client that shows no life, or asks it to show some. */
export function pingClient(serving: FeedServing, client: FeedServerClient): void {
  const reason = whyDropped(client, client.socket.bufferedAmount);
  if (reason !== undefined) return dropClient(serving, client, reason);
  notePing(client);
  client.socket.ping();
}

function receiveMessage(serving: FeedServing, client: FeedServerClient, data: RawData, isBinary: boolean): void {
  if (!countReceived(client)) return dropClient(serving, client, "flood");
  try {
    if (!isBinary || !Buffer.isBuffer(data)) throw new FeedMessageError("expected a binary frame");
    const latest = serving.chain.latest().header.number;
    client.next = firstBlock(decodeSubscribeFrame(data), { latest, backlog: serving.backlog });
    pump(serving, client);
  } catch (error) {
    if (!(error instanceof FeedMessageError)) throw error;
    dropClient(serving, client, "garbage");
  }
}

function dropClient({ clients, counters, logger }: FeedServing, client: FeedServerClient, reason: DropReason): void {
  if (!clients.delete(client)) return;
  counters.droppedClients.inc({ reason });
  logger.debug({ reason }, "feed client dropped");
  const isViolation = reason === "garbage" || reason === "flood";
  if (isViolation) client.socket.close(POLICY_VIOLATION, reason);
  // One that does not answer the close handshake must not be waited for.
  setTimeout(() => client.socket.terminate(), isViolation ? CLOSE_TIMEOUT : 0).unref();
}
