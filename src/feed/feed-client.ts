import { pause } from "../concurrency/index.ts";
import type { SenderRecovery } from "../ethereum/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Chain } from "../node/index.ts";
import type { Address, Instruments } from "../primitives/index.ts";
import { applyPending } from "./block-application.ts";
import { RESUBSCRIBE_DELAY } from "./feed-client-state.ts";
import type { FeedClientState } from "./feed-client-state.ts";
import { connect } from "./feed-connection.ts";
import { clearPending, emptyPendingBlocks } from "./pending-blocks.ts";

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

const DEFAULT_RECONNECT_DELAY = 250;
const DEFAULT_MAXIMUM_RECONNECT_DELAY = 30_000;
const DEFAULT_SILENCE_TIMEOUT = 45_000;
const DEFAULT_MESSAGE_POLL_INTERVAL = 250;

/**
 * Follows the sequencer's feed: executes its signed blocks on this node's chain before they are on L1. A block is taken
 * only if its parent is here, L1 has delivered its messages, and its execution gives the hash that was signed. What L1
 * says always wins: safe blocks are never replaced.
 */
export function createFeedClient(options: FeedClientOptions, { logger, metrics }: Instruments): FeedClient {
  const { chain } = options;
  const counters = registerMetrics(metrics, "feedClient");
  counters.connected.collectWith((gauge) => gauge.set(client.isConnected ? 1 : 0));
  const client: FeedClientState = {
    url: options.url,
    chain,
    domain: { chainId: chain.config.genesis.chainId, genesisHash: chain.config.genesisHash },
    signer: options.signer,
    recovery: options.recovery,
    silenceTimeout: options.silenceTimeout ?? DEFAULT_SILENCE_TIMEOUT,
    messagePollInterval: options.messagePollInterval ?? DEFAULT_MESSAGE_POLL_INTERVAL,
    logger,
    counters,
    abort: undefined,
    socket: undefined,
    isConnected: false,
    pending: emptyPendingBlocks(),
    sequences: new Map(),
    useless: 0,
    applied: 0,
    applying: undefined,
    retry: undefined,
    resubscription: undefined,
    resubscribeDelay: RESUBSCRIBE_DELAY,
  };
  let running: Promise<void> = Promise.resolve();
  const apply = (): void => applyPending(client);

  async function run(signal: AbortSignal): Promise<void> {
    const initialDelay = options.reconnectDelay ?? DEFAULT_RECONNECT_DELAY;
    const maximumDelay = options.maximumReconnectDelay ?? DEFAULT_MAXIMUM_RECONNECT_DELAY;
    let delay = initialDelay;
    while (!signal.aborted) {
      const appliedBefore = client.applied;
      client.useless = 0;
      const reason = await connect(client, signal);
      counters.disconnects.inc({ reason });
      if (client.applied > appliedBefore) delay = initialDelay;
      // Spread out, so that all followers of a restarted sequencer do not come back at once.
      await pause(delay * (0.5 + Math.random() / 2), signal);
      delay = Math.min(delay * 2, maximumDelay);
    }
  }

  return {
    get connected() {
      return client.isConnected;
    },
    start() {
      if (client.abort !== undefined) return;
      client.abort = new AbortController();
      // L1 may deliver what a held block waits for, or overtake it.
      chain.events.on("safe", apply);
      chain.events.on("block", apply);
      running = run(client.abort.signal);
    },
    async stop() {
      client.abort?.abort();
      chain.events.off("safe", apply);
      chain.events.off("block", apply);
      clearTimeout(client.retry);
      await Promise.all([running, client.applying]);
      clearTimeout(client.retry);
      clearTimeout(client.resubscription);
      client.resubscription = undefined;
      client.abort = undefined;
      clearPending(client.pending);
      client.sequences.clear();
    },
  };
}
