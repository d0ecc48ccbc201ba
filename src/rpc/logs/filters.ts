import type { SignedTransaction } from "../../ethereum/index.ts";
import type { Chain, TransactionPool } from "../../node/index.ts";
import type { Hash, Hex } from "../../primitives/index.ts";
import type { Block } from "../../rollup/index.ts";
import type { FoundLog } from "../../storage/index.ts";
import { formatLog } from "../format/receipt.ts";
import { formatPooledTransaction } from "../format/transaction.ts";
import type { LogQuery } from "../parameters/log-filter.ts";
import { limitExceeded, RPC_ERROR, RpcError } from "../protocol/errors.ts";
import { createIdentifier, normalizeIdentifier } from "../protocol/identifier.ts";
import { checkLiveRange, selectLiveLogs } from "./live-logs.ts";

/** What a filter reports. */
export type FilterKind =
  | { readonly kind: "logs"; readonly query: LogQuery }
  | { readonly kind: "blocks" }
  | { readonly kind: "transactions"; readonly full: boolean };

/** Filters by polling (`eth_newFilter` and its like). Each keeps what happened since it was last polled. */
export interface FilterRegistry {
  /** Gives the id. Throws {@link RpcError} when there are too many, or for a range that no block to come can be in. */
  create(kind: FilterKind): Hex;
  /** What happened since the last poll. Throws {@link RpcError} "filter not found" for an id that does not exist (any more). */
  takeChanges(id: string): readonly unknown[];
  /** The query of a log filter. Throws {@link RpcError} as `takeChanges`. */
  logQuery(id: string): LogQuery;
  /** Whether there was such a filter. */
  remove(id: string): boolean;
  close(): void;
}

/** What happened, as it is kept until somebody polls: it is formatted then, by who asks and not by who made it happen. */
type Entry =
  | { readonly kind: "hash"; readonly hash: Hash }
  | { readonly kind: "transaction"; readonly transaction: SignedTransaction }
  | { readonly kind: "log"; readonly found: FoundLog; readonly removed: boolean };

interface Filter {
  readonly kind: FilterKind;
  entries: Entry[];
  /** Size of the entries in an answer, about. */
  bytes: number;
  overflowed: boolean;
  polledAt: number;
}

export function createFilterRegistry({
  chain,
  pool,
  timeout,
  maximum,
  maximumEntries,
  maximumBytes,
  now = Date.now,
}: {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  /** Milliseconds after which a filter nobody polls is dropped. */
  readonly timeout: number;
  readonly maximum: number;
  /** Entries of one filter, and about how large an answer they may make. */
  readonly maximumEntries: number;
  readonly maximumBytes: number;
  readonly now?: () => number;
}): FilterRegistry {
  const filters = new Map<string, Filter>();

  function dropExpired(): void {
    for (const [id, filter] of filters) if (now() - filter.polledAt > timeout) filters.delete(id);
  }

  function report(filter: Filter, entries: readonly Entry[]): void {
    if (filter.overflowed) return;
    for (const entry of entries) filter.bytes += sizeOf(entry);
    if (filter.entries.length + entries.length > maximumEntries || filter.bytes > maximumBytes) {
      // A gap in the entries would go unnoticed; an error does not.
      filter.overflowed = true;
      filter.entries = [];
    } else filter.entries.push(...entries);
  }

  function logEntries(query: LogQuery, block: Block, removed: boolean): Entry[] {
    return selectLiveLogs(query, block).map((found) => ({ kind: "log", found, removed }));
  }

  const onBlock = (block: Block): void => {
    dropExpired();
    for (const filter of filters.values()) {
      if (filter.kind.kind === "blocks") report(filter, [{ kind: "hash", hash: block.hash }]);
      if (filter.kind.kind === "logs") report(filter, logEntries(filter.kind.query, block, false));
    }
  };
  const onReorg = (removed: readonly Block[]): void => {
    for (const filter of filters.values()) {
      if (filter.kind.kind !== "logs") continue;
      for (const block of removed.toReversed()) report(filter, logEntries(filter.kind.query, block, true).reverse());
    }
  };
  const onTransaction = (transaction: SignedTransaction): void => {
    for (const filter of filters.values()) {
      if (filter.kind.kind !== "transactions") continue;
      report(filter, [
        filter.kind.full ? { kind: "transaction", transaction } : { kind: "hash", hash: transaction.hash },
      ]);
    }
  };
  chain.events.on("block", onBlock).on("reorg", onReorg);
  pool.events.on("transaction", onTransaction);

  function find(id: string): Filter {
    dropExpired();
    const filter = filters.get(normalizeIdentifier(id));
    if (filter === undefined) throw new RpcError(RPC_ERROR.notFound, `filter not found: ${id.slice(0, 80)}`);
    filter.polledAt = now();
    return filter;
  }

  return {
    create(kind) {
      if (kind.kind === "logs") checkLiveRange(kind.query);
      dropExpired();
      if (filters.size >= maximum)
        throw limitExceeded(`too many filters: at most ${maximum}; uninstall some or use subscriptions`);
      const id = createIdentifier();
      filters.set(id, { kind, entries: [], bytes: 0, overflowed: false, polledAt: now() });
      return id;
    },
    takeChanges(id) {
      const filter = find(id);
      const { entries, overflowed } = filter;
      filter.entries = [];
      filter.bytes = 0;
      if (overflowed) {
        filters.delete(normalizeIdentifier(id));
        throw limitExceeded(
          `filter not found: ${id} held more than ${maximumEntries} entries or ${maximumBytes} bytes and was dropped; poll more often`,
        );
      }
      return entries.map(formatEntry);
    },
    logQuery(id) {
      const { kind } = find(id);
      if (kind.kind !== "logs")
        throw new RpcError(RPC_ERROR.notFound, `filter not found: ${id.slice(0, 80)} is not a log filter`);
      return kind.query;
    },
    remove: (id) => filters.delete(normalizeIdentifier(id)),
    close() {
      chain.events.off("block", onBlock).off("reorg", onReorg);
      pool.events.off("transaction", onTransaction);
      filters.clear();
    },
  };
}

function formatEntry(entry: Entry): unknown {
  switch (entry.kind) {
    case "hash":
      return entry.hash;
    case "transaction":
      return formatPooledTransaction(entry.transaction);
    case "log":
      return formatLog(entry.found, entry.removed);
  }
}

/** Bytes of an entry in an answer, about: bytes take two digits each. */
function sizeOf(entry: Entry): number {
  switch (entry.kind) {
    case "hash":
      return 70;
    case "transaction":
      return 1_000 + 3 * entry.transaction.raw.length;
    case "log":
      return 900 + 2 * entry.found.log.data.length;
  }
}
