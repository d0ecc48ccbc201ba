import type { Hash } from "../primitives/index.ts";
import { MESSAGE_KINDS, messageBodyHash } from "../rollup/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
import type { InboxView } from "./inbox-view.ts";
import type { BatcherSettings } from "./settings.ts";

type MessageSettings = Pick<BatcherSettings, "inclusionMargin" | "forceInclusionDelay">;

/** What says when a message is overdue. */
export type MessageTime = Pick<InboxMessage, "enqueuedAt">;

/** Whether the message must be read by a batch mined within `slack` seconds of `l1Timestamp`. */
export function mustBeRead(
  { enqueuedAt }: MessageTime,
  l1Timestamp: number,
  slack: number,
  forceInclusionDelay: number,
): boolean {
  return enqueuedAt + forceInclusionDelay <= l1Timestamp + slack;
}

/**
 * Up to which message a batch reads whose blocks read those before `nextMessage`. A message that is (almost) overdue is
 * read by the batch even if its blocks do not read it, or the Inbox would refuse the batch and every one after it.
 * Derivation then appends blocks of its own for it.
 */
export function coverOverdue(
  nextMessage: number,
  view: Pick<InboxView, "messageCount" | "l1Timestamp">,
  getMessage: (index: number) => MessageTime | undefined,
  { inclusionMargin, forceInclusionDelay }: MessageSettings,
): number {
  const isOverdue = (index: number): boolean => {
    const message = getMessage(index);
    return message !== undefined && mustBeRead(message, view.l1Timestamp, inclusionMargin, forceInclusionDelay);
  };
  let messagesUpTo = nextMessage;
  while (messagesUpTo < view.messageCount && isOverdue(messagesUpTo)) messagesUpTo++;
  return messagesUpTo;
}

/** A message as the Inbox takes it beside a batch, to see that the unread ones are recent. */
export interface MessageOpening {
  /** L1 timestamp in seconds. */
  readonly enqueuedAt: bigint;
  readonly kind: number;
  readonly bodyHash: Hash;
}

/**
 * The opening of the first message a batch leaves unread, or undefined if the Inbox needs none: all messages are read, or a
 * recent context message shows that the unread ones are recent. A batch in flight moves that context, so then it is opened.
 * `unknown` if the Inbox has the message and this node does not.
 */
export function openFirstUnread(
  messagesUpTo: number,
  view: Pick<InboxView, "messageCount" | "l1Timestamp" | "lastContextIndex" | "lastContextAt">,
  batchesInFlight: boolean,
  getMessage: (index: number) => InboxMessage | undefined,
  { inclusionMargin, forceInclusionDelay }: MessageSettings,
): MessageOpening | "unknown" | undefined {
  const contextIsRecent =
    messagesUpTo >= view.lastContextIndex &&
    view.l1Timestamp + inclusionMargin <= view.lastContextAt + forceInclusionDelay;
  if (!batchesInFlight && contextIsRecent) return undefined;
  const message = getMessage(messagesUpTo);
  if (message === undefined) return messagesUpTo < view.messageCount ? "unknown" : undefined;
  return {
    enqueuedAt: BigInt(message.enqueuedAt),
    kind: MESSAGE_KINDS[message.kind],
    bodyHash: messageBodyHash(message),
  };
}
