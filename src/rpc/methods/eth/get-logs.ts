import { formatLog } from "../../format/receipt.ts";
import { queryLogs } from "../../logs/query.ts";
import { defineMethod } from "../../node.ts";
import { logFilter } from "../../parameters/log-filter.ts";

export const getLogs = defineMethod(
  "eth_getLogs",
  [logFilter],
  async ([filter], { chain, limits }, { signal }) => (await queryLogs(chain, filter, limits, signal)).map((log) => formatLog(log)),
  { weight: "heavy" },
);
