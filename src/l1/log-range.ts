import { formatLog, numberToHex } from "viem";
import type { Log } from "viem";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import { InconsistentL1Error } from "./inbox-log.ts";
import { isConnectionClosed } from "./l1-connection-closed.ts";
import { isRequestLimit } from "./l1-failures.ts";
import type { L1Client } from "./l1-client.ts";

/** Reads the logs of a contract in ranges as large as the endpoint takes. */
export interface LogRangeReader {
  /**
   * Logs from block `from` to a block that it chose, at most `to`, in order. `lastHash` is that block's hash as of before
   * the logs were asked for. @throws what the endpoint answers to a single block
   */
  read(
    from: number,
    to: number,
  ): Promise<{ readonly last: number; readonly lastHash: Hash; readonly logs: readonly Log[] }>;
}

export interface LogRangeReaderOptions {
  readonly client: L1Client;
  readonly address: Address;
  /** First topics of the logs. */
  readonly topics: readonly Hex[];
  /** Most blocks in one request. */
  readonly maximumRange: number;
}

/** Answers in a row before a wider range is tried; doubles when that fails. */
const FIRST_PATIENCE = 8;
const LONGEST_PATIENCE = 1_024;

export function createLogRangeReader(options: LogRangeReaderOptions): LogRangeReader {
  const { client, maximumRange } = options;
  let range = maximumRange;
  /** The widest range that was answered since the last that was not. */
  let proven = 0;
  let answered = 0;
  let patience = FIRST_PATIENCE;

  /** Endpoints limit by blocks, by results and by time, in words of their own: whatever fails may be too wide. */
  function narrow(width: number): void {
    if (proven > 0 && width > proven) {
      range = proven;
      patience = Math.min(2 * patience, LONGEST_PATIENCE);
    } else {
      range = Math.ceil(width / 2);
      proven = 0;
    }
    answered = 0;
  }

  /** What limits results need not limit elsewhere, but a limit of blocks stays: so a wider range is tried now and then. */
  function widen(width: number): void {
    if (width < range) return;
    if (proven > 0 && width > proven) patience = FIRST_PATIENCE;
    proven = width;
    if (++answered < patience) return;
    range = Math.min(maximumRange, range + Math.ceil(range / 4));
    answered = 0;
  }

  return {
    async read(from, to) {
      const before = { range, proven };
      let isRepeated = false;
      for (;;) {
        const last = Math.min(to, from + range - 1);
        const width = last - from + 1;
        const { hash: lastHash } = await client.getBlock({ blockNumber: BigInt(last) });
        try {
          const logs = await readLogs(options, from, last);
          widen(width);
          return { last, lastHash, logs };
        } catch (error) {
          if (isConnectionClosed(error) || isRequestLimit(error, "eth_getLogs")) throw error;
          if (width === 1) {
            // The width was not the reason.
            ({ range, proven } = before);
            throw error;
          }
          // What was answered before may have failed for another reason; that shows at once.
          if (width <= proven && !isRepeated) isRepeated = true;
          else narrow(width);
        }
      }
    },
  };
}

async function readLogs(
  { client, address, topics }: LogRangeReaderOptions,
  from: number,
  last: number,
): Promise<readonly Log[]> {
  const filter = {
    address,
    fromBlock: numberToHex(from),
    toBlock: numberToHex(last),
    topics: [topics],
  };
  // To ask for less is quicker than to ask for the same again.
  const retries = from === last ? {} : { retryCount: 0 };
  const logs: unknown = await client.request({ method: "eth_getLogs", params: [filter] }, retries);
  if (!Array.isArray(logs)) {
    throw new InconsistentL1Error(`expected logs of L1 blocks ${from} to ${last}, got ${JSON.stringify(logs)}`);
  }
  return logs.map((log) => formatLog(log as Parameters<typeof formatLog>[0]));
}
