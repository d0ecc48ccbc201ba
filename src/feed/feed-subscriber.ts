/** What a server remembers of one client. */
export interface Subscriber {
  /** Next block to send; undefined before a subscription. */
  next: number | undefined;
  /** Frames that reached the network. */
  delivered: number;
  deliveredAtPing: number;
  /** Whether it answered the last ping. */
  isAlive: boolean;
  /** Pings it was sent. */
  pings: number;
  /** Frames and pings received since the last ping. */
  received: number;
  /** Whether it goes on being served when others have had a turn. */
  isPumping: boolean;
}

export type DropReason = "garbage" | "flood" | "silent" | "slow" | "error";

/** Frames and pings a client may send between two pings. */
const MAXIMUM_RECEIVED = 64;

export function newSubscriber(): Subscriber {
  return {
    next: undefined,
    delivered: 0,
    deliveredAtPing: 0,
    isAlive: true,
    pings: 0,
    received: 0,
    isPumping: false,
  };
}

/** Counts a frame or ping of a client. False if it floods the server. */
export function countReceived(subscriber: Subscriber): boolean {
  subscriber.received += 1;
  return subscriber.received <= MAXIMUM_RECEIVED;
}

/**
 * The first block for a client that asked for all from `requested` on: at most `backlog` old ones. One that is ahead of this
 * chain is told from its end on: the blocks it has beyond were replaced.
 */
export function firstBlock(
  requested: number,
  { latest, backlog }: { readonly latest: number; readonly backlog: number },
): number {
  return Math.max(1, latest - backlog + 1, Math.min(requested, latest + 1));
}

/** Why a client is to be dropped that is due for another ping, or undefined. `buffered`: bytes its socket holds. */
export function whyDropped(subscriber: Subscriber, buffered: number): "slow" | "silent" | undefined {
  const isStuck = subscriber.delivered === subscriber.deliveredAtPing;
  if (isStuck && buffered > 0) return "slow";
  const neverSubscribed = subscriber.next === undefined && subscriber.pings > 0;
  return neverSubscribed || (!subscriber.isAlive && isStuck) ? "silent" : undefined;
}

/** It is sent a ping: what it does from now on counts anew. */
export function notePing(subscriber: Subscriber): void {
  subscriber.isAlive = false;
  subscriber.pings += 1;
  subscriber.received = 0;
  subscriber.deliveredAtPing = subscriber.delivered;
}

/** Blocks from `first` on were replaced: they are sent again. */
export function noteReplaced(subscriber: Subscriber, first: number): void {
  if (subscriber.next !== undefined) subscriber.next = Math.min(subscriber.next, first);
}
