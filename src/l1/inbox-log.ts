import { decodeEventLog, toEventSelector } from "viem";
import type { Log } from "viem";
import type { Batch } from "../derivation/index.ts";
import { hexToBytes, toAddress } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { hashMessage } from "../rollup/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import { inboxAbi } from "./abi/index.ts";

/** An Inbox event as its log tells it; the payload of a batch is elsewhere. */
export type InboxLog = (
  | { readonly kind: "message"; readonly message: InboxMessage }
  | { readonly kind: "batch"; readonly batch: Omit<Batch, "payload"> }
) & { readonly block: L1BlockReference; readonly transactionHash: Hash };

/** What an L1 endpoint answered cannot be so; another try, or another endpoint, may answer better. */
export class InconsistentL1Error extends Error {
  override readonly name = "InconsistentL1Error";
}

const EVENTS = inboxAbi.filter(
  (item) =>
    item.type === "event" &&
    (item.name === "DepositEnqueued" || item.name === "ContextEnqueued" || item.name === "BatchPosted"),
);
/**
 * First topics of the logs that are entries of the Inbox. Others of its logs cost next to nothing, so that an endpoint could be
 * made to have more of them in one block than it gives at a time: it is not asked for them.
 */
export const ENTRY_TOPICS: readonly Hash[] = EVENTS.map((event) => toEventSelector(event));
const SELECTORS = new Set<string>(ENTRY_TOPICS);

/**
 * Reads a log of the Inbox; undefined if it is of another event. A message's hash is checked against its content.
 * @throws InconsistentL1Error
 */
export function readInboxLog(log: Log): InboxLog | undefined {
  const { blockNumber, blockHash, transactionHash } = log;
  if (log.topics[0] === undefined || !SELECTORS.has(log.topics[0])) return undefined;
  if (blockNumber === null || blockHash === null || transactionHash === null || log.removed) {
    throw new InconsistentL1Error(
      `expected a log of a block, got one of transaction ${transactionHash ?? "(none)"} without`,
    );
  }
  const origin = { block: { number: Number(blockNumber), hash: blockHash }, transactionHash };
  const event = decode(log);
  if (event.eventName === "BatchPosted") {
    const { index, kind, dataHash, messagesUpTo, number, timestamp } = event.args;
    const batch = {
      index: Number(index),
      kind: kind === 0 ? ("calldata" as const) : ("blobs" as const),
      dataHash,
      messagesUpTo: Number(messagesUpTo),
      number: Number(number),
      timestamp: Number(timestamp),
    };
    return { kind: "batch", batch, ...origin };
  }
  const message: InboxMessage =
    event.eventName === "DepositEnqueued"
      ? {
          kind: "deposit",
          index: Number(event.args.index),
          hash: event.args.messageHash,
          enqueuedAt: Number(event.args.enqueuedAt),
          sender: toAddress(event.args.sender),
          to: toAddress(event.args.to),
          mint: event.args.mint,
          value: event.args.value,
          gasLimit: event.args.gasLimit,
          refundTo: toAddress(event.args.refundTo),
          data: hexToBytes(event.args.data),
        }
      : {
          kind: "context",
          index: Number(event.args.index),
          hash: event.args.messageHash,
          enqueuedAt: Number(event.args.timestamp),
          number: Number(event.args.number),
          timestamp: Number(event.args.timestamp),
          baseFee: event.args.baseFee,
          blobBaseFee: event.args.blobBaseFee,
          parentHash: event.args.parentHash,
        };
  const expected = hashMessage(message);
  if (expected !== message.hash) {
    throw new InconsistentL1Error(
      `expected message ${message.index} to have the hash ${expected}, its log says ${message.hash}`,
    );
  }
  return { kind: "message", message, ...origin };
}

function decode(log: Log) {
  try {
    const event = decodeEventLog({ abi: inboxAbi, topics: log.topics, data: log.data });
    if (event.eventName !== "EtherForwarded" && event.eventName !== "DepositGasPaid") return event;
  } catch {
    // Below.
  }
  throw new InconsistentL1Error(
    `transaction ${log.transactionHash ?? "(none)"} has a log that is no event of the Inbox`,
  );
}
