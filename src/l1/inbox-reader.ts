import { EventEmitter } from "node:events";
import { Counter, Gauge } from "prom-client";
import type { Block, Log } from "viem";
import { BlockNotFoundError } from "viem";
import { bloomContains } from "../chain/index.ts";
import type { RollupConfig } from "../chain/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Instruments } from "../primitives/index.ts";
import type { InboxEvent, InboxStore, L1BlockReference } from "../storage/index.ts";
import { fetchPayload } from "./batch-payload.ts";
import type { BlobSource } from "./blob-source.ts";
import { InconsistentL1Error, readInboxLog } from "./inbox-log.ts";
import type { InboxLog } from "./inbox-log.ts";
import { createLogRangeReader } from "./log-range.ts";
import { unlessAborted } from "./pause.ts";
import { createExclusiveRunner, createStepLoop } from "./step-loop.ts";
import type { L1Client } from "./transaction-manager-types.ts";

/** When an L1 block counts as final: by the endpoint's `finalized` tag, or so many blocks below the head. */
export type L1Finality = { readonly kind: "tag" } | { readonly kind: "confirmations"; readonly depth: number };

export interface InboxReaderOptions {
  readonly config: RollupConfig;
  readonly client: L1Client;
  readonly inbox: InboxStore;
  readonly blobs: BlobSource;
  readonly finality: L1Finality;
  /** Blocks the reader stays behind the L1 head; default 0. */
  readonly confirmations?: number;
  /** Seconds between looks at the L1 head; default 2. */
  readonly pollInterval?: number;
  /** Most L1 blocks of one `eth_getLogs`; default 5,000. */
  readonly logRange?: number;
  /**
   * Seconds an L1 head below what was read already is taken for an endpoint that lags; after that the blocks above it
   * count as gone. Default 60.
   */
  readonly lagTolerance?: number;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
}

export interface InboxReaderStatus {
  /** As last seen. */
  readonly l1Head: L1BlockReference | undefined;
  /** Of the L1 head, in seconds. */
  readonly l1Timestamp: number | undefined;
  /** The last L1 block read. */
  readonly synced: L1BlockReference | undefined;
  /** Number of the highest L1 block that is both read and final, as far as known since the start. */
  readonly finalized: number | undefined;
  /** Whether the last look at L1 ended with everything read. */
  readonly caughtUp: boolean;
}

export interface InboxReorg {
  /** The highest L1 block still there; undefined if none of those known is. */
  readonly ancestor: L1BlockReference | undefined;
  /** Entries left. */
  readonly batchCount: number;
  readonly messageCount: number;
}

export interface InboxReaderEvents {
  /** More of L1 was read. */
  advanced: [synced: L1BlockReference];
  /** L1 took back blocks that were read; what they held is dropped. */
  reorg: [reorg: InboxReorg];
  /** A look at L1 has ended; the status is new. */
  polled: [status: InboxReaderStatus];
}

/** Reads the Inbox's two lists from L1 into the store, and follows L1's reorgs. */
export interface InboxReader {
  /**
   * Looks at the L1 head and reads up to it; calls queue up.
   * @throws RPC errors, InconsistentL1Error and BlobUnavailableError; what was read before stays, and the next call goes on
   */
  syncOnce(): Promise<InboxReaderStatus>;
  status(): InboxReaderStatus;
  readonly events: EventEmitter<InboxReaderEvents>;
  /** Starts reading at intervals. Errors are logged and retried. */
  start(): void;
  /** Ends after the request under way. */
  stop(): Promise<void>;
}

/** The last blocks below the target are read one by one, each proven to be the parent of the next. */
const LINKED_DEPTH = 32;
/** Payloads of a range are stored when they come to this many bytes. */
const MAXIMUM_PENDING_BYTES = 16 * 1024 * 1024;
/** Entries whose payloads are fetched at a time. */
const PAYLOAD_CONCURRENCY = 8;

export function createInboxReader(options: InboxReaderOptions, { logger, metrics }: Instruments): InboxReader {
  const { config, client, inbox, blobs, finality, confirmations = 0, pollInterval = 2, lagTolerance = 60 } = options;
  const now = options.now ?? Date.now;
  const address = config.contracts.inbox;
  const addressBytes = hexToBytes(address);
  const ranges = createLogRangeReader({ client, address, maximumRange: options.logRange ?? 5_000 });
  const events = new EventEmitter<InboxReaderEvents>();
  const exclusively = createExclusiveRunner();
  let stopping = new AbortController();
  let l1Head: L1BlockReference | undefined;
  let l1Timestamp: number | undefined;
  let finalized: number | undefined;
  let caughtUp = false;
  /** Since when the endpoint's head has been below what was read. */
  let behindSince: number | undefined;
  /** Checkpoints to go back when entries do not continue the lists; doubles until they do. */
  let backtrack = 1;

  const reorgs = new Counter({
    name: "onestep_l1_reorgs_total",
    help: "Times L1 took back blocks that were read",
    registers: [metrics],
  });
  const errors = new Counter({
    name: "onestep_l1_read_errors_total",
    help: "Looks at L1 that failed",
    labelNames: ["error"],
    registers: [metrics],
  });
  new Gauge({
    name: "onestep_l1_block",
    help: "L1 block numbers: the head, the last read, the last final of those read",
    labelNames: ["block"],
    registers: [metrics],
    collect() {
      const { synced } = status();
      for (const [block, number] of [
        ["head", l1Head?.number],
        ["synced", synced?.number],
        ["finalized", finalized],
      ] as const) {
        if (number !== undefined) this.set({ block }, number);
      }
    },
  });
  new Gauge({
    name: "onestep_inbox_entries",
    help: "Entries of the Inbox read from L1",
    labelNames: ["list"],
    registers: [metrics],
    collect() {
      this.set({ list: "messages" }, inbox.messageCount());
      this.set({ list: "batches" }, inbox.batchCount());
    },
  });

  const status = (): InboxReaderStatus => ({
    l1Head,
    l1Timestamp,
    synced: inbox.getSyncedBlock(),
    finalized,
    caughtUp,
  });

  /** Lets a stop not wait for an answer, which may take as long as all retries. */
  const abortable = <T>(request: Promise<T>): Promise<T> => unlessAborted(request, stopping.signal);

  async function getBlock(number: number): Promise<Block | undefined> {
    try {
      return await abortable(client.getBlock({ blockNumber: BigInt(number) }));
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    }
  }

  async function requireBlock(number: number): Promise<L1BlockReference & { readonly block: Block }> {
    const block = await getBlock(number);
    if (block?.hash === undefined || block.hash === null) {
      throw new InconsistentL1Error(`expected L1 to have block ${number}, it has not`);
    }
    return { number, hash: block.hash, block };
  }

  const isCanonical = async ({ number, hash }: L1BlockReference): Promise<boolean> =>
    (await getBlock(number))?.hash === hash;

  async function rewindTo(ancestor: L1BlockReference | undefined, why: string): Promise<void> {
    const before = inbox.getSyncedBlock();
    const { batchCount, messageCount } = await inbox.rewindTo(ancestor);
    finalized = finalized === undefined ? undefined : Math.min(finalized, ancestor?.number ?? 0);
    reorgs.inc();
    logger.warn({ from: before, to: ancestor, batchCount, messageCount }, why);
    events.emit("reorg", { ancestor, batchCount, messageCount });
  }

  /** The highest known block up to `limit` that L1 still has. A block's ancestors are on its chain, so halving finds it. */
  async function findAncestor(limit: number): Promise<L1BlockReference | undefined> {
    const candidates = inbox.getCheckpoints().filter(({ number }) => number <= limit);
    let low = 0;
    let high = candidates.length;
    // The newest are asked first, since most reorgs are shallow.
    for (let step = 1; low < high; step *= 2) {
      const probe = Math.min(low + step - 1, high - 1);
      if (await isCanonical(candidates[probe] as L1BlockReference)) {
        high = probe;
        break;
      }
      low = probe + 1;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (await isCanonical(candidates[middle] as L1BlockReference)) high = middle;
      else low = middle + 1;
    }
    return candidates[low];
  }

  /** Makes the synced block one of L1's chain. False if the endpoint is behind it, so nothing can be said. */
  async function reconcile(target: number): Promise<boolean> {
    const synced = inbox.getSyncedBlock();
    if (synced === undefined) return true;
    if (synced.number <= target) {
      behindSince = undefined;
      if (await isCanonical(synced)) return true;
      await rewindTo(await findAncestor(synced.number), "L1 reorganized");
      return true;
    }
    behindSince ??= now();
    const known = inbox.getCheckpoints().find(({ number }) => number <= target);
    const isSameChain = known !== undefined && (await isCanonical(known));
    if (isSameChain && now() - behindSince < lagTolerance * 1000) return false;
    await rewindTo(
      isSameChain ? known : await findAncestor(target),
      isSameChain ? "L1 blocks are gone" : "L1 reorganized",
    );
    behindSince = undefined;
    return true;
  }

  /** Stores events, with payloads, up to a block; whole L1 blocks at a time, so that a failure keeps those before it. */
  async function store(logs: readonly InboxLog[], last: L1BlockReference): Promise<void> {
    let ready: InboxEvent[] = [];
    let bytes = 0;
    const flush = async (synced: L1BlockReference) => {
      const unfinished = ready.filter(({ block }) => block.number > synced.number);
      const finished = ready.filter(({ block }) => block.number <= synced.number);
      if (synced.number <= (inbox.getSyncedBlock()?.number ?? -1)) return;
      checkContinuity(finished);
      await inbox.append(finished, synced);
      if (finished.length > 0) backtrack = 1;
      ready = unfinished;
      bytes = 0;
      events.emit("advanced", synced);
    };
    const payloads = new Map<InboxLog, Promise<Uint8Array>>();
    const payloadsFrom = (position: number): void => {
      for (const log of logs.slice(position, position + PAYLOAD_CONCURRENCY)) {
        if (log.kind !== "batch" || payloads.has(log)) continue;
        const payload = fetchPayload(log.batch, log, { client, blobs, signal: stopping.signal });
        // Its turn may not come, or come after it failed.
        payload.catch(() => undefined);
        payloads.set(log, payload);
      }
    };
    for (const [position, log] of logs.entries()) {
      stopping.signal.throwIfAborted();
      payloadsFrom(position);
      const previous = ready.at(-1)?.block;
      if (previous !== undefined && previous.number < log.block.number && bytes >= MAXIMUM_PENDING_BYTES)
        await flush(previous);
      const { block, transactionHash } = log;
      if (log.kind === "message") {
        ready.push({ kind: "message", message: log.message, block, transactionHash });
        continue;
      }
      try {
        const payload = await abortable(
          payloads.get(log) ?? fetchPayload(log.batch, log, { client, blobs, signal: stopping.signal }),
        );
        payloads.delete(log);
        bytes += payload.length;
        ready.push({ kind: "batch", batch: { ...log.batch, payload }, block, transactionHash });
      } catch (error) {
        const complete = ready.findLast((event) => event.block.number < block.number)?.block;
        if (complete !== undefined) await flush(complete);
        throw error;
      }
    }
    await flush(last);
  }

  /** Entries that do not continue the lists mean that the endpoint kept some back earlier. */
  function checkContinuity(entries: readonly InboxEvent[]): void {
    let messages = inbox.messageCount();
    let batches = inbox.batchCount();
    for (const entry of entries) {
      const expected = entry.kind === "message" ? messages++ : batches++;
      const index = entry.kind === "message" ? entry.message.index : entry.batch.index;
      if (index !== expected) throw new MissingEntriesError(entry.kind, expected, index);
    }
  }

  function readLogs(logs: readonly Log[]): readonly InboxLog[] {
    return logs.flatMap((log) => readInboxLog(log) ?? []);
  }

  /** Reads a long way below the target: whole ranges, between two looks at the range's last block. */
  async function readRange(from: number, to: number): Promise<void> {
    const { last, lastHash, logs } = await abortable(ranges.read(from, to));
    const entries = readLogs(logs);
    for (const { block } of entries) {
      if (block.number < from || block.number > last) {
        throw new InconsistentL1Error(
          `expected logs of L1 blocks ${from} to ${last}, got one of block ${block.number}`,
        );
      }
    }
    // The chain was the same before and after, if the newest blocks of both answers still are on it.
    for (const block of [entries.at(-1)?.block, { number: last, hash: lastHash }]) {
      if (block !== undefined && !(await isCanonical(block))) {
        throw new InconsistentL1Error(
          `L1 block ${block.number} ${block.hash} was on the L1 chain, and is not any more`,
        );
      }
    }
    await store(entries, { number: last, hash: lastHash });
  }

  /** Reads the blocks below the head one by one: none can be of another fork, and no log can be missing. */
  async function readLinked(from: number, target: L1BlockReference): Promise<void> {
    const blocks = await Promise.all(
      Array.from({ length: target.number - from + 1 }, (_, index) => requireBlock(from + index)),
    );
    let parent = inbox.getSyncedBlock()?.hash;
    const entries: InboxLog[] = [];
    for (const { number, hash, block } of blocks) {
      if (parent !== undefined && block.parentHash !== parent) {
        throw new InconsistentL1Error(
          `expected L1 block ${number} to be a child of ${parent}, its parent is ${block.parentHash}`,
        );
      }
      parent = hash;
      if (block.logsBloom === null || !bloomContains(hexToBytes(block.logsBloom), addressBytes)) continue;
      const logs = await abortable(client.getLogs({ address, blockHash: hash }));
      const inBlock = readLogs(logs);
      if (inBlock.some((log) => log.block.hash !== hash)) {
        throw new InconsistentL1Error(`expected logs of L1 block ${hash}, got others`);
      }
      entries.push(...inBlock);
    }
    if (parent !== target.hash)
      throw new InconsistentL1Error(`expected L1 block ${target.number} to be ${target.hash}, got ${parent ?? "none"}`);
    await store(entries, target);
  }

  async function readFinalized(head: number): Promise<void> {
    const synced = inbox.getSyncedBlock();
    if (synced === undefined) return;
    let number: number | undefined;
    if (finality.kind === "confirmations") number = head - finality.depth;
    else {
      try {
        number = Number((await abortable(client.getBlock({ blockTag: "finalized" }))).number);
      } catch (error) {
        // A chain has no final block in its first minutes.
        if (!(error instanceof BlockNotFoundError)) throw error;
      }
    }
    if (number === undefined || number < 0) return;
    finalized = Math.max(finalized ?? 0, Math.min(number, synced.number));
  }

  async function readToHead(): Promise<void> {
    const head = await abortable(client.getBlock({ blockTag: "latest" }));
    l1Head = { number: Number(head.number), hash: head.hash };
    l1Timestamp = Number(head.timestamp);
    const targetNumber = l1Head.number - confirmations;
    if (targetNumber < config.l1StartBlock) return;
    if (!(await reconcile(targetNumber))) {
      logger.debug({ l1Head, l1Timestamp, synced: inbox.getSyncedBlock() }, "the L1 endpoint is behind what was read");
      return;
    }
    const target = confirmations === 0 ? l1Head : await requireBlock(targetNumber);
    const startedAt = nextBlock();
    for (let from = startedAt; from <= target.number; from = nextBlock()) {
      stopping.signal.throwIfAborted();
      if (target.number - from >= LINKED_DEPTH) {
        await readRange(from, target.number - LINKED_DEPTH);
        logger.info(
          {
            block: nextBlock() - 1,
            target: target.number,
            batches: inbox.batchCount(),
            messages: inbox.messageCount(),
          },
          "reading the Inbox",
        );
      } else await readLinked(from, { number: target.number, hash: target.hash });
    }
    await readFinalized(l1Head.number);
  }

  const nextBlock = (): number => (inbox.getSyncedBlock()?.number ?? config.l1StartBlock - 1) + 1;

  async function look(): Promise<InboxReaderStatus> {
    const wasCaughtUp = caughtUp;
    caughtUp = false;
    try {
      await readToHead();
      caughtUp = behindSince === undefined;
    } catch (error) {
      if (!(error instanceof MissingEntriesError)) throw error;
      const checkpoints = inbox.getCheckpoints();
      await rewindTo(checkpoints[backtrack], `${error.message}; reading again`);
      backtrack *= 2;
      throw error;
    } finally {
      if (!wasCaughtUp || !caughtUp) logger.debug({ ...status() }, "looked at L1");
      events.emit("polled", status());
    }
    return status();
  }

  const syncOnce = () => exclusively(look);
  const loop = createStepLoop({
    step: async () => {
      await syncOnce();
      return false;
    },
    onError(error) {
      if (stopping.signal.aborted) return;
      errors.inc({ error: error instanceof Error ? error.name : "unknown" });
      logger.warn({ err: error }, "reading L1 failed; it is tried again");
    },
    interval: pollInterval,
  });

  return {
    syncOnce,
    status,
    events,
    start() {
      if (stopping.signal.aborted) stopping = new AbortController();
      loop.start();
    },
    async stop() {
      stopping.abort();
      await loop.stop();
    },
  };
}

/** L1 has an entry that is not the next of its list. */
class MissingEntriesError extends InconsistentL1Error {
  constructor(kind: "message" | "batch", expected: number, actual: number) {
    super(`expected ${kind} ${expected} of the Inbox, got ${actual}: the L1 endpoint kept entries back`);
  }
}
