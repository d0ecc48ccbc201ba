import type { Log } from "viem";
import type { Address } from "../../primitives/index.ts";
import type { InboxEvent, InboxStore } from "../../storage/index.ts";
import { InconsistentL1Error, readInboxLog } from "../inbox-log.ts";
import type { InboxLog } from "../inbox-log.ts";
import { MissingEntriesError } from "./errors.ts";
import type { InboxCounts } from "./inbox-counts.ts";

/** The Inbox's entries among logs: an endpoint may not look at a filter's address, or leave it out in its answer. */
export function readEntries(logs: readonly Log[], inbox: Address): readonly InboxLog[] {
  const isOfInbox = (log: { readonly address?: string }): boolean =>
    log.address === undefined || log.address.toLowerCase() === inbox.toLowerCase();
  return logs.flatMap((log) => (isOfInbox(log) ? (readInboxLog(log) ?? []) : []));
}

/** @throws InconsistentL1Error if an entry is not of L1 blocks `from` to `last` */
export function checkBlocks(entries: readonly Pick<InboxLog, "block">[], from: number, last: number): void {
  for (const { block } of entries) {
    if (block.number < from || block.number > last) {
      throw new InconsistentL1Error(`expected logs of L1 blocks ${from} to ${last}, got one of block ${block.number}`);
    }
  }
}

/**
 * Entries that do not continue the lists mean that the endpoint kept some back earlier.
 * @throws MissingEntriesError
 */
export function checkContinuity(stored: InboxCounts, entries: readonly InboxEvent[]): void {
  let { messages, batches } = stored;
  for (const entry of entries) {
    const expected = entry.kind === "message" ? messages++ : batches++;
    const index = entry.kind === "message" ? entry.message.index : entry.batch.index;
    if (index !== expected) throw new MissingEntriesError(entry.kind, expected, index);
  }
}

/** Entries stored. */
export function storedCounts(inbox: Pick<InboxStore, "batchCount" | "messageCount">): InboxCounts {
  return { batches: inbox.batchCount(), messages: inbox.messageCount() };
}

/** Entries with those added that come next. */
export function addCounts(stored: InboxCounts, entries: readonly Pick<InboxLog, "kind">[]): InboxCounts {
  const added = entries.filter(({ kind }) => kind === "batch").length;
  return { batches: stored.batches + added, messages: stored.messages + entries.length - added };
}
