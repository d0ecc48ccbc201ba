import type { Block } from "../../rollup/index.ts";
import type { FoundLog } from "../../storage/index.ts";
import type { BlockParameter } from "../parameters/block-parameter.ts";
import type { LogQuery } from "../parameters/log-filter.ts";
import { invalidParams } from "../protocol/errors.ts";
import { requireMined, selectLogs } from "./query.ts";

/**
 * Throws {@link RpcError} for a range that blocks to come cannot be compared with. As in go-ethereum it runs from a number
 * (or `earliest`) to a number, which need not be reached yet, or to `latest`; or from `latest` to `latest`.
 */
export function checkLiveRange({ range }: LogQuery): void {
  if (range.kind === "block") return;
  requireMined(range);
  const from = liveEnd(range.from, "fromBlock");
  const to = liveEnd(range.to, "toBlock");
  if (to !== "latest" && (from === "latest" || from > to))
    throw invalidParams(`invalid block range params: fromBlock ${from} is after toBlock ${to}`);
}

/** The logs a query asks for of a block that came or left. A query for one block that there is finds none. */
export function selectLiveLogs(query: LogQuery, block: Block): readonly FoundLog[] {
  const { range } = query;
  const { number } = block.header;
  if (range.kind === "block") return [];
  if (range.from?.kind === "number" && number < range.from.number) return [];
  if (range.to?.kind === "number" && number > range.to.number) return [];
  return selectLogs(query, block);
}

function liveEnd(parameter: BlockParameter | undefined, name: "fromBlock" | "toBlock"): number | "latest" {
  if (parameter === undefined) return "latest";
  if (parameter.kind === "number") return parameter.number;
  if (parameter.kind === "tag" && parameter.tag === "latest") return "latest";
  if (parameter.kind === "tag" && parameter.tag === "earliest" && name === "fromBlock") return 0;
  const given = parameter.kind === "tag" ? parameter.tag : parameter.hash;
  throw invalidParams(
    `invalid block range params: expected ${name} of logs to come to be a block number or latest, got ${given}`,
  );
}
