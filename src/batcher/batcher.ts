import { Counter, Gauge } from "prom-client";
import { encodeFunctionData } from "viem";
import { BLOB_PAYLOAD_SIZE, createBatchBuilder, payloadToBlobs } from "../batch/index.ts";
import type { BatchBuilder, EncodedBlock } from "../batch/index.ts";
import { createExclusiveRunner, createStepLoop } from "../concurrency/index.ts";
import { MAXIMUM_TIMESTAMP_LAG, MAXIMUM_TIMESTAMP_LEAD } from "../derivation/index.ts";
import {
  createTroubleReporter,
  errorText,
  findRevert,
  inboxAbi,
  isConnectionClosed,
  MAXIMUM_BLOBS_PER_TRANSACTION,
  readBlobBaseFee,
  readNextTimestamp,
} from "../l1/index.ts";
import type { L1TransactionStatus } from "../l1/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Hash, Instruments } from "../primitives/index.ts";
import { MESSAGE_KINDS, messageBodyHash } from "../rollup/index.ts";
import type { Block } from "../rollup/index.ts";
import { blobPostingCost, blobPostingGas, calldataPostingCost, calldataPostingGas } from "./posting-cost.ts";
import type { PostingPrices } from "./posting-cost.ts";
import { BatcherError } from "./types.ts";
import type { Batcher, BatcherOptions, BatcherStep, InFlightBatch, PostingReason } from "./types.ts";

/** Payload of a transaction of at most 128 KiB, which is what geth's pool takes, with room for the rest of it. */
const MAXIMUM_CALLDATA_PAYLOAD = 130_000;
const MAXIMUM_BLOB_PAYLOAD = MAXIMUM_BLOBS_PER_TRANSACTION * BLOB_PAYLOAD_SIZE;
const LONGEST_RETRY_DELAY = 600_000;
const GWEI = 10n ** 9n;

const batchKey = (sequence: number): string => `batch/${String(sequence).padStart(15, "0")}`;
const SEQUENCE_KEY = "next-sequence";

/** Blocks collected for the next batch, kept between steps so that each block is compressed once. */
interface Draft {
  readonly firstBlock: number;
  readonly builder: BatchBuilder;
  lastBlock: number;
  lastBlockHash: Hash;
  full: boolean;
  /** Milliseconds of the wall clock when its first block was seen. */
  readonly since: number;
}

/** The Inbox as of the latest L1 block. */
interface InboxView {
  /** Of the block a batch sent now may stand in. */
  readonly l1Timestamp: number;
  readonly batchCount: number;
  readonly messageCount: number;
  readonly lastContextIndex: number;
  readonly lastContextAt: number;
  readonly selfSequencingFrom: number;
}

/** Opens the batcher on its records, without touching the network. @throws BatcherError `invalid-options`. */
export function createBatcher(options: BatcherOptions, { logger, metrics }: Instruments): Batcher {
  const { chain, client, transactions, records, blobArchive, dataKind } = options;
  const { store, inbox, config } = chain;
  const largestPayload = dataKind === "calldata" ? MAXIMUM_CALLDATA_PAYLOAD : MAXIMUM_BLOB_PAYLOAD;
  const maximumPayloadBytes = options.maximumPayloadBytes ?? largestPayload;
  const targetPayloadBytes = options.targetPayloadBytes ?? maximumPayloadBytes;
  const maximumInFlight = options.maximumInFlight ?? 1;
  const interval = options.interval ?? 60;
  const { forceInclusionDelay, operator } = config.parameters;
  const inclusionMargin = options.inclusionMargin ?? Math.min(3600, Math.floor(forceInclusionDelay / 4));
  const firstRetryDelay = (options.retryDelay ?? 12) * 1000;
  const now = options.now ?? Date.now;
  const inboxAddress = config.contracts.inbox;
  const log = logger.child({ component: "batcher" });

  if (maximumPayloadBytes > largestPayload) {
    throw new BatcherError({
      kind: "invalid-options",
      message: `expected at most ${largestPayload} payload bytes for data kind ${dataKind}, got ${maximumPayloadBytes}`,
    });
  }
  if (!Number.isSafeInteger(maximumInFlight) || maximumInFlight < 1) {
    throw new BatcherError({
      kind: "invalid-options",
      message: `expected at least one batch in flight, got ${maximumInFlight}`,
    });
  }

  const postedCounter = new Counter({
    name: "onestep_batcher_batches_total",
    help: "Batches posted, by kind of data",
    labelNames: ["kind"],
    registers: [metrics],
  });
  const bytesCounter = new Counter({
    name: "onestep_batcher_payload_bytes_total",
    help: "Payload bytes posted, by kind of data",
    labelNames: ["kind"],
    registers: [metrics],
  });
  const unpostedGauge = new Gauge({
    name: "onestep_batcher_unposted_blocks",
    help: "L2 blocks in no batch yet",
    registers: [metrics],
  });
  const inFlightGauge = new Gauge({
    name: "onestep_batcher_in_flight_batches",
    help: "Batches sent and not yet derived",
    registers: [metrics],
  });

  let inFlight: InFlightBatch[] = [...records.entries<InFlightBatch>("batch/")].map(([, batch]) => batch);
  let draft: Draft | undefined;
  let requested = false;
  let failures = 0;
  let retryAt = 0;
  /** Milliseconds; since when the L1 node refuses a blob batch. */
  let refusedSince: number | undefined;
  /** Whether `auto` has given up blobs, until the process is restarted. */
  let blobsRefused = false;
  /** Whether L1 told no price of blobs the last time it was asked, so that `auto` cannot take them. */
  let blobsUnpriced = false;
  const priceTrouble = createTroubleReporter(now);

  const exclusive = createExclusiveRunner();

  async function drop(batch: InFlightBatch): Promise<void> {
    // In this order: the purpose may be used again only when nothing refers to it, and a record without a transaction is
    // taken for one that was never sent.
    await transactions.forget(batch.purpose);
    await records.delete(batchKey(batch.sequence));
    inFlight = inFlight.filter((other) => other !== batch);
  }

  const isCanonical = (batch: InFlightBatch): boolean => store.getBlockHash(batch.lastBlock) === batch.lastBlockHash;

  /** Index of the batch a transaction posted, if the node has it. Searched from the end: it is recent. */
  function findBatchOf(transactionHash: Hash): number | undefined {
    for (let index = inbox.batchCount() - 1; index >= 0 && index >= inbox.batchCount() - 1000; index--) {
      if (inbox.getBatchOrigin(index)?.transactionHash === transactionHash) return index;
    }
    return undefined;
  }

  function isDerived(status: Extract<L1TransactionStatus, { kind: "succeeded" }>): boolean {
    const index = findBatchOf(status.hash);
    return index !== undefined && store.derivedBatchCount() > index;
  }

  /** `parent` is the block the batches before it end with, or the safe one. */
  function reasonToGiveUp(
    batch: InFlightBatch,
    status: Extract<L1TransactionStatus, { kind: "pending" }>,
    parent: number,
  ): string | undefined {
    if (!isCanonical(batch)) return "its blocks left the chain";
    // Mined without its predecessor, it would be derived on another parent than it was built on.
    if (batch.firstBlock > parent + 1) return "its predecessor failed";
    if (store.getHeads().safe >= batch.lastBlock && status.hashes.every((hash) => findBatchOf(hash) === undefined)) {
      // If it is one of its own hashes, L1 has just lost it, and the node has yet to notice.
      return "its blocks were posted by somebody else";
    }
    if (batch.dataKind === "blobs" && dataKind !== "blobs" && status.trouble?.kind === "rejected") {
      refusedSince ??= now();
      if (now() - refusedSince < firstRetryDelay) return undefined;
      blobsRefused = true;
      return `L1 takes no blobs: ${status.trouble.message}`;
    }
    refusedSince = undefined;
    return undefined;
  }

  /** What became of the batches in flight. */
  interface Settlement {
    /** On their way or not derived yet, in order. */
    readonly open: readonly InFlightBatch[];
    /** How many of those are on L1. */
    readonly mined: number;
    /** A batch whose end is not certain while nothing may be posted. */
    readonly unsettled: InFlightBatch | undefined;
  }

  async function settle(): Promise<Settlement> {
    const open: InFlightBatch[] = [];
    let mined = 0;
    let unsettled: InFlightBatch | undefined;
    for (const batch of inFlight) {
      const status = transactions.status(batch.purpose);
      if (status === undefined) {
        // Killed before the transaction was recorded: it was never sent.
        await drop(batch);
        continue;
      }
      switch (status.kind) {
        case "pending": {
          const parent = Math.max(open.at(-1)?.lastBlock ?? 0, store.getHeads().safe);
          const reason =
            unsettled !== undefined ? "its predecessor is given up" : reasonToGiveUp(batch, status, parent);
          if (!status.cancelling && reason !== undefined) {
            log.warn({ batch, reason }, "giving up a batch");
            await transactions.cancel(batch.purpose);
          }
          if (status.cancelling || reason !== undefined) unsettled ??= batch;
          else open.push(batch);
          break;
        }
        case "succeeded":
          if (!isDerived(status)) {
            mined++;
            open.push(batch);
          } else if (status.confirmed) {
            failures = 0;
            if (!isCanonical(batch)) log.error({ batch }, "a batch was derived to other blocks than it was built of");
            await drop(batch);
          }
          break;
        case "reverted":
        case "cancelled":
          if (!status.confirmed) {
            // A reorg could still let it succeed.
            unsettled ??= batch;
          } else {
            if (status.kind === "reverted") {
              failures++;
              retryAt = now() + Math.min(firstRetryDelay * 2 ** (failures - 1), LONGEST_RETRY_DELAY);
              log.error({ batch, revert: status.revert.message, retryAt }, "a batch reverted");
            }
            await drop(batch);
          }
          break;
      }
    }
    inFlightGauge.set(open.length);
    return { open, mined, unsettled };
  }

  function encode(block: Block): EncodedBlock {
    return {
      timestamp: block.header.timestamp,
      messages: block.nextMessage - block.firstMessage,
      transactions: block.transactions.flatMap((transaction) =>
        transaction.kind === "signed" ? [transaction.raw] : [],
      ),
    };
  }

  function mustGetBlock(number: number): Block {
    const block = store.getBlock(number);
    if (block === undefined) throw new Error(`L2 block ${number} is not in the store`);
    return block;
  }

  /** Brings the draft up to date with the chain; `lastTimestamp` (seconds) ends it early. */
  function extendDraft(firstBlock: number, lastTimestamp: number): Draft {
    const current = draft;
    const continues =
      current?.firstBlock === firstBlock && store.getBlockHash(current.lastBlock) === current.lastBlockHash;
    const next: Draft =
      current !== undefined && continues
        ? current
        : {
            firstBlock,
            builder: createBatchBuilder({
              maximumBytes:
                blobsRefused || blobsUnpriced
                  ? Math.min(maximumPayloadBytes, MAXIMUM_CALLDATA_PAYLOAD)
                  : maximumPayloadBytes,
            }),
            lastBlock: firstBlock - 1,
            lastBlockHash: mustGetBlock(firstBlock - 1).hash,
            full: false,
            since: now(),
          };
    const { latest } = store.getHeads();
    while (!next.full && next.lastBlock < latest) {
      const block = mustGetBlock(next.lastBlock + 1);
      if (block.header.timestamp > lastTimestamp) break;
      if (!next.builder.add(encode(block))) {
        if (next.builder.blockCount === 0) {
          throw new BatcherError({ kind: "block-too-large", block: block.header.number, maximumPayloadBytes });
        }
        next.full = true;
        break;
      }
      next.lastBlock = block.header.number;
      next.lastBlockHash = block.hash;
    }
    draft = next;
    return next;
  }

  /** Whether the message must be read by a batch mined within `slack` seconds of `l1Timestamp`. */
  function mustBeRead(index: number, l1Timestamp: number, slack: number): boolean {
    const message = inbox.getMessage(index);
    return message !== undefined && message.enqueuedAt + forceInclusionDelay <= l1Timestamp + slack;
  }

  function postingReason(next: Draft, l1Timestamp: number): PostingReason | undefined {
    if (requested) return "requested";
    if (next.full || next.builder.sizeBound >= targetPayloadBytes) return "size";
    // L2's time follows L1's, which on a test network is not the wall clock's.
    const age = Math.max(now() - next.since, now() - 1000 * mustGetBlock(next.firstBlock).header.timestamp);
    if (age >= interval * 1000) return "interval";
    const firstUnread = mustGetBlock(next.firstBlock).firstMessage;
    return mustBeRead(firstUnread, l1Timestamp, 2 * inclusionMargin) ? "inclusion" : undefined;
  }

  async function viewInbox(l1Timestamp: number): Promise<InboxView> {
    const call = { address: inboxAddress, abi: inboxAbi } as const;
    const [batchCount, messageCount, lastContextIndex, lastContextAt, selfSequencingFrom] = await Promise.all([
      client.readContract({ ...call, functionName: "batchCount" }),
      client.readContract({ ...call, functionName: "messageCount" }),
      client.readContract({ ...call, functionName: "lastContextIndex" }),
      client.readContract({ ...call, functionName: "lastContextAt" }),
      client.readContract({ ...call, functionName: "selfSequencingFrom" }),
    ]);
    return {
      l1Timestamp,
      batchCount: Number(batchCount),
      messageCount: Number(messageCount),
      lastContextIndex: Number(lastContextIndex),
      lastContextAt: Number(lastContextAt),
      selfSequencingFrom: Number(selfSequencingFrom),
    };
  }

  /** Undefined if L1 tells no price of blobs. */
  async function readPrices(baseFeePerGas: bigint): Promise<PostingPrices | undefined> {
    const blobGasPrice = await readBlobBaseFee(client);
    blobsUnpriced = blobGasPrice === undefined;
    if (blobGasPrice === undefined) {
      priceTrouble.report("no price", (again) => {
        log.warn(
          { ...again },
          "L1 tells no price of blobs (eth_blobBaseFee); batches are posted as calldata meanwhile",
        );
      });
      return undefined;
    }
    priceTrouble.over();
    const tip = await client
      .request({ method: "eth_maxPriorityFeePerGas" })
      .then(BigInt)
      .catch(() => GWEI);
    return { gasPrice: baseFeePerGas + tip, blobGasPrice };
  }

  async function step(): Promise<BatcherStep> {
    const { open, mined, unsettled } = await settle();
    const heads = store.getHeads();
    const cursor = Math.max(heads.safe, open.at(-1)?.lastBlock ?? 0);
    unpostedGauge.set(heads.latest - cursor);
    if (unsettled !== undefined) return { kind: "settling", batch: unsettled };
    if (cursor >= heads.latest) {
      requested = false;
      return { kind: "idle" };
    }
    if (open.length >= maximumInFlight) return { kind: "backpressure", inFlight: open.length };
    if (now() < retryAt && !requested) return { kind: "backing-off", until: retryAt };

    const l1Head = await client.getBlock({ blockTag: "latest" });
    const l1Timestamp = await readNextTimestamp(client, l1Head);
    const lastTimestamp = l1Timestamp + MAXIMUM_TIMESTAMP_LEAD;
    const next = extendDraft(cursor + 1, lastTimestamp);
    if (next.builder.blockCount === 0) {
      return { kind: "ahead-of-l1", timestamp: mustGetBlock(next.firstBlock).header.timestamp, l1Timestamp };
    }
    const reason = postingReason(next, l1Timestamp);
    if (reason === undefined) {
      return { kind: "not-due", blocks: next.builder.blockCount, payloadBound: next.builder.sizeBound };
    }
    return post(next, reason, await viewInbox(l1Timestamp), l1Head.baseFeePerGas ?? 0n, open.length, mined);
  }

  async function post(
    next: Draft,
    reason: PostingReason,
    view: InboxView,
    baseFee: bigint,
    open: number,
    mined: number,
  ): Promise<BatcherStep> {
    const expectedBatches = store.derivedBatchCount() + mined;
    if (view.batchCount !== expectedBatches) {
      return {
        kind: "waiting-for-sync",
        message: `the Inbox has ${view.batchCount} batches, expected ${expectedBatches}`,
      };
    }
    const lastBlock = mustGetBlock(next.lastBlock);
    if (lastBlock.nextMessage > view.messageCount) {
      return {
        kind: "waiting-for-sync",
        message: `the Inbox has ${view.messageCount} messages, block ${next.lastBlock} reads up to ${lastBlock.nextMessage}`,
      };
    }
    if (transactions.account !== operator && view.l1Timestamp < view.selfSequencingFrom) {
      const { selfSequencingFrom, l1Timestamp } = view;
      throw new BatcherError({
        kind: "not-operator",
        account: transactions.account,
        operator,
        selfSequencingFrom,
        l1Timestamp,
      });
    }
    const firstTimestamp = mustGetBlock(next.firstBlock).header.timestamp;
    if (firstTimestamp < view.l1Timestamp - MAXIMUM_TIMESTAMP_LAG) {
      log.error(
        { block: next.firstBlock, timestamp: firstTimestamp, l1Timestamp: view.l1Timestamp },
        "blocks are posted so late that derivation gives them other timestamps",
      );
    }

    const messagesUpTo = coverOverdue(lastBlock.nextMessage, view);
    const opening = openFirstUnread(messagesUpTo, view, open);
    if (opening === "unknown") {
      return {
        kind: "waiting-for-sync",
        message: `message ${messagesUpTo}, which the batch has to open, is not known yet`,
      };
    }
    const payload = next.builder.build();
    const prices = dataKind === "auto" && !blobsRefused ? await readPrices(baseFee) : undefined;
    if (dataKind === "auto" && prices === undefined && payload.length > MAXIMUM_CALLDATA_PAYLOAD) {
      // Built for blobs; the next step builds one for calldata.
      draft = undefined;
      requested = true;
      return { kind: "rebuilding", blocks: next.builder.blockCount };
    }
    const call = chooseCall(payload, messagesUpTo, opening, prices);
    // With batches before it unmined the Inbox is not yet in the state this one will meet.
    if (open === mined && call.kind === "calldata") await simulate(call.input);

    const sequence = Math.max(records.get<number>(SEQUENCE_KEY) ?? 0, (inFlight.at(-1)?.sequence ?? -1) + 1);
    const batch: InFlightBatch = {
      sequence,
      purpose: `batch/${sequence}`,
      firstBlock: next.firstBlock,
      lastBlock: next.lastBlock,
      lastBlockHash: next.lastBlockHash,
      messagesUpTo,
      dataKind: call.kind,
      payloadBytes: payload.length,
    };
    for (const blob of call.blobs) await blobArchive?.put(blob);
    await records.write([
      [SEQUENCE_KEY, sequence + 1],
      [batchKey(sequence), batch],
    ]);
    inFlight.push(batch);
    await transactions.submit({
      purpose: batch.purpose,
      to: inboxAddress,
      data: call.input,
      gasLimit: call.gasLimit,
      ...(call.kind === "blobs" ? { blobs: call.blobs } : {}),
    });
    draft = undefined;
    requested = false;
    postedCounter.inc({ kind: call.kind });
    bytesCounter.inc({ kind: call.kind }, payload.length);
    log.info({ batch, reason }, "batch sent");
    return { kind: "posted", batch, reason };
  }

  /**
   * A message that is (almost) overdue is read by the batch even if its blocks do not read it, or the Inbox would refuse
   * the batch and every one after it. Derivation then appends blocks of its own for it.
   */
  function coverOverdue(nextMessage: number, view: InboxView): number {
    let messagesUpTo = nextMessage;
    while (messagesUpTo < view.messageCount && mustBeRead(messagesUpTo, view.l1Timestamp, inclusionMargin))
      messagesUpTo++;
    if (messagesUpTo > nextMessage) {
      log.warn(
        { nextMessage, messagesUpTo },
        "the blocks to post leave messages unread that are almost overdue; the batch reads them",
      );
    }
    return messagesUpTo;
  }

  interface Call {
    readonly kind: "calldata" | "blobs";
    readonly input: Uint8Array;
    readonly gasLimit: bigint;
    readonly blobs: readonly Uint8Array[];
  }

  function chooseCall(
    payload: Uint8Array,
    messagesUpTo: number,
    opening: MessageOpening | undefined,
    prices: PostingPrices | undefined,
  ): Call {
    const upTo = BigInt(messagesUpTo);
    const data = `0x${Buffer.from(payload).toString("hex")}` as const;
    const calldataInput = hexToBytes(
      encodeFunctionData({
        abi: inboxAbi,
        functionName: "postBatch",
        args: opening === undefined ? [upTo, data] : [upTo, data, opening],
      }),
    );
    const blobInput = hexToBytes(
      encodeFunctionData({
        abi: inboxAbi,
        functionName: "postBlobBatch",
        args: opening === undefined ? [upTo] : [upTo, opening],
      }),
    );
    const blobCount = Math.max(1, Math.ceil(payload.length / BLOB_PAYLOAD_SIZE));
    if (chooseKind(calldataInput, blobInput, payload.length, blobCount, prices) === "calldata") {
      return { kind: "calldata", input: calldataInput, gasLimit: calldataPostingGas(calldataInput), blobs: [] };
    }
    return {
      kind: "blobs",
      input: blobInput,
      gasLimit: blobPostingGas(blobInput, blobCount),
      blobs: payloadToBlobs(payload),
    };
  }

  function chooseKind(
    calldataInput: Uint8Array,
    blobInput: Uint8Array,
    payloadBytes: number,
    blobCount: number,
    prices: PostingPrices | undefined,
  ): "calldata" | "blobs" {
    if (dataKind !== "auto") return dataKind;
    if (prices === undefined) return "calldata";
    if (payloadBytes > MAXIMUM_CALLDATA_PAYLOAD) return "blobs";
    const asCalldata = calldataPostingCost(calldataInput, prices);
    const asBlobs = blobPostingCost(blobInput, blobCount, prices);
    log.debug({ asCalldata, asBlobs, payloadBytes }, "cost of posting in wei");
    return asBlobs < asCalldata ? "blobs" : "calldata";
  }

  interface MessageOpening {
    readonly enqueuedAt: bigint;
    readonly kind: number;
    readonly bodyHash: Hash;
  }

  /**
   * The opening of the first unread message, or undefined if the Inbox needs none: all messages are read, or a recent
   * context message shows that the unread ones are recent. A batch in flight moves that context, so then it is opened.
   */
  function openFirstUnread(
    messagesUpTo: number,
    view: InboxView,
    open: number,
  ): MessageOpening | "unknown" | undefined {
    const contextIsRecent =
      messagesUpTo >= view.lastContextIndex &&
      view.l1Timestamp + inclusionMargin <= view.lastContextAt + forceInclusionDelay;
    if (open === 0 && contextIsRecent) return undefined;
    const message = inbox.getMessage(messagesUpTo);
    if (message === undefined) return messagesUpTo < view.messageCount ? "unknown" : undefined;
    return {
      enqueuedAt: BigInt(message.enqueuedAt),
      kind: MESSAGE_KINDS[message.kind],
      bodyHash: messageBodyHash(message),
    };
  }

  async function simulate(input: Uint8Array): Promise<void> {
    try {
      await client.call({
        account: transactions.account,
        to: inboxAddress,
        data: `0x${Buffer.from(input).toString("hex")}`,
      });
    } catch (error) {
      const revert = findRevert(error, [inboxAbi]);
      if (revert === undefined) throw error;
      throw new BatcherError({ kind: "would-revert", revert });
    }
  }

  let lastError = "";
  const loop = createStepLoop({
    interval: options.pollingInterval ?? 2,
    step: async () => {
      const { kind } = await exclusive(step);
      lastError = "";
      return kind === "posted" || kind === "rebuilding";
    },
    onError: (error) => {
      const text = error instanceof BatcherError ? error.message : errorText(error);
      if (text !== lastError) log.error({ error: text }, "no batch could be posted");
      lastError = text;
    },
    endsLoop: isConnectionClosed,
  });

  return {
    step: () => exclusive(step),
    postNow: () =>
      exclusive(() => {
        requested = true;
        return step();
      }),
    inFlight: () => inFlight,
    start: loop.start,
    stop: loop.stop,
  };
}
