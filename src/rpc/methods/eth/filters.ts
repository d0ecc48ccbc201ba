import { z } from "zod";
import { defineMethod, read } from "../../node.ts";
import type { RpcMethod } from "../../node.ts";
import { formatLogQuery, logQuery } from "../../parameters/log-filter.ts";
import { flag, optional } from "../../parameters/scalars.ts";
import { getLogs } from "./get-logs.ts";

const filterId = z.string({ error: "expected a filter id" }).max(66, { error: "expected a filter id" });

export const filterMethods: readonly RpcMethod[] = [
  defineMethod("eth_newFilter", [logQuery], ([query], { filters }) => filters.create({ kind: "logs", query })),
  defineMethod("eth_newBlockFilter", [], (_, { filters }) => filters.create({ kind: "blocks" })),
  defineMethod("eth_newPendingTransactionFilter", [optional(flag)], ([full = false], { filters }) =>
    filters.create({ kind: "transactions", full }),
  ),
  defineMethod("eth_getFilterChanges", [filterId], ([id], { filters }) => filters.takeChanges(id)),
  defineMethod("eth_getFilterLogs", [filterId], ([id], node, context) =>
    read(getLogs, [formatLogQuery(node.filters.logQuery(id))], node, context),
  ),
  defineMethod("eth_uninstallFilter", [filterId], ([id], { filters }) => filters.remove(id)),
];
