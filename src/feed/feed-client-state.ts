import { WebSocket } from "ws";
import type { SenderRecovery } from "../ethereum/index.ts";
import type { MetricsOf } from "../metrics/index.ts";
import type { Chain } from "../node/index.ts";
import type { Address, Logger } from "../primitives/index.ts";
import { encodeSubscribeFrame } from "./feed-message.ts";
import type { FeedDomain } from "./feed-signature.ts";
import { clearPending, hasRoom, removePending } from "./pending-blocks.ts";
import type { PendingBlocks } from "./pending-blocks.ts";

/** All of a feed client: what it was made with, and what it remembers. */
export interface FeedClientState {
  readonly url: string;
  readonly chain: Chain;
  readonly domain: FeedDomain;
  /** Whose blocks are taken. */
  readonly signer: Address;
  readonly recovery: Pick<SenderRecovery, "recover"> | undefined;
  /** Milliseconds without a ping after which the connection counts as dead. */
  readonly silenceTimeout: number;
  /** Milliseconds between looks whether L1 has delivered the messages a block needs. */
  readonly messagePollInterval: number;
  readonly logger: Logger;
  readonly counters: MetricsOf<"feedClient">;

  /** Ends the client; undefined while it is not started. */
  abort: AbortController | undefined;
  /** The connection, while there is one. */
  socket: WebSocket | undefined;
  isConnected: boolean;

  readonly pending: PendingBlocks;
  /** Sequence of the newest message seen for an unsafe block number, so that an old one cannot undo a newer. */
  readonly sequences: Map<number, number>;
  /** Messages in a row that told nothing new. */
  useless: number;
  /** Blocks taken so far. */
  applied: number;
  /** Execution of pending blocks, while it runs. */
  applying: Promise<void> | undefined;
  /** The next look whether the messages of a block are there. */
  retry: NodeJS.Timeout | undefined;
  resubscription: NodeJS.Timeout | undefined;
  /** Milliseconds before the next resubscription. */
  resubscribeDelay: number;
}

/** Milliseconds before blocks that were missed are asked for again; doubles up to a minute without progress. */
export const RESUBSCRIBE_DELAY = 1_000;
const MAXIMUM_RESUBSCRIBE_DELAY = 60_000;

export function afterLatest({ chain }: FeedClientState): number {
  return chain.store.getHeads().latest + 1;
}

export function afterSafe({ chain }: FeedClientState): number {
  return chain.store.getHeads().safe + 1;
}

/** Asks for all blocks from a number on. */
export function subscribe({ socket }: FeedClientState, from: number): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(encodeSubscribeFrame(from));
}

/** Asks again, later, for blocks that cannot be had otherwise. */
export function resubscribeLater(client: FeedClientState, from: (client: FeedClientState) => number): void {
  if (client.resubscription !== undefined) return;
  client.resubscription = setTimeout(() => {
    client.resubscription = undefined;
    forgetAll(client);
    subscribe(client, from(client));
  }, client.resubscribeDelay);
  client.resubscribeDelay = Math.min(client.resubscribeDelay * 2, MAXIMUM_RESUBSCRIBE_DELAY);
}

/** Holds a block no longer. */
export function forgetBlock({ pending, socket }: FeedClientState, number: number): void {
  if (!pending.byNumber.has(number)) return;
  removePending(pending, number);
  if (hasRoom(pending)) socket?.resume();
}

/** Holds no block any longer. */
export function forgetAll({ pending, socket }: FeedClientState): void {
  clearPending(pending);
  socket?.resume();
}
