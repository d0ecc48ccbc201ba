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
 * Whether somebody else may record a batch before ours is mined, and with it a context message after deposits that ours does
 * not read: where the operator is (almost) silent anyone may post, and an (almost) overdue message anyone may force.
 */
export function mayMoveContext(
  view: Pick<InboxView, "messagesRead" | "l1Timestamp" | "selfSequencingFrom">,
  getMessage: (index: number) => MessageTime | undefined,
  { inclusionMargin, forceInclusionDelay }: MessageSettings,
): boolean {
  if (view.l1Timestamp + inclusionMargin >= view.selfSequencingFrom) return true;
  const firstUnread = getMessage(view.messagesRead);
  return firstUnread !== undefined && mustBeRead(firstUnread, view.l1Timestamp, inclusionMargin, forceInclusionDelay);
}

/**
 * The opening that shows the Inbox that the messages a batch leaves unread are recent: of the first of them or, where the
 * batch reads all that there are yet, of the last that it reads. Undefined if the Inbox needs none, because a recent context
 * message shows that and does not move before the batch is mined; or if no message is recent. `unknown` if the Inbox has the
 * message and this node does not.
 */
export function openMessage(
  messagesUpTo: number,
  view: Pick<InboxView, "messageCount" | "l1Timestamp" | "lastContextIndex" | "lastContextAt">,
  contextMayMove: boolean,
  getMessage: (index: number) => InboxMessage | undefined,
  { inclusionMargin, forceInclusionDelay }: MessageSettings,
): MessageOpening | "unknown" | undefined {
  const contextIsRecent =
    messagesUpTo >= view.lastContextIndex &&
    view.l1Timestamp + inclusionMargin <= view.lastContextAt + forceInclusionDelay;
  if (!contextMayMove && contextIsRecent) return undefined;
  const isThere = messagesUpTo < view.messageCount;
  const message = getMessage(isThere ? messagesUpTo : messagesUpTo - 1);
  if (message === undefined) return isThere ? "unknown" : undefined;
  if (!isThere && mustBeRead(message, view.l1Timestamp, inclusionMargin, forceInclusionDelay)) return undefined;
  return {
    enqueuedAt: BigInt(message.enqueuedAt),
    kind: MESSAGE_KINDS[message.kind],
    bodyHash: messageBodyHash(message),
  };
}
