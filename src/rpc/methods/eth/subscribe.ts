import { z } from "zod";
import { defineMethod } from "../../node.ts";
import type { SubscriptionKind } from "../../notifier.ts";
import { strictObject } from "../../parameters/call-parameter.ts";
import { logQuery } from "../../parameters/log-filter.ts";
import { flag, optional, parameter } from "../../parameters/scalars.ts";
import { describeValue } from "../../protocol/describe-value.ts";
import { invalidParams, limitExceeded, RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { describeIssue } from "../../protocol/method.ts";
import type { Connection, RequestContext } from "../../protocol/method.ts";

const KINDS = ["newHeads", "logs", "newPendingTransactions", "syncing"] as const;
const kindParameter = z.enum(KINDS, { error: `expected one of ${KINDS.join(", ")}` });
/** Whether whole transactions are wanted, as a flag or in an object. */
const pendingOptions = optional(
  z.union(
    [flag, strictObject({ fullTransactions: optional(flag) }).transform(({ fullTransactions }) => fullTransactions)],
    { error: "expected true, false or an object with fullTransactions" },
  ),
);
const anything = parameter("anything", (value) => value ?? null);

/** Subscriptions live as long as their WebSocket connection. */
export const subscribe = defineMethod("eth_subscribe", [kindParameter, anything], ([kind, argument], node, context) => {
  const connection = requireConnection(context);
  if (connection.subscriptionCount >= node.limits.subscriptionsPerConnection) {
    throw limitExceeded(`too many subscriptions: at most ${node.limits.subscriptionsPerConnection} per connection`);
  }
  const wanted = subscriptionOf(kind, argument);
  return connection.subscribe((publish) => node.notifier.subscribe(wanted, publish));
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

function parseArgument<T>(schema: z.ZodType<T>, argument: unknown): T {
  const result = schema.safeParse(argument);
  if (result.success) return result.data;
  throw invalidParams(`invalid argument 1: ${describeIssue(result.error, argument)}`);
}

function subscriptionOf(kind: (typeof KINDS)[number], argument: unknown): SubscriptionKind {
  switch (kind) {
    case "logs":
      return { kind, query: parseArgument(logQuery, argument ?? {}) };
    case "newPendingTransactions":
      return { kind, full: parseArgument(pendingOptions, argument ?? undefined) ?? false };
    case "newHeads":
    case "syncing":
      if (!isEmpty(argument))
        throw invalidParams(`too many arguments: ${kind} takes none, got ${describeValue(argument)}`);
      return { kind };
  }
}

/** Null or an object with nothing in it, which some clients send for no argument. */
function isEmpty(argument: unknown): boolean {
  return argument === null || (typeof argument === "object" && Object.keys(argument).length === 0);
}
