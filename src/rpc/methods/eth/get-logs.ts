import { formatLog } from "../../format/receipt.ts";
import { queryLogs } from "../../logs/query.ts";
import { defineMethod } from "../../node.ts";
import { logQuery } from "../../parameters/log-filter.ts";

export const getLogs = defineMethod(
  "eth_getLogs",
  [logQuery],
  async ([query], { chain, limits }, { signal }) => (await queryLogs(chain, query, limits, signal)).map((log) => formatLog(log)),
  { weight: "heavy" },
);
