import { z } from "zod";

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/** The result of a JSON-RPC call, which must have one. Rejects with what the node says, after its URL. */
export async function askNode(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const failed = (reason: string): Error => new Error(`${rpcUrl}: ${reason}`);
  let response: Response;
  try {
    response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(cause instanceof Error ? cause.message : String(cause));
  }
  const answer = answerSchema.safeParse(await response.json().catch(() => undefined)).data;
  if (answer?.result !== undefined && answer.result !== null) return answer.result;
  throw failed(answer?.error?.message ?? `answered with HTTP status ${response.status}`);
}
