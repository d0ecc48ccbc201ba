import { formatLog } from "../../format/receipt.ts";
import { queryLogs } from "../../logs/query.ts";
import { defineReadingMethod } from "../../node.ts";
import { logQuery } from "../../parameters/log-filter.ts";

export const getLogs = defineReadingMethod("eth_getLogs", [logQuery], async ([query], { chain, limits }, { signal }) =>
  (await queryLogs(chain, query, limits, signal)).map((log) => formatLog(log)),
);
