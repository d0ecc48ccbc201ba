import { formatLog } from "../../format/index.ts";
import { queryLogs } from "../../logs/index.ts";
import { defineMethod } from "../../node.ts";
import { logQuery } from "../../parameters/index.ts";

export const getLogs = defineMethod(
  "eth_getLogs",
  [logQuery],
  async ([query], { chain, limits }, { signal }) =>
    (await queryLogs(chain, query, limits, signal)).map((log) => formatLog(log)),
  { weight: "heavy" },
);
