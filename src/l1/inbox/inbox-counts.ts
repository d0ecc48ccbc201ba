import { decodeFunctionResult, encodeFunctionData, numberToHex } from "viem";
import type { Address, Hex } from "../../primitives/index.ts";
import type { L1BlockReference } from "../../storage/index.ts";
import { inboxAbi } from "../abi/index.ts";
import { isConnectionClosed } from "../l1-connection-closed.ts";
import type { L1Client } from "../l1-client.ts";

/** Entries of the Inbox's two lists. */
export interface InboxCounts {
  readonly batches: number;
  readonly messages: number;
}

/**
 * Gives what the Inbox contract itself counts as of an L1 block, which shows whether an endpoint gives all of its logs.
 * Undefined if the endpoint does not answer calls at that block, as one that keeps no old state.
 */
export type InboxCountsReader = (block: L1BlockReference) => Promise<InboxCounts | undefined>;

export function createInboxCountsReader(client: L1Client, inbox: Address): InboxCountsReader {
  /** EIP-1898; not every endpoint takes it. */
  let takesHash = true;

  async function count(functionName: "batchCount" | "messageCount", at: Hex | { blockHash: Hex }): Promise<number> {
    const call = { to: inbox, data: encodeFunctionData({ abi: inboxAbi, functionName }) };
    // A failure is no trouble, and another attempt comes with the next block.
    const data = await client.request({ method: "eth_call", params: [call, at] }, { retryCount: 0 });
    return Number(decodeFunctionResult({ abi: inboxAbi, functionName, data }));
  }

  async function counts(at: Hex | { blockHash: Hex }): Promise<InboxCounts | undefined> {
    try {
      return { batches: await count("batchCount", at), messages: await count("messageCount", at) };
    } catch (error) {
      if (isConnectionClosed(error)) throw error;
      return undefined;
    }
  }

  return async ({ number, hash }) => {
    if (takesHash) {
      const byHash = await counts({ blockHash: hash });
      if (byHash !== undefined) return byHash;
    }
    const byNumber = await counts(numberToHex(number));
    if (byNumber !== undefined) takesHash = false;
    return byNumber;
  };
}
