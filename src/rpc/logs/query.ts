import { setImmediate as nextTurn } from "node:timers/promises";
import { bloomContains, type Block, type BlockHeader, type Log } from "../../chain/index.ts";
import type { Chain } from "../../node/index.ts";
import { hexToBytes } from "../../primitives/index.ts";
import { requireBlock } from "../chain-view.ts";
import { logsOfBlock, type PlacedLog } from "../format/receipt.ts";
import type { BlockParameter } from "../parameters/block-parameter.ts";
import type { LogCriteria, LogFilter } from "../parameters/log-filter.ts";
import { invalidParams, limitExceeded, RPC_ERROR, RpcError } from "../protocol/errors.ts";

export interface LogLimits {
  readonly logBlocks: number;
  readonly logResults: number;
}

/** Blocks scanned between two turns of the event loop. */
const BLOCKS_PER_TURN = 64;

export function matchesLog({ addresses, topics }: LogCriteria, log: Log): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((alternatives, place) => alternatives.length === 0 || alternatives.some((topic) => topic === log.topics[place]));
}

/** The logs of one block that meet the criteria. */
export function selectLogs(criteria: LogCriteria, block: Block): PlacedLog[] {
  if (!mayContain(criteria, block.header)) return [];
  return [...logsOfBlock(block)].filter(({ log }) => matchesLog(criteria, log));
}

function mayContain({ addresses, topics }: LogCriteria, header: BlockHeader): boolean {
  const bloom = hexToBytes(header.logsBloom);
  return [addresses, ...topics].every(
    (alternatives) => alternatives.length === 0 || alternatives.some((value) => bloomContains(bloom, hexToBytes(value))),
  );
}

/**
 * The logs a filter asks for, in the order of the chain. Throws {@link RpcError} for a range that is upside down or too
 * wide, or for too many logs; the message names the limit.
 */
export async function queryLogs(chain: Chain, filter: LogFilter, limits: LogLimits, signal: AbortSignal): Promise<PlacedLog[]> {
  if (filter.range.kind === "block") {
    const block = chain.store.getBlockByHash(filter.range.hash);
    if (block === undefined) throw new RpcError(RPC_ERROR.rejected, `unknown block: no block ${filter.range.hash}`);
    return checkCount(selectLogs(filter, block), limits);
  }
  const { latest } = chain.store.getHeads();
  const from = blockNumber(chain, filter.range.from);
  const to = Math.min(blockNumber(chain, filter.range.to), latest);
  if (filter.range.to?.kind === "number" && from > filter.range.to.number) {
    throw invalidParams(`invalid block range params: fromBlock ${from} is after toBlock ${filter.range.to.number}`);
  }
  if (to - from >= limits.logBlocks) {
    throw limitExceeded(`block range too large: at most ${limits.logBlocks} blocks, got ${to - from + 1} (${from} to ${to})`);
  }
  const found: PlacedLog[] = [];
  for (let number = from; number <= to; number++) {
    if ((number - from) % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1) await nextTurn();
    signal.throwIfAborted();
    const block = chain.store.getBlock(number);
    // The chain may have been rewound meanwhile.
    if (block === undefined) break;
    found.push(...selectLogs(filter, block));
    checkCount(found, limits);
  }
  return found;
}

function blockNumber(chain: Chain, parameter: BlockParameter | undefined): number {
  if (parameter?.kind === "number") return parameter.number;
  return requireBlock(chain, parameter ?? { kind: "tag", tag: "latest" }).header.number;
}

function checkCount(logs: PlacedLog[], { logResults }: LogLimits): PlacedLog[] {
  if (logs.length > logResults) throw limitExceeded(`query returned more than ${logResults} results: ask for fewer blocks or more particular topics`);
  return logs;
}
