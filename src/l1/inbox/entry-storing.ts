import type { InboxEvent, L1BlockReference } from "../../storage/index.ts";
import type { InboxLog } from "../inbox-log.ts";
import { checkContinuity, storedCounts } from "./inbox-entries.ts";
import { abortable } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";

/** Entries with their payloads that are not stored yet. */
interface Pending {
  events: InboxEvent[];
  /** Of their payloads. */
  bytes: number;
}

/** Payloads are stored when they come to this many bytes. */
const MAXIMUM_PENDING_BYTES = 16 * 1024 * 1024;
/** Entries whose payloads are fetched at a time. */
const PAYLOAD_CONCURRENCY = 8;

/** Stores entries, with payloads, up to a block; whole L1 blocks at a time, so that a failure keeps those before it. */
export async function storeEntries(
  reading: InboxReading,
  entries: readonly InboxLog[],
  last: L1BlockReference,
): Promise<void> {
  const { state, payloadFetcher } = reading;
  const giveUp = new AbortController();
  const signal = AbortSignal.any([state.stopping.signal, giveUp.signal]);
  const payloads = new Map<InboxLog, Promise<Uint8Array>>();
  const pending: Pending = { events: [], bytes: 0 };
  for (const [position, entry] of entries.entries()) {
    state.stopping.signal.throwIfAborted();
    // 1. Ask for the next payloads.
    for (const next of entries.slice(position, position + PAYLOAD_CONCURRENCY)) {
      if (next.kind !== "batch" || payloads.has(next)) continue;
      const payload = payloadFetcher.fetch(next.batch, next, signal);
      // Its turn may not come, or come after it failed.
      payload.catch(() => undefined);
      payloads.set(next, payload);
    }

    // 2. Store what has come to a lot, if it ends with a whole block.
    const { block, transactionHash } = entry;
    const previous = pending.events.at(-1)?.block;
    if (previous !== undefined && previous.number < block.number && pending.bytes >= MAXIMUM_PENDING_BYTES) {
      await storePending(reading, pending, previous);
    }

    // 3. Add the entry.
    if (entry.kind === "message") {
      add(pending, { kind: "message", message: entry.message, block, transactionHash });
      continue;
    }
    try {
      const payload = await abortable(reading, payloads.get(entry) ?? payloadFetcher.fetch(entry.batch, entry, signal));
      payloads.delete(entry);
      add(pending, { kind: "batch", batch: { ...entry.batch, payload }, block, transactionHash });
    } catch (error) {
      giveUp.abort();
      const complete = pending.events.findLast((event) => event.block.number < block.number)?.block;
      if (complete !== undefined) await storePending(reading, pending, complete);
      throw error;
    }
  }
  // 4. Store the rest.
  await storePending(reading, pending, last);
}

function add(pending: Pending, event: InboxEvent): void {
  pending.events.push(event);
  if (event.kind === "batch") pending.bytes += event.batch.payload.length;
}

async function storePending(
  { inbox, state, events }: InboxReading,
  pending: Pending,
  synced: L1BlockReference,
): Promise<void> {
  if (synced.number <= (inbox.getSyncedBlock()?.number ?? -1)) return;
  const { finished, unfinished } = splitAfter(pending.events, synced);
  checkContinuity(storedCounts(inbox), finished);
  await inbox.append(finished, synced);
  if (finished.length > 0) state.backtrack = 1;
  pending.events = unfinished;
  pending.bytes = 0;
  events.emit("advanced", synced);
}

/** What is in L1 blocks up to one, and what is in those after it. */
export function splitAfter<Entry extends Pick<InboxEvent, "block">>(
  entries: readonly Entry[],
  last: L1BlockReference,
): { readonly finished: Entry[]; readonly unfinished: Entry[] } {
  return {
    finished: entries.filter(({ block }) => block.number <= last.number),
    unfinished: entries.filter(({ block }) => block.number > last.number),
  };
}
