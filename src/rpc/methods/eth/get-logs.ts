import { formatLog } from "../../format/index.ts";
import { queryLogs } from "../../logs/index.ts";
import { defineReadingMethod } from "../../node.ts";
import { logQuery } from "../../parameters/index.ts";

export const getLogs = defineReadingMethod("eth_getLogs", [logQuery], async ([query], { chain, limits }, { signal }) =>
  (await queryLogs(chain, query, limits, signal)).map((log) => formatLog(log)),
);
