import { WebSocket } from "ws";
import { afterLatest, subscribe } from "./feed-client-state.ts";
import type { FeedClientState } from "./feed-client-state.ts";
import { FeedMessageError, MAXIMUM_FRAME_SIZE } from "./feed-message.ts";
import { receiveFrame } from "./frame-reception.ts";

const HANDSHAKE_TIMEOUT = 10_000;

/** Why a connection ended. */
export type DisconnectReason = "closed" | "stopped" | "silent" | "invalid-message" | "error";

/** One connection from beginning to end. */
export function connect(client: FeedClientState, signal: AbortSignal): Promise<DisconnectReason> {
  const { counters, logger, silenceTimeout, url } = client;
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      maxPayload: MAXIMUM_FRAME_SIZE,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
    });
    client.socket = socket;
    let reason: DisconnectReason = "closed";
    const end = (why: DisconnectReason) => {
      reason = why;
      socket.terminate();
    };
    const stop = () => end("stopped");
    let silence: NodeJS.Timeout | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => end("silent"), silenceTimeout);
    };
    signal.addEventListener("abort", stop);
    socket.on("open", () => {
      client.isConnected = true;
      heard();
      logger.info({ url }, "feed connected");
      subscribe(client, afterLatest(client));
    });
    socket.on("ping", heard);
    socket.on("message", (data, isBinary) => {
      heard();
      try {
        receiveFrame(client, data, isBinary);
      } catch (error) {
        if (!(error instanceof FeedMessageError)) throw error;
        logger.warn({ url, message: error.message }, "feed connection dropped");
        counters.receivedBlocks.inc({ outcome: "invalid" });
        end("invalid-message");
      }
    });
    socket.on("error", (error) => {
      reason = "error";
      logger.debug({ err: error }, "feed connection failed");
    });
    socket.on("close", () => {
      clearTimeout(silence);
      clearTimeout(client.resubscription);
      client.resubscription = undefined;
      signal.removeEventListener("abort", stop);
      client.isConnected = false;
      client.socket = undefined;
      resolve(reason);
    });
  });
}
