import type { InboxEvent, L1BlockReference, PayloadIdentity } from "../../storage/index.ts";
import type { FetchedPayload } from "../batch-payload.ts";
import type { InboxLog } from "../inbox-log.ts";
import { checkContinuity, storedCounts } from "./inbox-entries.ts";
import { abortable } from "./l1-chain.ts";
import type { InboxReading } from "./reading.ts";

/** Entries that are not stored yet, with the payloads that are not stored either. */
interface Pending {
  readonly events: InboxEvent[];
  /** Names of the payloads. */
  readonly payloads: Set<string>;
  /** Of the payloads, each counted once. */
  bytes: number;
}

/** Payloads are stored when they come to this many bytes. */
const MAXIMUM_PENDING_BYTES = 16 * 1024 * 1024;
/** Entries whose payloads are fetched at a time. */
const PAYLOAD_CONCURRENCY = 8;

/**
 * Stores entries, with payloads, up to a block; whole L1 blocks at a time, so that a failure keeps those before it. A
 * payload is fetched for the first entry that has it: one L1 transaction may post its blobs hundreds of times.
 */
export async function storeEntries(
  reading: InboxReading,
  entries: readonly InboxLog[],
  last: L1BlockReference,
): Promise<void> {
  const { state, inbox, payloadFetcher } = reading;
  const giveUp = new AbortController();
  const signal = AbortSignal.any([state.stopping.signal, giveUp.signal]);
  /** By name, until they are stored. */
  const payloads = new Map<string, Promise<FetchedPayload>>();
  let pending = pendingOf([]);

  const fetchOnce = (entry: BatchLog): Promise<FetchedPayload> => {
    const name = payloadName(entry.batch);
    const payload = payloads.get(name) ?? payloadFetcher.fetch(entry.batch, entry, signal);
    // Its turn may not come, or come after it failed.
    payload.catch(() => undefined);
    payloads.set(name, payload);
    return payload;
  };
  const store = async (synced: L1BlockReference): Promise<void> => {
    const { finished, unfinished } = splitAfter(pending.events, synced);
    await storeFinished(reading, finished, synced);
    for (const event of finished) if (event.kind === "batch") payloads.delete(payloadName(event.batch));
    pending = pendingOf(unfinished);
  };

  for (const [position, entry] of entries.entries()) {
    state.stopping.signal.throwIfAborted();
    // 1. Ask for the next payloads.
    for (const next of entries.slice(position, position + PAYLOAD_CONCURRENCY)) {
      if (next.kind === "batch" && !inbox.hasPayload(next.batch)) void fetchOnce(next);
    }

    // 2. Store what has come to a lot, if it ends with a whole block.
    const { block, transactionHash } = entry;
    const previous = pending.events.at(-1)?.block;
    if (previous !== undefined && previous.number < block.number && pending.bytes >= MAXIMUM_PENDING_BYTES) {
      await store(previous);
    }

    // 3. Add the entry.
    if (entry.kind === "message") {
      add(pending, { kind: "message", message: entry.message, block, transactionHash });
      continue;
    }
    if (inbox.hasPayload(entry.batch)) {
      add(pending, { kind: "batch", batch: entry.batch, block, transactionHash });
      continue;
    }
    try {
      const fetched = await abortable(reading, fetchOnce(entry));
      add(pending, { kind: "batch", batch: { ...entry.batch, ...fetched }, block, transactionHash });
    } catch (error) {
      giveUp.abort();
      const complete = pending.events.findLast((event) => event.block.number < block.number)?.block;
      if (complete !== undefined) await store(complete);
      throw error;
    }
  }
  // 4. Store the rest.
  await store(last);
}

type BatchLog = Extract<InboxLog, { readonly kind: "batch" }>;

function payloadName({ kind, dataHash }: PayloadIdentity): string {
  return `${kind} ${dataHash}`;
}

function pendingOf(events: readonly InboxEvent[]): Pending {
  const pending: Pending = { events: [], payloads: new Set(), bytes: 0 };
  for (const event of events) add(pending, event);
  return pending;
}

function add(pending: Pending, event: InboxEvent): void {
  pending.events.push(event);
  if (event.kind !== "batch" || event.batch.payload === undefined) return;
  const name = payloadName(event.batch);
  if (!pending.payloads.has(name)) pending.bytes += event.batch.payload.length;
  pending.payloads.add(name);
}

async function storeFinished(
  { inbox, state, events }: InboxReading,
  finished: readonly InboxEvent[],
  synced: L1BlockReference,
): Promise<void> {
  if (synced.number <= (inbox.getSyncedBlock()?.number ?? -1)) return;
  checkContinuity(storedCounts(inbox), finished);
  await inbox.append(finished, synced);
  if (finished.length > 0) state.backtrack = 1;
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
