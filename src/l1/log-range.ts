import { BaseError, HttpRequestError, RpcError, TimeoutError } from "viem";
import type { Log } from "viem";
import type { Address, Hash } from "../primitives/index.ts";
import type { L1Client } from "./transaction-manager-types.ts";

/** Reads the logs of a contract in ranges as large as the endpoint takes. */
export interface LogRangeReader {
  /**
   * Logs from block `from` to a block that it chose, at most `to`, in order. `lastHash` is that block's hash as of before
   * the logs were asked for.
   */
  read(
    from: number,
    to: number,
  ): Promise<{ readonly last: number; readonly lastHash: Hash; readonly logs: readonly Log[] }>;
}

export function createLogRangeReader(options: {
  readonly client: L1Client;
  readonly address: Address;
  /** Most blocks in one request. */
  readonly maximumRange: number;
}): LogRangeReader {
  const { client, address, maximumRange } = options;
  let range = maximumRange;
  return {
    async read(from, to) {
      for (;;) {
        const last = Math.min(to, from + range - 1);
        const { hash: lastHash } = await client.getBlock({ blockNumber: BigInt(last) });
        try {
          const logs = await client.getLogs({ address, fromBlock: BigInt(from), toBlock: BigInt(last) });
          // Endpoints limit by result size, so a range that was too large here need not be elsewhere.
          range = Math.min(maximumRange, range * 2);
          return { last, lastHash, logs };
        } catch (error) {
          const width = last - from + 1;
          if (width === 1 || !mayBeTooLarge(error)) throw error;
          range = Math.ceil(width / 2);
        }
      }
    },
  };
}

/** Endpoints word this in many ways; an answer that is an error, or none in time, is worth asking for less. */
function mayBeTooLarge(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  const cause = error.walk(
    (link) => link instanceof RpcError || link instanceof TimeoutError || link instanceof HttpRequestError,
  );
  if (cause instanceof HttpRequestError) return cause.status === 400 || cause.status === 413;
  return cause !== null || error.walk((link) => link instanceof Error && "code" in link) !== null;
}
