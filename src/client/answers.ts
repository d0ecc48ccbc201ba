import { isAddress, isHash, isHex } from "viem";
import type { Address, Client, Hash, Hex } from "viem";
import { z } from "zod";
import { OnestepError } from "./errors.ts";

/** Parts of what a node answers: it may be anybody's, so everything is checked. */
export const hexSchema = z.custom<Hex>(isHex, "expected hex");
export const hashSchema = z.custom<Hash>((value) => typeof value === "string" && isHash(value), "expected a hash");
export const addressSchema = z.custom<Address>(
  (value) => typeof value === "string" && isAddress(value, { strict: false }),
  "expected an address",
);
export const countSchema = z.int().nonnegative();
/** Decimal text, of wei or gas. */
export const amountSchema = z
  .string()
  .regex(/^\d{1,78}$/, "expected a decimal number")
  .transform(BigInt);
export const blockSchema = z.object({ number: countSchema, hash: hashSchema });

type RollupMethod = {
  readonly Method: string;
  readonly Parameters: readonly unknown[];
  readonly ReturnType: unknown;
};

/** Asks a node one of its `rollup_*` methods. Rejects with a `bad-answer` if the answer is not as the schema says. */
export async function ask<T>(
  client: Client,
  method: `rollup_${string}`,
  params: readonly unknown[],
  schema: z.ZodType<T>,
): Promise<T> {
  const answer = await client.request<RollupMethod>({ method, params });
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new OnestepError({
    kind: "bad-answer",
    method,
    reason: `the answer is not as expected${place}: ${issue?.message ?? ""}`,
  });
}
