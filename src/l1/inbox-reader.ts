import type { EventEmitter } from "node:events";
import type { Log } from "viem";
import { createExclusiveRunner, createStepLoop, unlessAborted } from "../concurrency/index.ts";
import { bloomContains } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import { createEvents, hexToBytes, partitionPointAsync } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import type { InboxEvent, InboxStore, L1BlockReference } from "../storage/index.ts";
import { createPayloadFetcher } from "./batch-payload.ts";
import { BlobUnavailableError } from "./blob-source.ts";
import type { BlobSource } from "./blob-source.ts";
import { createBlockLogsReader } from "./block-logs.ts";
import { createInboxCountsReader } from "./inbox-counts.ts";
import type { InboxCounts } from "./inbox-counts.ts";
import { InconsistentL1Error, readInboxLog } from "./inbox-log.ts";
import type { InboxLog } from "./inbox-log.ts";
import { readL1Block } from "./l1-block.ts";
import type { L1Block } from "./l1-block.ts";
import { isConnectionClosed } from "./l1-connection-closed.ts";
import { createLogRangeReader } from "./log-range.ts";
import { errorText } from "./error-text.ts";
import type { L1Client } from "./l1-client.ts";
import { createTroubleReporter } from "./trouble-reporter.ts";

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
  /** Why what was read may not be all that L1 has; undefined if a look in the last minute or so ended with everything read. */
  readonly problem: string | undefined;
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
/** Of those, read at a time. */
const LINKED_CONCURRENCY = 4;
/** Least seconds between lines about progress. */
const PROGRESS_INTERVAL = 5;
/** Seconds for which a look that ended with everything read counts, or so many poll intervals if that is longer. */
const LOOK_LIFETIME = 60;
const LOOK_LIFETIME_INTERVALS = 3;
/** Most seconds and poll intervals between looks, which come more seldom while they fail. */
const LONGEST_RETRY_INTERVAL = 30;
const LONGEST_RETRY_FACTOR = 16;
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
  const payloadFetcher = createPayloadFetcher({ client, blobs });
  const readBlockLogs = createBlockLogsReader(client, address);
  const readCounts = createInboxCountsReader(client, address);
  const events = createEvents<InboxReaderEvents>("inbox reader", { logger });
  const exclusively = createExclusiveRunner();
  let stopping = new AbortController();
  let l1Head: L1BlockReference | undefined;
  let l1Timestamp: number | undefined;
  let finalized: number | undefined;
  let caughtUp = false;
  /** Milliseconds; of the last look that ended with everything read. */
  let caughtUpAt: number | undefined;
  /** Set while L1 has entries that the endpoint does not give. */
  let hidden: HiddenEntriesError | undefined;
  /** Looks in a row that found entries hidden, or failed without having read anything. */
  let hiddenLooks = 0;
  let failedLooks = 0;
  /** Whether a block whose bloom lacks the Inbox is taken to have no log of it; not any more once entries were missing. */
  let trustsBlooms = true;
  /** Milliseconds; of the last line about progress. */
  let progressAt = Number.NEGATIVE_INFINITY;
  /** The last block as of which the contract's counts were compared. */
  let countedAt: Hash | undefined;
  const trouble = createTroubleReporter(now);
  const finalityTrouble = createTroubleReporter(now);
  /** Since when the endpoint's head has been below what was read. */
  let behindSince: number | undefined;
  /** Checkpoints to go back when entries do not continue the lists; doubles until they do. */
  let backtrack = 1;

  const { reorgs, errors, block, entries } = registerMetrics(metrics, "inboxReader");
  block.collectWith((gauge) => {
    const { synced } = status();
    for (const [name, number] of [
      ["head", l1Head?.number],
      ["synced", synced?.number],
      ["finalized", finalized],
    ] as const) {
      if (number !== undefined) gauge.set({ block: name }, number);
    }
  });
  entries.collectWith((gauge) => {
    gauge.set({ list: "messages" }, inbox.messageCount());
    gauge.set({ list: "batches" }, inbox.batchCount());
  });

  const status = (): InboxReaderStatus => ({
    l1Head,
    l1Timestamp,
    synced: inbox.getSyncedBlock(),
    finalized,
    caughtUp,
    problem: problem(),
  });

  function problem(): string | undefined {
    if (hidden !== undefined) return hidden.message;
    if (caughtUpAt === undefined) return "L1 has not been read to its head yet";
    const seconds = (now() - caughtUpAt) / 1000;
    if (seconds <= Math.max(LOOK_LIFETIME, LOOK_LIFETIME_INTERVALS * pollInterval)) return undefined;
    return `L1 has not been read to its head for ${Math.floor(seconds)} s`;
  }

  /** Lets a stop not wait for an answer, which may take as long as all retries. */
  const abortable = <T>(request: Promise<T>): Promise<T> => unlessAborted(request, stopping.signal);

  const getBlock = (at: Parameters<typeof readL1Block>[1]) => abortable(readL1Block(client, at));

  /** A block at or below the head. Endpoints whose parts do not know the same blocks may not give it: that is no reorg. */
  async function requireBlock(number: number): Promise<L1Block> {
    const block = await getBlock(number);
    if (block === undefined) throw new InconsistentL1Error(`expected L1 to have block ${number}, it has not`);
    return block;
  }

  const isCanonical = async ({ number, hash }: L1BlockReference): Promise<boolean> =>
    (await requireBlock(number)).hash === hash;

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
    const isGone = async (index: number): Promise<boolean> =>
      !(await isCanonical(candidates[index] as L1BlockReference));
    let low = 0;
    let high = candidates.length;
    // The newest are asked first, since most reorgs are shallow.
    for (let step = 1; low < high; step *= 2) {
      const probe = Math.min(low + step - 1, high - 1);
      if (await isGone(probe)) low = probe + 1;
      else {
        high = probe;
        break;
      }
    }
    return candidates[await partitionPointAsync(low, high, isGone)];
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
    const giveUp = new AbortController();
    const signal = AbortSignal.any([stopping.signal, giveUp.signal]);
    const payloadsFrom = (position: number): void => {
      for (const log of logs.slice(position, position + PAYLOAD_CONCURRENCY)) {
        if (log.kind !== "batch" || payloads.has(log)) continue;
        const payload = payloadFetcher.fetch(log.batch, log, signal);
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
        const payload = await abortable(payloads.get(log) ?? payloadFetcher.fetch(log.batch, log, signal));
        payloads.delete(log);
        bytes += payload.length;
        ready.push({ kind: "batch", batch: { ...log.batch, payload }, block, transactionHash });
      } catch (error) {
        giveUp.abort();
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
    return logs.flatMap((log) => (isOfInbox(log) ? (readInboxLog(log) ?? []) : []));
  }

  /** An endpoint may not look at the filter's address, or leave it out in its answer. */
  const isOfInbox = (log: { readonly address?: string }): boolean =>
    log.address === undefined || log.address.toLowerCase() === address.toLowerCase();

  /** Logs of which some lack the hash of their block. */
  async function withBlockHashes(logs: readonly Log[]): Promise<readonly Log[]> {
    const hashes = new Map<bigint, Promise<L1Block>>();
    const hashOf = async (number: bigint) => {
      const block = hashes.get(number) ?? requireBlock(Number(number));
      hashes.set(number, block);
      return (await block).hash;
    };
    return Promise.all(
      logs.map(async (log) =>
        (log.blockHash ?? undefined) === undefined && typeof log.blockNumber === "bigint"
          ? { ...log, blockHash: await hashOf(log.blockNumber) }
          : log,
      ),
    );
  }

  /** Reads a long way below the target: whole ranges, between two looks at the range's last block. */
  async function readRange(from: number, to: number): Promise<void> {
    const { last, lastHash, logs } = await abortable(ranges.read(from, to));
    const entries = readLogs(await withBlockHashes(logs));
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

  /** A block with the Inbox's logs in it. */
  async function readWhole(
    number: number,
  ): Promise<{ readonly block: L1Block; readonly entries: readonly InboxLog[] }> {
    const block = await requireBlock(number);
    const isEmpty =
      trustsBlooms && block.logsBloom !== undefined && !bloomContains(hexToBytes(block.logsBloom), addressBytes);
    return { block, entries: isEmpty ? [] : readLogs(await abortable(readBlockLogs(block))) };
  }

  /**
   * Reads the blocks below the head one by one: none can be of another fork. What is proven to be on top of what was read
   * before is stored, whatever becomes of the rest.
   */
  async function readLinked(from: number, target: L1BlockReference): Promise<void> {
    let parent = inbox.getSyncedBlock()?.hash;
    const entries: InboxLog[] = [];
    const proven: L1BlockReference[] = [];
    try {
      for (let first = from; first <= target.number; first += LINKED_CONCURRENCY) {
        const count = Math.min(LINKED_CONCURRENCY, target.number - first + 1);
        const wholes = Array.from({ length: count }, (_, index) => readWhole(first + index));
        // The turn of those after one that failed does not come.
        for (const whole of wholes) whole.catch(() => undefined);
        for (const whole of wholes) {
          const { block, entries: inBlock } = await whole;
          const { number, hash, parentHash } = block;
          if (parent !== undefined && parentHash !== parent) {
            throw new InconsistentL1Error(
              `expected L1 block ${number} to be a child of ${parent}, its parent is ${parentHash}`,
            );
          }
          if (number === target.number && hash !== target.hash) {
            throw new InconsistentL1Error(`expected L1 block ${number} to be ${target.hash}, got ${hash}`);
          }
          if (number === target.number) await compareCounts(target, countsWith([...entries, ...inBlock]));
          parent = hash;
          entries.push(...inBlock);
          proven.push({ number, hash });
        }
      }
    } catch (error) {
      const last = proven.at(-1);
      if (last !== undefined && !(error instanceof HiddenEntriesError)) await store(entries, last);
      throw error;
    }
    await store(entries, target);
  }

  function countsWith(entries: readonly InboxLog[]): InboxCounts {
    const added = entries.filter(({ kind }) => kind === "batch").length;
    return { batches: inbox.batchCount() + added, messages: inbox.messageCount() + entries.length - added };
  }

  /** @throws HiddenEntriesError if the contract has more entries as of a block than were read up to it */
  async function compareCounts(block: L1BlockReference, actual: InboxCounts): Promise<void> {
    const expected = await abortable(readCounts(block));
    countedAt = block.hash;
    if (expected === undefined) {
      logger.debug({ block }, "the L1 endpoint does not tell how many entries the Inbox has");
      return;
    }
    if (actual.batches < expected.batches || actual.messages < expected.messages) {
      countedAt = undefined;
      throw new HiddenEntriesError(block, expected, actual);
    }
    if (hidden !== undefined) logger.info({ block, ...expected }, "the L1 endpoint gives all logs of the Inbox again");
    hidden = undefined;
    hiddenLooks = 0;
  }

  /**
   * Has the blocks read again in which entries must be that the endpoint did not give: the lists are without gaps, so they
   * come after the last that was read, or in its block, which therefore every other look reads again too.
   */
  async function goBackBeforeHidden({ expected, actual }: HiddenEntriesError): Promise<void> {
    const synced = inbox.getSyncedBlock();
    if (synced === undefined) return;
    const lastBlocks = [
      ...(actual.batches < expected.batches ? [inbox.getBatchOrigin(inbox.batchCount() - 1)?.block] : []),
      ...(actual.messages < expected.messages ? [inbox.getMessageOrigin(inbox.messageCount() - 1)?.block] : []),
    ];
    const lowest = lastBlocks.includes(undefined)
      ? undefined
      : lastBlocks.reduce((low, block) => ((block?.number ?? 0) < (low?.number ?? 0) ? block : low));
    const ancestor =
      hiddenLooks % 2 === 1 || lowest === undefined
        ? lowest
        : inbox.getCheckpoints().find(({ number }) => number < lowest.number);
    if (ancestor?.number === synced.number) return;
    const counts = await inbox.rewindTo(ancestor);
    finalized = finalized === undefined ? undefined : Math.min(finalized, ancestor?.number ?? 0);
    logger.debug({ from: synced, to: ancestor, ...counts }, "reading again what may have been hidden");
    events.emit("reorg", { ancestor, ...counts });
  }

  async function readFinalized(head: number): Promise<void> {
    const synced = inbox.getSyncedBlock();
    if (synced === undefined) return;
    let number: number | undefined;
    if (finality.kind === "confirmations") number = head - finality.depth;
    else number = await readFinalTag();
    if (number === undefined || number < 0) return;
    finalized = Math.max(finalized ?? 0, Math.min(number, synced.number));
  }

  /** The number of the block that L1 calls final. None, whatever the endpoint says instead, holds up nothing else. */
  async function readFinalTag(): Promise<number | undefined> {
    try {
      const block = await getBlock("finalized");
      if (block !== undefined) finalityTrouble.over();
      // A chain has no final block in its first minutes.
      return block?.number;
    } catch (error) {
      stopping.signal.throwIfAborted();
      if (isConnectionClosed(error)) throw error;
      const text = errorText(error);
      finalityTrouble.report(text, (again) => {
        logger.warn(
          { error: text, ...again },
          "L1 names no final block, so no L2 block becomes final; --l1-finality-depth makes L1 blocks final by their depth",
        );
      });
      return undefined;
    }
  }

  async function readToHead(): Promise<void> {
    const head = await getBlock("latest");
    if (head === undefined) throw new InconsistentL1Error("expected L1 to have a latest block, it has not");
    l1Head = { number: head.number, hash: head.hash };
    l1Timestamp = head.timestamp;
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
        reportProgress(target.number);
      } else await readLinked(from, { number: target.number, hash: target.hash });
    }
    // With nothing new to read; what an earlier process has read is compared too.
    if (startedAt > target.number && countedAt !== target.hash) await compareCounts(target, countsWith([]));
    await readFinalized(l1Head.number);
  }

  function reportProgress(target: number): void {
    if (now() - progressAt < PROGRESS_INTERVAL * 1000) return;
    progressAt = now();
    const [batches, messages] = [inbox.batchCount(), inbox.messageCount()];
    logger.info({ block: nextBlock() - 1, target, batches, messages }, "reading the Inbox");
  }

  const nextBlock = (): number => (inbox.getSyncedBlock()?.number ?? config.l1StartBlock - 1) + 1;

  async function look(): Promise<InboxReaderStatus> {
    const wasCaughtUp = caughtUp;
    const before = inbox.getSyncedBlock()?.number ?? -1;
    caughtUp = false;
    try {
      await readToHead();
      caughtUp = behindSince === undefined;
      if (caughtUp) caughtUpAt = now();
      failedLooks = 0;
    } catch (error) {
      failedLooks = (inbox.getSyncedBlock()?.number ?? -1) > before ? 0 : failedLooks + 1;
      if (error instanceof HiddenEntriesError) {
        trustsBlooms = false;
        hidden = error;
        hiddenLooks++;
        await goBackBeforeHidden(error);
      } else if (error instanceof MissingEntriesError) {
        trustsBlooms = false;
        const checkpoints = inbox.getCheckpoints();
        await rewindTo(checkpoints[backtrack], `${error.message}; reading again`);
        backtrack *= 2;
      }
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
      trouble.over(() => logger.info({ synced: inbox.getSyncedBlock() }, "L1 is read to its head again"));
      return false;
    },
    onError(error) {
      if (stopping.signal.aborted) return;
      errors.inc({ error: error instanceof Error ? error.name : "unknown" });
      trouble.report(reasonOf(error), (again) => {
        logger.warn({ err: error, ...again }, `reading L1 failed; it is tried again${adviceOn(error)}`);
      });
    },
    interval: () =>
      Math.min(
        pollInterval * Math.min(2 ** failedLooks, LONGEST_RETRY_FACTOR),
        Math.max(pollInterval, LONGEST_RETRY_INTERVAL),
      ),
    endsLoop: isConnectionClosed,
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

/** The contract counts more entries than the logs up to a block show. */
class HiddenEntriesError extends InconsistentL1Error {
  readonly expected: InboxCounts;
  readonly actual: InboxCounts;

  constructor(block: L1BlockReference, expected: InboxCounts, actual: InboxCounts) {
    super(
      `the L1 endpoint hides logs: at L1 block ${block.number} the Inbox has ${expected.batches} batches and ` +
        `${expected.messages} messages, its logs show ${actual.batches} and ${actual.messages}`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** Errors that are the same to a reader of the log, by what they are of rather than how they came this time. */
function reasonOf(error: unknown): string {
  if (error instanceof BlobUnavailableError) return `blobs of L1 block ${error.request.l1BlockNumber}`;
  if (error instanceof HiddenEntriesError) return "hidden logs";
  return errorText(error);
}

/** What the operator can do about an error, if it does not pass by itself. */
function adviceOn(error: unknown): string {
  if (error instanceof BlobUnavailableError) {
    return "; --l1-beacon-url must name a beacon API that has these blobs (most drop them after about 18 days, some keep all)";
  }
  if (error instanceof HiddenEntriesError) return "; use an L1 endpoint that gives all logs of its chain";
  return "";
}
