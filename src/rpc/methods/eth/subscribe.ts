import { z } from "zod";
import type { Block, SignedTransaction } from "../../../chain/index.ts";
import { formatHeader, formatLog, formatSyncing, formatPooledTransaction } from "../../format/index.ts";
import { isInRange, selectLogs } from "../../logs/index.ts";
import { defineMethod, type RpcNode } from "../../node.ts";
import { flag, logQuery, optional, parameter, strictObject } from "../../parameters/index.ts";
import {
  describeIssue,
  describeValue,
  type Connection,
  type RequestContext,
  invalidParams,
  limitExceeded,
  RPC_ERROR,
  RpcError,
} from "../../protocol/index.ts";

const KINDS = ["newHeads", "logs", "newPendingTransactions", "syncing"] as const;
const kindParameter = z.enum(KINDS, { error: `expected one of ${KINDS.join(", ")}` });
/** Whether whole transactions are wanted, as a flag or in an object. */
const pendingOptions = optional(
  z.union(
    [flag, strictObject({ fullTransactions: optional(flag) }).transform(({ fullTransactions }) => fullTransactions)],
    {
      error: "expected true, false or an object with fullTransactions",
    },
  ),
);
const anything = parameter("anything", (value) => value ?? null);

/** Subscriptions live as long as their WebSocket connection. */
export const subscribe = defineMethod("eth_subscribe", [kindParameter, anything], ([kind, argument], node, context) => {
  const connection = requireConnection(context);
  if (connection.subscriptionCount >= node.limits.subscriptionsPerConnection) {
    throw limitExceeded(`too many subscriptions: at most ${node.limits.subscriptionsPerConnection} per connection`);
  }
  return connection.subscribe((publish) => open(kind, argument, node, publish));
});

export const unsubscribe = defineMethod(
  "eth_unsubscribe",
  [z.string({ error: "expected a subscription id" })],
  ([id], _, context) => {
    if (requireConnection(context).unsubscribe(id)) return true;
    throw new RpcError(RPC_ERROR.notFound, `subscription not found: ${id.slice(0, 80)}`);
  },
);

function requireConnection({ connection }: RequestContext): Connection {
  if (connection === undefined)
    throw new RpcError(RPC_ERROR.methodNotFound, "notifications not supported: subscribe over WebSocket");
  return connection;
}

/** Starts publishing; the function it gives ends it. */
function open(
  kind: (typeof KINDS)[number],
  argument: unknown,
  node: RpcNode,
  publish: (result: unknown) => void,
): () => void {
  const { chain, pool } = node;
  if ((kind === "newHeads" || kind === "syncing") && !isEmpty(argument))
    throw invalidParams(`too many arguments: ${kind} takes none, got ${describeValue(argument)}`);
  switch (kind) {
    case "newHeads":
      return onBlocks(node, (block) => publish(formatHeader(block.hash, block.header)));
    case "logs": {
      const result = logQuery.safeParse(argument ?? {});
      if (!result.success) throw invalidParams(`invalid argument 1: ${describeIssue(result.error, argument)}`);
      const filter = result.data;
      if (filter.range.kind === "block")
        throw invalidParams(
          "invalid argument 1: expected no blockHash, since a subscription is to blocks that are to come",
        );
      const onReorg = (removed: readonly Block[]): void => {
        for (const block of removed.toReversed()) {
          if (!isInRange(filter, block.header.number)) continue;
          for (const log of selectLogs(filter, block).toReversed()) publish(formatLog(log, true));
        }
      };
      chain.events.on("reorg", onReorg);
      const end = onBlocks(node, (block) => {
        if (!isInRange(filter, block.header.number)) return;
        for (const log of selectLogs(filter, block)) publish(formatLog(log));
      });
      return () => {
        chain.events.off("reorg", onReorg);
        end();
      };
    }
    case "newPendingTransactions": {
      const full = pendingOptions.safeParse(argument ?? undefined);
      if (!full.success) throw invalidParams(`invalid argument 1: ${describeIssue(full.error, argument)}`);
      const onTransaction = (transaction: SignedTransaction): void =>
        publish(full.data === true ? formatPooledTransaction(transaction) : transaction.hash);
      pool.events.on("transaction", onTransaction);
      return () => pool.events.off("transaction", onTransaction);
    }
    case "syncing": {
      let syncing: boolean | undefined;
      return onBlocks(node, () => {
        const status = formatSyncing(node);
        const now = status !== false;
        if (now === syncing) return;
        syncing = now;
        publish(status === false ? false : { syncing: true, status });
      });
    }
  }
}

/** Null or an object with nothing in it, which some clients send for no argument. */
function isEmpty(argument: unknown): boolean {
  return argument === null || (typeof argument === "object" && Object.keys(argument).length === 0);
}

function onBlocks({ chain }: RpcNode, listener: (block: Block) => void): () => void {
  chain.events.on("block", listener);
  return () => chain.events.off("block", listener);
}
