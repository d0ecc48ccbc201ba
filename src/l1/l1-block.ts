import { BlockNotFoundError } from "viem";
import type { Hash, Hex } from "../primitives/index.ts";
import type { L1BlockReference } from "../storage/index.ts";
import { InconsistentL1Error } from "./inbox-log.ts";
import type { L1Client } from "./l1-client.ts";

/** What is read of an L1 block. */
export interface L1Block extends L1BlockReference {
  readonly parentHash: Hash;
  /** Seconds. */
  readonly timestamp: number;
  /** Undefined where the endpoint gives none. */
  readonly logsBloom: Hex | undefined;
}

/**
 * An L1 block by number or tag; undefined if the endpoint knows none.
 * @throws RPC errors; InconsistentL1Error if the answer is not of the block asked for
 */
export async function readL1Block(client: L1Client, at: number | "latest" | "finalized"): Promise<L1Block | undefined> {
  const block = await client
    .getBlock(typeof at === "number" ? { blockNumber: BigInt(at) } : { blockTag: at })
    .catch((error: unknown) => {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    });
  if (block === undefined) return undefined;
  // What the types promise, an endpoint need not keep.
  const answer = block as Readonly<Record<"hash" | "parentHash" | "number" | "timestamp" | "logsBloom", unknown>>;
  const { hash, parentHash } = answer;
  const number = Number(answer.number ?? Number.NaN);
  const timestamp = Number(answer.timestamp);
  const logsBloom = isBloom(answer.logsBloom) ? answer.logsBloom : undefined;
  if (!isHash(hash) || !isHash(parentHash) || !Number.isSafeInteger(number) || !Number.isSafeInteger(timestamp)) {
    throw new InconsistentL1Error(
      `expected L1 block ${at} to have a hash, parent, number and timestamp, got ${String(hash)}, ${String(parentHash)}, ${number}, ${timestamp}`,
    );
  }
  if (typeof at === "number" && number !== at) {
    throw new InconsistentL1Error(`expected L1 block ${at}, got block ${number}`);
  }
  return { number, hash, parentHash, timestamp, logsBloom };
}

function isHash(value: unknown): value is Hash {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}

function isBloom(value: unknown): value is Hex {
  return typeof value === "string" && /^0x[0-9a-f]{512}$/.test(value);
}
