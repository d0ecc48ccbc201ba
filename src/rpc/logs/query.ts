import type { Block } from "../../chain/index.ts";
import type { Chain } from "../../node/index.ts";
import { hexToBytes } from "../../primitives/index.ts";
import { bloomTest, findLogsOfBlock, type FoundLog, type LogFilter } from "../../storage/index.ts";
import { requireBlock } from "../chain-view.ts";
import type { BlockParameter, LogQuery } from "../parameters/index.ts";
import { invalidParams, limitExceeded, RPC_ERROR, RpcError } from "../protocol/index.ts";

export interface LogLimits {
  readonly logBlocks: number;
  readonly logResults: number;
}

/** Whether new blocks of this number are among those a query asks for; a tag bounds nothing that is still to come. */
export function isInRange({ range }: LogQuery, number: number): boolean {
  if (range.kind === "block") return false;
  if (range.from?.kind === "number" && number < range.from.number) return false;
  return range.to?.kind !== "number" || number <= range.to.number;
}

/** The logs of one block that pass a filter. */
export function selectLogs(filter: LogFilter, block: Block): readonly FoundLog[] {
  return bloomTest(filter)(hexToBytes(block.header.logsBloom)) ? findLogsOfBlock(block, block.receipts, filter) : [];
}

/**
 * The logs a query asks for, in the order of the chain. Throws {@link RpcError} for a range that is upside down or too
 * wide, or for too many logs; the message names the limit.
 */
export async function queryLogs(
  chain: Chain,
  query: LogQuery,
  { logBlocks, logResults }: LogLimits,
  signal: AbortSignal,
): Promise<readonly FoundLog[]> {
  if (query.range.kind === "block") {
    const block = chain.store.getBlockByHash(query.range.hash);
    if (block === undefined) throw new RpcError(RPC_ERROR.rejected, `unknown block: no block ${query.range.hash}`);
    return checkCount(selectLogs(query, block), logResults);
  }
  const fromBlock = blockNumber(chain, query.range.from);
  const lastAsked = blockNumber(chain, query.range.to);
  if (fromBlock > lastAsked)
    throw invalidParams(`invalid block range params: fromBlock ${fromBlock} is after toBlock ${lastAsked}`);
  const toBlock = Math.min(lastAsked, chain.store.getHeads().latest);
  if (toBlock - fromBlock >= logBlocks) {
    throw limitExceeded(
      `block range too large: at most ${logBlocks} blocks, got ${toBlock - fromBlock + 1} (${fromBlock} to ${toBlock})`,
    );
  }
  const found: FoundLog[] = [];
  for await (const log of chain.store.findLogs({ fromBlock, toBlock }, query)) {
    signal.throwIfAborted();
    found.push(log);
    checkCount(found, logResults);
  }
  return found;
}

function blockNumber(chain: Chain, parameter: BlockParameter | undefined): number {
  if (parameter?.kind === "number") return parameter.number;
  return requireBlock(chain, parameter ?? { kind: "tag", tag: "latest" }).header.number;
}

function checkCount(logs: readonly FoundLog[], maximum: number): readonly FoundLog[] {
  if (logs.length > maximum)
    throw limitExceeded(`query returned more than ${maximum} results: ask for fewer blocks or more particular topics`);
  return logs;
}
