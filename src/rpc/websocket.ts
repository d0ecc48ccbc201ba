import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { Logger } from "../primitives/index.ts";
import type { RpcLimits } from "./limits.ts";
import type { Dispatcher } from "./protocol/dispatcher.ts";
import { createIdentifier, normalizeIdentifier } from "./protocol/identifier.ts";
import type { Connection } from "./protocol/method.ts";

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;

interface Subscription {
  readonly end: () => void;
  /** Results, in JSON, from before the answer with the id went out; undefined since. */
  held: string[] | undefined;
}

/** WebSocket clients of an HTTP server, one JSON-RPC message a frame. */
export interface WebSocketEndpoint {
  readonly connectionCount: number;
  /** Ends all connections. */
  close(): void;
}

export function attachWebSocket(
  server: Server,
  {
    dispatcher,
    limits,
    allowsOrigin,
  }: {
    readonly dispatcher: Dispatcher;
    readonly limits: RpcLimits;
    readonly allowsOrigin: (origin: string | undefined) => boolean;
  },
  { logger }: { readonly logger: Logger },
): WebSocketEndpoint {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.requestBytes, perMessageDeflate: false });

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on("error", () => socket.destroy());
    if (!allowsOrigin(request.headers.origin)) return refuse(socket, "403 Forbidden");
    if (sockets.clients.size >= limits.webSocketConnections) return refuse(socket, "503 Service Unavailable");
    sockets.handleUpgrade(request, socket, head, (client) =>
      serve(client, request.socket.remoteAddress ?? "", { dispatcher, limits, logger }),
    );
  };
  server.on("upgrade", onUpgrade);

  return {
    get connectionCount() {
      return sockets.clients.size;
    },
    close() {
      server.off("upgrade", onUpgrade);
      for (const client of sockets.clients) {
        client.close(GOING_AWAY, "the node is shutting down");
        client.terminate();
      }
      sockets.close();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function serve(
  client: WebSocket,
  address: string,
  {
    dispatcher,
    limits,
    logger,
  }: { readonly dispatcher: Dispatcher; readonly limits: RpcLimits; readonly logger: Logger },
): void {
  const gone = new AbortController();
  const subscriptions = new Map<string, Subscription>();
  /** Length of all results that wait for the answers with their subscriptions' ids. */
  let heldLength = 0;
  let active = 0;
  let answersPing = true;

  function dropSlow(): void {
    logger.info(
      { bufferedBytes: client.bufferedAmount, heldLength },
      "a WebSocket client does not keep up and is dropped",
    );
    client.terminate();
  }

  function send(text: string): void {
    if (client.readyState !== client.OPEN) return;
    if (client.bufferedAmount > limits.webSocketBacklog) return dropSlow();
    client.send(text, (error) => {
      if (error instanceof Error) client.terminate();
    });
  }

  function publish(id: string, json: string): void {
    const subscription = subscriptions.get(id);
    if (subscription === undefined) return;
    if (subscription.held !== undefined) {
      subscription.held.push(json);
      heldLength += json.length;
      if (heldLength > limits.webSocketBacklog) dropSlow();
      return;
    }
    send(`{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":${json}}}`);
  }

  /** What a subscription held back until now; from here on it publishes at once. */
  function release(subscription: Subscription): readonly string[] {
    const held = subscription.held ?? [];
    subscription.held = undefined;
    for (const json of held) heldLength -= json.length;
    return held;
  }

  /** The connection as one message sees it: what it subscribes to stays silent until it is answered. */
  function connectionOfMessage(opened: string[]): Connection {
    return {
      get subscriptionCount() {
        return subscriptions.size;
      },
      subscribe(start) {
        const id = createIdentifier();
        const end = start((json) => publish(id, json));
        opened.push(id);
        subscriptions.set(id, { end, held: [] });
        return id;
      },
      unsubscribe(id) {
        const known = normalizeIdentifier(id);
        const subscription = subscriptions.get(known);
        if (subscription === undefined) return false;
        subscription.end();
        release(subscription);
        return subscriptions.delete(known);
      },
    };
  }

  async function answer(message: string): Promise<void> {
    const opened: string[] = [];
    const text = await dispatcher.dispatch(message, {
      client: address,
      connection: connectionOfMessage(opened),
      signal: gone.signal,
    });
    if (text !== undefined) send(text);
    for (const id of opened) {
      const subscription = subscriptions.get(id);
      for (const json of subscription === undefined ? [] : release(subscription)) publish(id, json);
    }
  }

  // Text and binary frames alike: some clients send their JSON as bytes.
  client.on("message", (data) => {
    active++;
    if (active >= limits.requestsPerConnection) client.pause();
    answer((data as Buffer).toString("utf8"))
      .catch((error: unknown) => logger.error({ err: error }, "a WebSocket message was not answered"))
      .finally(() => {
        active--;
        if (active < limits.requestsPerConnection && client.isPaused && client.readyState === client.OPEN)
          client.resume();
      });
  });

  const ping = setInterval(() => {
    if (!answersPing && !client.isPaused) return client.terminate();
    answersPing = false;
    client.ping();
  }, limits.webSocketPing);
  client.on("pong", () => {
    answersPing = true;
  });
  // A frame that is too large or malformed: ws closes the connection with the code for it.
  client.on("error", (error) => logger.debug({ err: error }, "WebSocket error"));
  client.on("close", () => {
    clearInterval(ping);
    gone.abort();
    for (const { end } of subscriptions.values()) end();
    subscriptions.clear();
  });
}
