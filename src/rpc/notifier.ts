import type { Log, SignedTransaction } from "../ethereum/index.ts";
import type { Chain, TransactionPool } from "../node/index.ts";
import type { Logger } from "../primitives/index.ts";
import type { Block } from "../rollup/index.ts";
import type { FoundLog } from "../storage/index.ts";
import { formatHeader } from "./format/block.ts";
import { formatLog } from "./format/receipt.ts";
import { formatPooledTransaction } from "./format/transaction.ts";
import { checkLiveRange, selectLiveLogs } from "./logs/live-logs.ts";
import type { LogQuery } from "./parameters/log-filter.ts";
import { invalidParams } from "./protocol/errors.ts";

/** What a subscription tells of. */
export type SubscriptionKind =
  | { readonly kind: "newHeads" }
  | { readonly kind: "logs"; readonly query: LogQuery }
  | { readonly kind: "newPendingTransactions"; readonly full: boolean }
  | { readonly kind: "syncing" };

/**
 * Tells subscribers what happens. Who makes it happen only has it noted: subscribers are told in a later turn of the event
 * loop, in order, and what is to be told is formatted once for all of them.
 */
export interface Notifier {
  /**
   * Tells of what happens from now on, by JSON texts, until the function it gives is called. Throws {@link RpcError} for
   * logs of a range that no block to come can be in.
   */
  subscribe(kind: SubscriptionKind, publish: (json: string) => void): () => void;
  close(): void;
}

interface Subscriber {
  readonly kind: SubscriptionKind;
  readonly publish: (json: string) => void;
  /** The first event it is to be told of. */
  readonly since: number;
  /** What a `syncing` subscriber was told last. */
  isSyncing: boolean | undefined;
}

export function createNotifier(
  {
    chain,
    pool,
    syncing,
  }: {
    readonly chain: Chain;
    readonly pool: TransactionPool;
    /** The answer of `eth_syncing`. */
    readonly syncing: () => object | false;
  },
  { logger }: { readonly logger: Logger },
): Notifier {
  const subscribers = new Set<Subscriber>();
  let waiting: { readonly number: number; readonly tell: Tell }[] = [];
  /** Number of the event to come. */
  let next = 0;

  function note(tell: Tell): void {
    const number = next++;
    if (subscribers.size === 0) return;
    waiting.push({ number, tell });
    if (waiting.length === 1) setImmediate(tellAll);
  }

  function tellAll(): void {
    const events = waiting;
    waiting = [];
    for (const { number, tell } of events) {
      // What cannot be formatted cannot be for any subscriber: one line in the log tells it.
      let failed = false;
      for (const subscriber of subscribers) {
        if (subscriber.since > number) continue;
        try {
          tell(subscriber);
        } catch (error) {
          if (!failed) logger.error({ err: error }, "subscribers could not be told of an event");
          failed = true;
        }
      }
    }
  }

  const onBlock = (block: Block): void => note(tellOfBlock(block, syncing));
  const onReorg = (removed: readonly Block[]): void => note(tellOfReorg(removed));
  const onTransaction = (transaction: SignedTransaction): void => note(tellOfTransaction(transaction));
  chain.events.on("block", onBlock).on("reorg", onReorg);
  pool.events.on("transaction", onTransaction);

  return {
    subscribe(kind, publish) {
      if (kind.kind === "logs") {
        if (kind.query.range.kind === "block")
          throw invalidParams(
            `logs to come are in no block that has a hash: expected no blockHash, got ${kind.query.range.hash}`,
          );
        checkLiveRange(kind.query);
      }
      const subscriber: Subscriber = { kind, publish, since: next, isSyncing: undefined };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
    close() {
      chain.events.off("block", onBlock).off("reorg", onReorg);
      pool.events.off("transaction", onTransaction);
      subscribers.clear();
    },
  };
}

/** Tells one subscriber of one event, if it is of its kind. */
type Tell = (subscriber: Subscriber) => void;

function tellOfBlock(block: Block, syncing: () => object | false): Tell {
  const head = once(() => JSON.stringify(formatHeader(block.hash, block.header)));
  const logs = tellOfLogs(block, false);
  const progress = once(() => {
    const status = syncing();
    const isSyncing = status !== false;
    return { isSyncing, json: JSON.stringify(isSyncing ? { syncing: true, status } : false) };
  });
  return (subscriber) => {
    if (subscriber.kind.kind === "newHeads") subscriber.publish(head());
    else if (subscriber.kind.kind === "logs") logs(subscriber);
    else if (subscriber.kind.kind === "syncing") {
      const { isSyncing, json } = progress();
      if (isSyncing !== subscriber.isSyncing) subscriber.publish(json);
      subscriber.isSyncing = isSyncing;
    }
  };
}

function tellOfReorg(removed: readonly Block[]): Tell {
  const newestFirst = removed.toReversed().map((block) => tellOfLogs(block, true));
  return (subscriber) => {
    for (const tell of newestFirst) tell(subscriber);
  };
}

function tellOfLogs(block: Block, removed: boolean): Tell {
  const texts = new Map<Log, () => string>();
  const textOf = (found: FoundLog): string => {
    const text = texts.get(found.log) ?? once(() => JSON.stringify(formatLog(found, removed)));
    texts.set(found.log, text);
    return text();
  };
  return ({ kind, publish }) => {
    if (kind.kind !== "logs") return;
    const logs = selectLiveLogs(kind.query, block);
    for (const found of removed ? logs.toReversed() : logs) publish(textOf(found));
  };
}

function tellOfTransaction(transaction: SignedTransaction): Tell {
  const hash = JSON.stringify(transaction.hash);
  const full = once(() => JSON.stringify(formatPooledTransaction(transaction)));
  return ({ kind, publish }) => {
    if (kind.kind === "newPendingTransactions") publish(kind.full ? full() : hash);
  };
}

/** Gives what `make` gives, or throws what it throws, and calls it once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | { readonly error: unknown } | undefined;
  return () => {
    if (made === undefined) {
      try {
        made = { value: make() };
      } catch (error) {
        made = { error };
      }
    }
    if ("error" in made) throw made.error;
    return made.value;
  };
}
