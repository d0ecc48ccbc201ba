import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { RawData } from "ws";
import type { InvalidTransactionError, SenderRecovery, SignedTransaction } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Chain, ChainWriter } from "../node/index.ts";
import type { Address, Instruments } from "../primitives/index.ts";
import type { InboxMessage } from "../rollup/index.ts";
import {
  decodeBlockFrame,
  decodeFeedBlock,
  decodeFeedBlockHead,
  encodeSubscribeFrame,
  FeedMessageError,
  MAXIMUM_FRAME_SIZE,
} from "./feed-message.ts";
import type { FeedBlock } from "./feed-message.ts";
import { recoverFeedSigner } from "./feed-signature.ts";

export interface FeedClientOptions {
  /** ws: or wss: URL of the sequencer's feed. */
  readonly url: string;
  readonly chain: Chain;
  /** Whose blocks are taken: the operator. */
  readonly signer: Address;
  /** Recovers senders on other threads; without it they are recovered on this one. */
  readonly recovery?: Pick<SenderRecovery, "recover">;
  /** Milliseconds before the first attempt to connect again; doubles up to `maximumReconnectDelay`. */
  readonly reconnectDelay?: number;
  readonly maximumReconnectDelay?: number;
  /** Milliseconds without a ping after which the connection counts as dead. */
  readonly silenceTimeout?: number;
  /** Milliseconds between looks whether L1 has delivered the messages a block needs. */
  readonly messagePollInterval?: number;
}

export interface FeedClient {
  readonly connected: boolean;
  start(): void;
  /** Resolves when the block being executed, if any, is done. */
  stop(): Promise<void>;
}

interface PendingBlock extends FeedBlock {
  readonly size: number;
}

type ApplyOutcome =
  | { readonly kind: "applied" }
  /** It is in the chain already, or L1 has decided on its number. */
  | { readonly kind: "obsolete" }
  | { readonly kind: "waiting-for-messages" }
  | { readonly kind: "unknown-parent" }
  | { readonly kind: "mismatch"; readonly message: string };

const DEFAULT_RECONNECT_DELAY = 250;
const DEFAULT_MAXIMUM_RECONNECT_DELAY = 30_000;
const DEFAULT_SILENCE_TIMEOUT = 45_000;
const DEFAULT_MESSAGE_POLL_INTERVAL = 250;
const HANDSHAKE_TIMEOUT = 10_000;
/** Messages held while their turn has not come; the connection is paused beyond. */
const MAXIMUM_PENDING = 64;
const MAXIMUM_PENDING_BYTES = 32 * 1024 * 1024;
/** Messages in a row that tell nothing new before the server counts as hostile. */
const MAXIMUM_USELESS = 65_536;
/** Milliseconds before blocks that were missed are asked for again; doubles up to a minute without progress. */
const RESUBSCRIBE_DELAY = 1_000;
const MAXIMUM_RESUBSCRIBE_DELAY = 60_000;

/**
 * Follows the sequencer's feed: executes its signed blocks on this node's chain before they are on L1. A block is taken
 * only if its parent is here, L1 has delivered its messages, and its execution gives the hash that was signed. What L1
 * says always wins: safe blocks are never replaced.
 */
export function createFeedClient(options: FeedClientOptions, { logger, metrics }: Instruments): FeedClient {
  const { chain } = options;
  const domain = { chainId: chain.config.genesis.chainId, genesisHash: chain.config.genesisHash };
  const pollInterval = options.messagePollInterval ?? DEFAULT_MESSAGE_POLL_INTERVAL;
  const silenceTimeout = options.silenceTimeout ?? DEFAULT_SILENCE_TIMEOUT;

  const counters = registerMetrics(metrics, "feedClient");
  counters.connected.collectWith((gauge) => gauge.set(connected ? 1 : 0));

  let abort: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();
  let socket: WebSocket | undefined;
  let connected = false;
  const pending = new Map<number, PendingBlock>();
  let pendingBytes = 0;
  /** Sequence of the newest message seen for an unsafe block number, so that an old one cannot undo a newer. */
  const sequences = new Map<number, number>();
  let useless = 0;
  /** Blocks taken so far. */
  let applied = 0;
  let applying: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let resubscription: NodeJS.Timeout | undefined;
  let resubscribeDelay = RESUBSCRIBE_DELAY;

  function removePending(number: number): void {
    const message = pending.get(number);
    if (message === undefined) return;
    pending.delete(number);
    pendingBytes -= message.size;
    if (pending.size <= MAXIMUM_PENDING / 2) socket?.resume();
  }

  function clearPending(): void {
    for (const number of pending.keys()) removePending(number);
  }

  function subscribe(from: number): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(encodeSubscribeFrame(from));
  }

  /** Asks again, later, for blocks that cannot be had otherwise. */
  function resubscribeLater(from: () => number): void {
    if (resubscription !== undefined) return;
    resubscription = setTimeout(() => {
      resubscription = undefined;
      clearPending();
      subscribe(from());
    }, resubscribeDelay);
    resubscribeDelay = Math.min(resubscribeDelay * 2, MAXIMUM_RESUBSCRIBE_DELAY);
  }

  const afterLatest = () => chain.store.getHeads().latest + 1;
  const afterSafe = () => chain.store.getHeads().safe + 1;

  function countUseless(): void {
    counters.receivedBlocks.inc({ outcome: "known" });
    useless += 1;
    if (useless > MAXIMUM_USELESS)
      throw new FeedMessageError(`expected new blocks, got ${useless} known ones in a row`);
  }

  function onFrame(data: RawData, isBinary: boolean): void {
    if (!isBinary || !Buffer.isBuffer(data)) throw new FeedMessageError("expected a binary frame");
    const signed = decodeBlockFrame(data);
    const head = decodeFeedBlockHead(signed.content);
    const { latest, safe } = chain.store.getHeads();
    // Cheap looks before the signature: a replay must not cost more than this.
    const isOld = head.number <= safe || head.sequence < (sequences.get(head.number) ?? 0);
    const isHeld = pending.get(head.number)?.blockHash === head.blockHash;
    if (isOld || isHeld || (head.number <= latest && chain.store.getBlockHash(head.number) === head.blockHash)) {
      countUseless();
      return;
    }
    const signer = recoverFeedSigner(signed.content, signed.signature, domain);
    if (signer !== options.signer) {
      throw new FeedMessageError(
        `expected block ${head.number} to be signed by ${options.signer}, got ${signer ?? "no signature"}`,
      );
    }
    const message = { ...decodeFeedBlock(signed.content), size: data.length };
    sequences.set(message.number, message.sequence);
    useless = 0;
    removePending(message.number);
    pending.set(message.number, message);
    pendingBytes += message.size;
    apply();
    if (pending.size >= MAXIMUM_PENDING || pendingBytes >= MAXIMUM_PENDING_BYTES) {
      if (lowestPending() <= afterLatest()) socket?.pause();
      else {
        // A gap that nothing here can fill.
        clearPending();
        resubscribeLater(afterLatest);
      }
    }
  }

  function lowestPending(): number {
    return Math.min(...pending.keys());
  }

  function apply(): void {
    if (applying !== undefined || abort === undefined) return;
    clearTimeout(retry);
    applying = applyPending(abort.signal)
      .catch((error: unknown) => {
        counters.receivedBlocks.inc({ outcome: "failed" });
        logger.error({ err: error }, "could not execute a block of the feed");
        clearPending();
        resubscribeLater(afterLatest);
      })
      .finally(() => {
        applying = undefined;
      });
  }

  async function applyPending(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const message = pending.get(lowestPending());
      if (message === undefined) return;
      if (message.number > afterLatest()) {
        resubscribeLater(afterLatest);
        return;
      }
      const outcome = await chain.exclusive((writer) => applyBlock(writer, message));
      if (outcome.kind === "waiting-for-messages") {
        retry = setTimeout(apply, pollInterval);
        return;
      }
      // A newer message for the number may have come meanwhile.
      if (pending.get(message.number) === message) removePending(message.number);
      counters.receivedBlocks.inc({ outcome: outcome.kind });
      switch (outcome.kind) {
        case "applied":
          applied += 1;
          resubscribeDelay = RESUBSCRIBE_DELAY;
          forgetSafeSequences();
          break;
        case "obsolete":
          break;
        case "unknown-parent":
          // The sequencer replaced unsafe blocks that this chain still has.
          resubscribeLater(afterSafe);
          break;
        case "mismatch":
          logger.error(
            { number: message.number, expected: message.blockHash },
            `block of the feed dropped: ${outcome.message}`,
          );
          resubscribeLater(afterLatest);
      }
    }
  }

  function forgetSafeSequences(): void {
    const { safe } = chain.store.getHeads();
    for (const number of sequences.keys()) if (number <= safe) sequences.delete(number);
  }

  async function applyBlock(writer: ChainWriter, message: FeedBlock): Promise<ApplyOutcome> {
    const { number, firstMessage, block } = message;
    const { latest, safe } = chain.store.getHeads();
    if (number <= safe || chain.store.getBlockHash(number) === message.blockHash) return { kind: "obsolete" };
    const parent = chain.store.getSummary(number - 1);
    if (parent?.hash !== message.parentHash) return { kind: "unknown-parent" };
    if (parent.nextMessage !== firstMessage) {
      return {
        kind: "mismatch",
        message: `expected its first message to be ${parent.nextMessage}, got ${firstMessage}`,
      };
    }
    if (block.timestamp < parent.header.timestamp) {
      return {
        kind: "mismatch",
        message: `expected a timestamp of at least ${parent.header.timestamp}, got ${block.timestamp}`,
      };
    }
    if (chain.inbox.messageCount() < firstMessage + block.messages) return { kind: "waiting-for-messages" };
    const candidate = await writer.executeOn(parent, {
      timestamp: block.timestamp,
      messages: readMessages(firstMessage, block.messages),
      transactions: await recoverSenders(block.transactions),
    });
    if (candidate.hash !== message.blockHash) {
      return { kind: "mismatch", message: `its execution gives ${candidate.hash}` };
    }
    if (number <= latest) await writer.rewindTo(number - 1);
    await writer.append(candidate);
    return { kind: "applied" };
  }

  function readMessages(first: number, count: number): readonly InboxMessage[] {
    return Array.from({ length: count }, (_, offset) => {
      const message = chain.inbox.getMessage(first + offset);
      if (message === undefined) throw new Error(`expected the Inbox store to hold message ${first + offset}`);
      return message;
    });
  }

  async function recoverSenders(
    raws: readonly Uint8Array[],
  ): Promise<readonly (Uint8Array | SignedTransaction | InvalidTransactionError)[]> {
    return options.recovery === undefined ? raws : options.recovery.recover(raws);
  }

  /** One connection from beginning to end; resolves with why it ended. */
  function connect(signal: AbortSignal): Promise<string> {
    return new Promise((resolve) => {
      const current = new WebSocket(options.url, {
        maxPayload: MAXIMUM_FRAME_SIZE,
        perMessageDeflate: false,
        handshakeTimeout: HANDSHAKE_TIMEOUT,
      });
      socket = current;
      let reason = "closed";
      const end = (why: string) => {
        reason = why;
        current.terminate();
      };
      const stop = () => end("stopped");
      let silence: NodeJS.Timeout | undefined;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => end("silent"), silenceTimeout);
      };
      signal.addEventListener("abort", stop);
      current.on("open", () => {
        connected = true;
        heard();
        logger.info({ url: options.url }, "feed connected");
        subscribe(afterLatest());
      });
      current.on("ping", heard);
      current.on("message", (data, isBinary) => {
        heard();
        try {
          onFrame(data, isBinary);
        } catch (error) {
          if (!(error instanceof FeedMessageError)) throw error;
          logger.warn({ url: options.url, message: error.message }, "feed connection dropped");
          counters.receivedBlocks.inc({ outcome: "invalid" });
          end("invalid-message");
        }
      });
      current.on("error", (error) => {
        reason = "error";
        logger.debug({ err: error }, "feed connection failed");
      });
      current.on("close", () => {
        clearTimeout(silence);
        clearTimeout(resubscription);
        resubscription = undefined;
        signal.removeEventListener("abort", stop);
        connected = false;
        socket = undefined;
        resolve(reason);
      });
    });
  }

  async function run(signal: AbortSignal): Promise<void> {
    const initialDelay = options.reconnectDelay ?? DEFAULT_RECONNECT_DELAY;
    const maximumDelay = options.maximumReconnectDelay ?? DEFAULT_MAXIMUM_RECONNECT_DELAY;
    let delay = initialDelay;
    while (!signal.aborted) {
      const appliedBefore = applied;
      useless = 0;
      const reason = await connect(signal);
      counters.disconnects.inc({ reason });
      if (applied > appliedBefore) delay = initialDelay;
      // Spread out, so that all followers of a restarted sequencer do not come back at once.
      await sleep(delay * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      delay = Math.min(delay * 2, maximumDelay);
    }
  }

  return {
    get connected() {
      return connected;
    },
    start() {
      if (abort !== undefined) return;
      abort = new AbortController();
      // L1 may deliver what a held block waits for, or overtake it.
      chain.events.on("safe", apply);
      chain.events.on("block", apply);
      running = run(abort.signal);
    },
    async stop() {
      abort?.abort();
      chain.events.off("safe", apply);
      chain.events.off("block", apply);
      clearTimeout(retry);
      await Promise.all([running, applying]);
      clearTimeout(retry);
      clearTimeout(resubscription);
      resubscription = undefined;
      abort = undefined;
      pending.clear();
      pendingBytes = 0;
      sequences.clear();
    },
  };
}
