import { randomBytes } from "node:crypto";
import type { Block, SignedTransaction } from "../../chain/index.ts";
import type { Chain, TransactionPool } from "../../node/index.ts";
import { bytesToHex, type Hex } from "../../primitives/index.ts";
import { formatLog, formatPooledTransaction } from "../format/index.ts";
import type { LogQuery } from "../parameters/index.ts";
import { limitExceeded, RPC_ERROR, RpcError } from "../protocol/index.ts";
import { isInRange, selectLogs } from "./query.ts";

/** What a filter reports. */
export type FilterKind =
  | { readonly kind: "logs"; readonly query: LogQuery }
  | { readonly kind: "blocks" }
  | { readonly kind: "transactions"; readonly full: boolean };

/** Filters by polling (`eth_newFilter` and its like). Each keeps what happened since it was last polled. */
export interface FilterRegistry {
  /** Gives the id. Throws {@link RpcError} when there are too many. */
  create(kind: FilterKind): Hex;
  /** What happened since the last poll. Throws {@link RpcError} "filter not found" for an id that does not exist (any more). */
  takeChanges(id: string): readonly unknown[];
  /** The query of a log filter. Throws {@link RpcError} as `takeChanges`. */
  logQuery(id: string): LogQuery;
  /** Whether there was such a filter. */
  remove(id: string): boolean;
  close(): void;
}

interface Filter {
  readonly kind: FilterKind;
  entries: unknown[];
  overflowed: boolean;
  polledAt: number;
}

export function createFilterRegistry({
  chain,
  pool,
  timeout,
  maximum,
  maximumEntries,
  now = Date.now,
}: {
  readonly chain: Chain;
  readonly pool: TransactionPool;
  /** Milliseconds after which a filter nobody polls is dropped. */
  readonly timeout: number;
  readonly maximum: number;
  readonly maximumEntries: number;
  readonly now?: () => number;
}): FilterRegistry {
  const filters = new Map<string, Filter>();

  function dropExpired(): void {
    for (const [id, filter] of filters) if (now() - filter.polledAt > timeout) filters.delete(id);
  }

  function report(filter: Filter, entries: readonly unknown[]): void {
    if (filter.overflowed || entries.length === 0) return;
    if (filter.entries.length + entries.length > maximumEntries) {
      // A gap in the entries would go unnoticed; an error does not.
      filter.overflowed = true;
      filter.entries = [];
    } else filter.entries.push(...entries);
  }

  function logEntries(query: LogQuery, block: Block, removed: boolean): object[] {
    if (!isInRange(query, block.header.number)) return [];
    return selectLogs(query, block).map((log) => formatLog(log, removed));
  }

  const onBlock = (block: Block): void => {
    dropExpired();
    for (const filter of filters.values()) {
      if (filter.kind.kind === "blocks") report(filter, [block.hash]);
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
      if (filter.kind.kind === "transactions")
        report(filter, [filter.kind.full ? formatPooledTransaction(transaction) : transaction.hash]);
    }
  };
  chain.events.on("block", onBlock).on("reorg", onReorg);
  pool.events.on("transaction", onTransaction);

  function find(id: string): Filter {
    dropExpired();
    const filter = filters.get(id.toLowerCase());
    if (filter === undefined) throw new RpcError(RPC_ERROR.notFound, `filter not found: ${id.slice(0, 80)}`);
    filter.polledAt = now();
    return filter;
  }

  return {
    create(kind) {
      dropExpired();
      if (filters.size >= maximum)
        throw limitExceeded(`too many filters: at most ${maximum}; uninstall some or use subscriptions`);
      const id = bytesToHex(randomBytes(16));
      filters.set(id, { kind, entries: [], overflowed: false, polledAt: now() });
      return id;
    },
    takeChanges(id) {
      const filter = find(id);
      const { entries, overflowed } = filter;
      filter.entries = [];
      if (overflowed) {
        filters.delete(id.toLowerCase());
        throw limitExceeded(
          `filter not found: ${id} held more than ${maximumEntries} entries and was dropped; poll more often`,
        );
      }
      return entries;
    },
    logQuery(id) {
      const { kind } = find(id);
      if (kind.kind !== "logs")
        throw new RpcError(RPC_ERROR.notFound, `filter not found: ${id.slice(0, 80)} is not a log filter`);
      return kind.query;
    },
    remove: (id) => filters.delete(id.toLowerCase()),
    close() {
      chain.events.off("block", onBlock).off("reorg", onReorg);
      pool.events.off("transaction", onTransaction);
      filters.clear();
    },
  };
}
