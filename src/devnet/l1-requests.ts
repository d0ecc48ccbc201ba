import { z } from "zod";
import type { Address, Hex } from "../primitives/index.ts";

/** Requests to the devnet's own L1, helper methods included. Each is made once: some would do something else the second time. */
export interface L1Requests {
  /** The result of a request. @throws L1RequestError */
  send(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Timestamp in seconds of the latest block, or of the one that would come now. */
  timestamp(block: "latest" | "pending"): Promise<number>;
  /** Wei. */
  balance(account: Address): Promise<bigint>;
}

/** What L1 answered that it will not do. */
export class L1RequestError extends Error {
  override readonly name = "L1RequestError";
}

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
const quantitySchema = z.string().regex(/^0x[0-9a-f]+$/i);
const blockSchema = z.object({ timestamp: quantitySchema });

/** Milliseconds for one request. */
const TIMEOUT = 30_000;

export function createL1Requests(url: string): L1Requests {
  async function send(method: string, params: readonly unknown[]): Promise<unknown> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const { result, error } = answerSchema.parse(await response.json());
    if (error !== undefined) throw new L1RequestError(`L1 refused ${method}: ${error.message}`);
    return result;
  }
  return {
    send,
    async timestamp(block) {
      const found = blockSchema.parse(await send("eth_getBlockByNumber", [block, false]));
      return Number(found.timestamp);
    },
    balance: async (account) => BigInt(quantitySchema.parse(await send("eth_getBalance", [account, "latest"]))),
  };
}

export function toQuantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}
