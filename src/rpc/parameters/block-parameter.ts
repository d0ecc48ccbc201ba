import { z } from "zod";
import type { Hash } from "../../primitives/index.ts";
import { blockNumber, flag, hash, object, optional, parameter } from "./scalars.ts";

export const BLOCK_TAGS = ["latest", "safe", "finalized", "pending", "earliest"] as const;
export type BlockTag = (typeof BLOCK_TAGS)[number];

/** Which block is meant (execution-apis `BlockNumberOrTagOrHash`, EIP-1898). */
export type BlockParameter =
  | { readonly kind: "tag"; readonly tag: BlockTag }
  /** Inexact from 2^53 on, where there are no blocks. */
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "hash"; readonly hash: Hash; readonly requireCanonical: boolean };

const LATEST: BlockParameter = { kind: "tag", tag: "latest" };

const EXPECTED = `a block number, one of ${BLOCK_TAGS.join(", ")}`;

function parseNumberOrTag(value: unknown): BlockParameter | undefined {
  const tag = BLOCK_TAGS.find((name) => name === value);
  if (tag !== undefined) return { kind: "tag", tag };
  const number = blockNumber.safeParse(value);
  return number.success ? { kind: "number", number: number.data } : undefined;
}

/** A number (below 2^63, as in go-ethereum) or tag; required. 32 bytes are neither. */
export const blockNumberOrTag: z.ZodType<BlockParameter> = parameter(EXPECTED, parseNumberOrTag);

const eip1898 = object({
  blockHash: optional(hash),
  blockNumber: optional(blockNumberOrTag),
  requireCanonical: optional(flag),
}).transform(({ blockHash, blockNumber, requireCanonical = false }, context): BlockParameter => {
  if (blockHash !== undefined && blockNumber === undefined) return { kind: "hash", hash: blockHash, requireCanonical };
  if (blockNumber !== undefined && blockHash === undefined) return blockNumber;
  context.addIssue({ code: "custom", message: "expected either blockHash or blockNumber" });
  return z.NEVER;
});

/** A number, a tag, a 32-byte hash or an EIP-1898 object; `latest` if left out. */
export const blockParameter: z.ZodType<BlockParameter> = z.unknown().transform((value, context): BlockParameter => {
  if (value === undefined) return LATEST;
  const direct = parseNumberOrTag(value) ?? parseHash(value);
  if (direct !== undefined) return direct;
  if (typeof value !== "object" || value === null) {
    context.addIssue({ code: "custom", message: `expected ${EXPECTED}, a 32-byte block hash, or an EIP-1898 object` });
    return z.NEVER;
  }
  const result = eip1898.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  context.addIssue({ code: "custom", message: issue?.message ?? `expected ${EXPECTED}`, path: issue?.path ?? [] });
  return z.NEVER;
});

function parseHash(value: unknown): BlockParameter | undefined {
  const parsed = hash.safeParse(value);
  return parsed.success ? { kind: "hash", hash: parsed.data, requireCanonical: false } : undefined;
}

/** What the parameter was read from. */
export function formatBlockParameter(parameter: BlockParameter): string {
  switch (parameter.kind) {
    case "tag":
      return parameter.tag;
    case "number":
      // Greater ones were rounded when they were read; no block has them.
      return `0x${Math.min(parameter.number, Number.MAX_SAFE_INTEGER).toString(16)}`;
    case "hash":
      return parameter.hash;
  }
}
