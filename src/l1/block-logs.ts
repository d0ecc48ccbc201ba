import { formatLog, numberToHex } from "viem";
import type { Log, RpcLog } from "viem";
import type { Address, Hex } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import { InconsistentL1Error } from "./inbox-log.ts";
import { errorText } from "./error-text.ts";
import type { L1Client } from "./l1-client.ts";

/** Refusals of the parameter `blockHash` (EIP-234), as opposed to ones of a block that is not known. */
const UNSUPPORTED =
  /block ?hash|not (?:supported|available|implemented)|unsupported|does not exist|invalid|missing|param/i;
const UNKNOWN_BLOCK = /unknown block|not found|unknown header/i;

/**
 * Reads the logs of a contract with one of some first topics in one L1 block: by its hash or, where an endpoint does not take
 * that, by its number.
 */
export function createBlockLogsReader(
  client: L1Client,
  address: Address,
  topics: readonly Hex[],
): (block: L1BlockReference) => Promise<readonly Log[]> {
  let takesHash = true;

  async function getLogs(
    where: { readonly blockHash: Hex } | { readonly fromBlock: Hex; readonly toBlock: Hex },
  ): Promise<readonly Log[]> {
    const filter = { address, topics: [topics], ...where };
    const logs: unknown = await client.request({ method: "eth_getLogs", params: [filter] });
    if (!Array.isArray(logs))
      throw new InconsistentL1Error(`expected logs of an L1 block, got ${JSON.stringify(logs)}`);
    return (logs as readonly RpcLog[]).map((log) => formatLog(log));
  }

  async function byNumber({ number, hash }: L1BlockReference): Promise<readonly Log[]> {
    const at = numberToHex(number);
    const logs = await getLogs({ fromBlock: at, toBlock: at });
    // No log tells that it is of another block if there is none.
    const block = await client.getBlock({ blockNumber: BigInt(number) });
    if (block.hash !== hash)
      throw new InconsistentL1Error(`expected L1 block ${number} to be ${hash}, got ${block.hash}`);
    return logs;
  }

  async function read(block: L1BlockReference): Promise<readonly Log[]> {
    if (!takesHash) return byNumber(block);
    try {
      return await getLogs({ blockHash: block.hash });
    } catch (error) {
      const text = errorText(error);
      if (!UNSUPPORTED.test(text) || UNKNOWN_BLOCK.test(text)) throw error;
      const logs = await byNumber(block);
      takesHash = false;
      return logs;
    }
  }

  return async (block) => {
    const logs = await read(block);
    for (const { blockHash } of logs as readonly { readonly blockHash?: string | null }[]) {
      if (typeof blockHash === "string" && blockHash !== block.hash) {
        throw new InconsistentL1Error(`expected logs of L1 block ${block.hash}, got one of ${blockHash}`);
      }
    }
    return logs.map((log) => ({ ...log, blockHash: block.hash, blockNumber: BigInt(block.number) }));
  };
}
