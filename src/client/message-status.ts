import type { Hash } from "viem";
import { z } from "zod";
import { blockSchema, countSchema, hashSchema, hexSchema } from "./answers.ts";
import type { Rollup } from "./rollup.ts";

const base = {
  index: countSchema,
  hash: hashSchema,
  kind: z.enum(["deposit", "context"]),
  enqueuedAt: countSchema,
  l1Block: z.object({ number: countSchema, hash: hashSchema }).nullable(),
  l1TransactionHash: hashSchema.nullable(),
};
const place = { block: blockSchema, head: z.enum(["latest", "safe", "finalized"]) };
const ran = {
  ...base,
  ...place,
  transactionHash: hashSchema,
  transactionIndex: countSchema,
  gasUsed: hexSchema.transform(BigInt),
};

/** Of `rollup_getMessageStatus`. */
export const messageStatusSchema = z
  .discriminatedUnion("status", [
    z.object({ ...base, status: z.literal("enqueued") }),
    z.object({ ...base, ...place, status: z.literal("included") }),
    z.object({ ...ran, status: z.literal("executed") }),
    z.object({ ...ran, status: z.literal("failed") }),
  ])
  .nullable();

type MessageAnswer = NonNullable<z.output<typeof messageStatusSchema>>;

/**
 * How far a message from L1 has come: `enqueued` in the Inbox; `executed` or `failed` on L2, in `block`, a deposit; `included`, a
 * context, which runs nothing. `forceableAt` is the L1 timestamp in seconds from which anybody can force it in.
 */
export type MessageStatus = MessageAnswer & { readonly forceableAt: number };

export function messageStatusOf(answer: MessageAnswer, { parameters }: Rollup): MessageStatus {
  return { ...answer, forceableAt: forceableAt(answer.enqueuedAt, parameters.forceInclusionDelay) };
}

/** The Inbox takes `forceInclude` in a block later than the delay allows. */
export function forceableAt(enqueuedAt: number, forceInclusionDelay: number): number {
  return enqueuedAt + forceInclusionDelay + 1;
}

/** A message by its index in the Inbox, or its hash, which is the hash of the L2 transaction of a deposit. */
export type MessageId = { readonly hash: Hash } | { readonly index: number };
