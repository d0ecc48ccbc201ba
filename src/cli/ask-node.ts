import { z } from "zod";

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number().optional(), message: z.string() }).optional(),
});

/** What a node answers that it will not do, with the code of its error. */
export class NodeRefusalError extends Error {
  override readonly name = "NodeRefusalError";
  readonly code: number | undefined;

  constructor(message: string, code: number | undefined) {
    super(message);
    this.code = code;
  }
}

/**
 * The result of a JSON-RPC call, which must have one. Rejects with what the node says, after its URL: with a NodeRefusalError if it
 * is an error of JSON-RPC.
 */
export async function askNode(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const result = await askNodeOrNull(rpcUrl, method, params);
  if (result === null) throw new Error(`${rpcUrl}: answered ${method} with nothing`);
  return result;
}

/** As {@link askNode} for a call whose result may be null. */
export async function askNodeOrNull(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const located = (reason: string): string => `${rpcUrl}: ${reason}`;
  let response: Response;
  try {
    response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(
      located(`no node answers there (--rpc-url): ${cause instanceof Error ? cause.message : String(cause)}`),
    );
  }
  const answer = answerSchema.safeParse(await response.json().catch(() => undefined)).data;
  if (answer?.result !== undefined) return answer.result;
  if (answer?.error !== undefined) throw new NodeRefusalError(located(answer.error.message), answer.error.code);
  throw new Error(located(`answered with HTTP status ${response.status}`));
}
