import { z } from "zod";
import { formatLog } from "../../format/index.ts";
import { queryLogs } from "../../logs/index.ts";
import { defineMethod, type RpcMethod } from "../../node.ts";
import { logQuery, flag, optional } from "../../parameters/index.ts";

const filterId = z.string({ error: "expected a filter id" }).max(66, { error: "expected a filter id" });

export const filterMethods: readonly RpcMethod[] = [
  defineMethod("eth_newFilter", [logQuery], ([query], { filters }) => filters.create({ kind: "logs", query })),
  defineMethod("eth_newBlockFilter", [], (_, { filters }) => filters.create({ kind: "blocks" })),
  defineMethod("eth_newPendingTransactionFilter", [optional(flag)], ([full = false], { filters }) =>
    filters.create({ kind: "transactions", full }),
  ),
  defineMethod("eth_getFilterChanges", [filterId], ([id], { filters }) => filters.takeChanges(id)),
  defineMethod(
    "eth_getFilterLogs",
    [filterId],
    async ([id], { filters, chain, limits }, { signal }) =>
      (await queryLogs(chain, filters.logQuery(id), limits, signal)).map((log) => formatLog(log)),
    { weight: "heavy" },
  ),
  defineMethod("eth_uninstallFilter", [filterId], ([id], { filters }) => filters.remove(id)),
];
