import type { Client } from "viem";
import type { z } from "zod";
import { OnestepError } from "./errors.ts";

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
