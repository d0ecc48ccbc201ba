import type { BatcherSettings } from "./settings.ts";
import type { PostingReason } from "./types.ts";
import { mustBeRead } from "./unread-messages.ts";
import type { MessageTime } from "./unread-messages.ts";

/** What there is to post, at the time of a step. */
export interface PostingSituation {
  /** Whether somebody asked for a batch now. */
  readonly requested: boolean;
  /** Whether the block after the last did not fit. */
  readonly full: boolean;
  /** Most bytes its payload has. */
  readonly payloadBound: number;
  /** Milliseconds of the wall clock when its first block was seen. */
  readonly since: number;
  /** Seconds. */
  readonly firstBlockTimestamp: number;
  /** The first message its blocks read; undefined if the Inbox has none. */
  readonly firstUnread: MessageTime | undefined;
  /** Seconds; of the L1 block a batch sent now may stand in. */
  readonly l1Timestamp: number;
  /** Milliseconds of the wall clock. */
  readonly now: number;
}

/** Why what there is should be posted now; undefined if it should wait for more. */
export function postingReason(
  { requested, full, payloadBound, since, firstBlockTimestamp, firstUnread, l1Timestamp, now }: PostingSituation,
  settings: Pick<BatcherSettings, "targetPayloadBytes" | "interval" | "inclusionMargin" | "forceInclusionDelay">,
): PostingReason | undefined {
  if (requested) return "requested";
  if (full || payloadBound >= settings.targetPayloadBytes) return "size";
  // L2's time follows L1's, which on a test network is not the wall clock's.
  const age = Math.max(now - since, now - 1000 * firstBlockTimestamp);
  if (age >= settings.interval * 1000) return "interval";
  const { inclusionMargin, forceInclusionDelay } = settings;
  const due =
    firstUnread !== undefined && mustBeRead(firstUnread, l1Timestamp, 2 * inclusionMargin, forceInclusionDelay);
  return due ? "inclusion" : undefined;
}
