import { bloomContains } from "../ethereum/index.ts";
import type { Log } from "../ethereum/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Receipt } from "../rollup/index.ts";
import type { BlockSummary, FoundLog, LogFilter } from "./types.ts";

/** Whether a log passes a filter. */
export function matchesFilter(log: Log, filter: LogFilter): boolean {
  if (filter.addresses.length > 0 && !filter.addresses.includes(log.address)) return false;
  return filter.topics.every((allowed, position) => {
    const topic = log.topics[position];
    return topic !== undefined && (allowed.length === 0 || allowed.includes(topic));
  });
}

/** A test of 256-byte blooms that is true for every block with a log that passes the filter. */
export function bloomTest(filter: LogFilter): (bloom: Uint8Array) => boolean {
  const alternatives = [filter.addresses, ...filter.topics]
    .filter((values) => values.length > 0)
    .map((values) => values.map(hexToBytes));
  return (bloom) => alternatives.every((values) => values.some((value) => bloomContains(bloom, value)));
}

/** The logs of one block that pass a filter, in order. */
export function findLogsOfBlock(
  block: Pick<BlockSummary, "hash" | "header">,
  receipts: readonly Receipt[],
  filter: LogFilter,
): readonly FoundLog[] {
  let logIndex = 0;
  return receipts.flatMap((receipt, transactionIndex) =>
    receipt.logs
      .map((log) => ({
        log,
        header: block.header,
        blockHash: block.hash,
        transactionHash: receipt.transactionHash,
        transactionIndex,
        logIndex: logIndex++,
      }))
      .filter(({ log }) => matchesFilter(log, filter)),
  );
}
