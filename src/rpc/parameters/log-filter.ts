import { z } from "zod";
import type { Hash } from "../../primitives/index.ts";
import type { LogFilter } from "../../storage/index.ts";
import { blockNumberOrTag, formatBlockParameter } from "./block-parameter.ts";
import type { BlockParameter } from "./block-parameter.ts";
import { address, hash, object, optional } from "./scalars.ts";

/** Which logs to find, and where to look for them. */
export interface LogQuery extends LogFilter {
  readonly range:
    | { readonly kind: "block"; readonly hash: Hash }
    | { readonly kind: "range"; readonly from: BlockParameter | undefined; readonly to: BlockParameter | undefined };
}

const MAXIMUM_ALTERNATIVES = 1_000;

/** One value, a list of alternatives, or nothing for "any". */
function alternatives<T>(schema: z.ZodType<T>, what: string): z.ZodType<T[]> {
  return z.unknown().transform((value, context): T[] => {
    const values: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
    if (values.length > MAXIMUM_ALTERNATIVES) {
      context.addIssue({ code: "custom", message: `expected at most ${MAXIMUM_ALTERNATIVES} alternatives` });
      return z.NEVER;
    }
    const parsed: T[] = [];
    for (const [index, entry] of values.entries()) {
      const result = schema.safeParse(entry);
      if (!result.success) {
        context.addIssue({
          code: "custom",
          message: `expected ${what} or a list of them`,
          path: Array.isArray(value) ? [index] : [],
        });
        return z.NEVER;
      }
      parsed.push(result.data);
    }
    return parsed;
  });
}

/** A topic place: null inside a list of alternatives means "any" too, as in geth. */
const topicPlace: z.ZodType<Hash[]> = z.preprocess(
  (value) => (Array.isArray(value) && value.includes(null) ? null : value),
  alternatives(hash, "a 32-byte topic"),
);

const fields = object({
  address: optional(alternatives(address, "a 20-byte address")),
  topics: optional(z.array(topicPlace, { error: "expected an array" }).max(4, { error: "expected at most 4 topics" })),
  blockHash: optional(hash),
  fromBlock: optional(blockNumberOrTag),
  toBlock: optional(blockNumberOrTag),
});

/** The filter object of `eth_getLogs` and `eth_newFilter`. */
export const logQuery: z.ZodType<LogQuery> = fields.transform(
  ({ address: addresses = [], topics = [], blockHash, fromBlock, toBlock }, context): LogQuery => {
    if (blockHash === undefined) return { addresses, topics, range: { kind: "range", from: fromBlock, to: toBlock } };
    if (fromBlock !== undefined || toBlock !== undefined) {
      context.addIssue({ code: "custom", message: "expected either blockHash or fromBlock and toBlock, not both" });
      return z.NEVER;
    }
    return { addresses, topics, range: { kind: "block", hash: blockHash } };
  },
);

/** The filter object that {@link logQuery} reads as `query`. */
export function formatLogQuery({ addresses, topics, range }: LogQuery): object {
  const place =
    range.kind === "block"
      ? { blockHash: range.hash }
      : {
          fromBlock: range.from && formatBlockParameter(range.from),
          toBlock: range.to && formatBlockParameter(range.to),
        };
  return { address: addresses, topics, ...place };
}
