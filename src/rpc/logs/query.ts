import type { ReadableChain } from "../../node/index.ts";
import { hexToBytes } from "../../primitives/index.ts";
import type { Block } from "../../rollup/index.ts";
import { bloomTest, findLogsOfBlock } from "../../storage/index.ts";
import type { FoundLog, LogFilter } from "../../storage/index.ts";
import { isPending, requireSummary } from "../chain-view.ts";
import type { BlockParameter } from "../parameters/block-parameter.ts";
import type { LogQuery } from "../parameters/log-filter.ts";
import { invalidParams, limitExceeded, RPC_ERROR, RpcError } from "../protocol/errors.ts";

export interface LogLimits {
  readonly logBlocks: number;
  readonly logResults: number;
}

/** The logs of one block that pass a filter. */
export function selectLogs(filter: LogFilter, block: Block): readonly FoundLog[] {
  return bloomTest(filter)(hexToBytes(block.header.logsBloom)) ? findLogsOfBlock(block, block.receipts, filter) : [];
}

/**
 * The logs a query asks for, in the order of the chain. Throws {@link RpcError} for a range that is upside down, ends after
 * the latest block or is too wide, or for too many logs; the message names the limit.
 */
export async function queryLogs(
  chain: ReadableChain,
  query: LogQuery,
  { logBlocks, logResults }: LogLimits,
  signal: AbortSignal,
): Promise<readonly FoundLog[]> {
  if (query.range.kind === "block") {
    const block = chain.store.getBlockByHash(query.range.hash);
    if (block === undefined) throw new RpcError(RPC_ERROR.rejected, `unknown block: no block ${query.range.hash}`);
    return checkCount(selectLogs(query, block), logResults);
  }
  requireMined(query.range);
  const { latest } = chain.store.getHeads();
  const fromBlock = blockNumber(chain, query.range.from);
  const toBlock = blockNumber(chain, query.range.to);
  if (fromBlock > toBlock)
    throw invalidParams(`invalid block range params: fromBlock ${fromBlock} is after toBlock ${toBlock}`);
  if (toBlock > latest)
    throw invalidParams(`block range extends beyond current head block: toBlock ${toBlock}, latest ${latest}`);
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

/** Throws {@link RpcError} if a range names the pending block, which has no logs before it is executed. */
export function requireMined({ from, to }: { readonly [End in "from" | "to"]: BlockParameter | undefined }): void {
  for (const end of [from, to])
    if (end !== undefined && isPending(end)) throw invalidParams("pending logs are not supported");
}

function blockNumber(chain: ReadableChain, parameter: BlockParameter | undefined): number {
  if (parameter?.kind === "number") return parameter.number;
  return requireSummary(chain, parameter ?? { kind: "tag", tag: "latest" }).header.number;
}

function checkCount(logs: readonly FoundLog[], maximum: number): readonly FoundLog[] {
  if (logs.length > maximum)
    throw limitExceeded(`query returned more than ${maximum} results: ask for fewer blocks or more particular topics`);
  return logs;
}
