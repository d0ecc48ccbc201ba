import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

/** The chain that the devnet's L1 continues. */
export interface ForkUpstream {
  /** Scheme, host and port: providers put keys in the rest. */
  readonly endpoint: string;
  /** Number of its latest block. @throws ForkUpstreamError */
  latestBlockNumber(): Promise<number>;
  /** @throws ForkUpstreamError */
  chainId(): Promise<number>;
  /** The error of the forked network as one that names the upstream and says what to check, if it is the upstream's. */
  explain(message: string): string | undefined;
  /** That it did not give its first block in so many seconds. */
  timeout(seconds: number): ForkUpstreamError;
}

/** The upstream of a fork failed; the message names it and says what to check. */
export class ForkUpstreamError extends Error {
  override readonly name = "ForkUpstreamError";
}

/** Attempts to ask it something, milliseconds for each and between them. */
const ATTEMPTS = 3;
const ATTEMPT_TIMEOUT = 5_000;
const ATTEMPT_DELAY = 1_000;
/** Milliseconds after which there is no further attempt: whoever starts a devnet waits for it. */
const LONGEST_WAIT = 9_000;

/** Wordings of the network's own client of the upstream. */
const UPSTREAM_WORDING =
  /after \d+ retries|http server returned error|the response reported error|error sending request|failed to send|for host \(/i;

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform(Number);
/** What the network asks first, too. */
const LATEST_BLOCK = {
  method: "eth_getBlockByNumber",
  params: ["latest", false],
  result: z.object({ number: quantity }).transform(({ number }) => number),
  what: "block",
} as const;
const CHAIN_ID = { method: "eth_chainId", params: [], result: quantity, what: "chain id" } as const;
type Question = typeof LATEST_BLOCK | typeof CHAIN_ID;
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

export function createForkUpstream(url: string): ForkUpstream {
  const endpoint = new URL(url).origin;
  const fail = (why: string) => new ForkUpstreamError(describe(endpoint, why));

  async function attempt({ method, params, result, what }: Question): Promise<number> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT),
      });
      text = await response.text();
    } catch (error) {
      if (error instanceof Error && error.name === "TimeoutError") {
        throw fail(`it did not answer ${method} within ${ATTEMPT_TIMEOUT / 1000} s`);
      }
      const { message, cause } = error as Error;
      throw fail(`it cannot be reached (${cause instanceof Error && cause.message !== "" ? cause.message : message})`);
    }
    const json = parseJson(text);
    const answer = z.object({ result }).safeParse(json);
    if (answer.success) return answer.data.result;
    const refusal = errorSchema.safeParse(json);
    throw fail(
      refusal.success
        ? `it answered ${method} with the error "${refusal.data.error.message.slice(0, 200)}"`
        : `it answered ${method} with HTTP ${response.status} and no ${what}`,
    );
  }

  async function ask(question: Question): Promise<number> {
    const begun = performance.now();
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(question);
      } catch (error) {
        if (attempts >= ATTEMPTS || performance.now() - begun >= LONGEST_WAIT) throw error;
        await delay(ATTEMPT_DELAY * attempts);
      }
    }
  }

  return {
    endpoint,
    latestBlockNumber: () => ask(LATEST_BLOCK),
    chainId: () => ask(CHAIN_ID),
    timeout: (seconds) => fail(`it did not give what a fork begins with within ${seconds} s`),
    explain: (message) =>
      UPSTREAM_WORDING.test(message) ? describe(endpoint, message.replaceAll(url, endpoint)) : undefined,
  };
}

function describe(endpoint: string, why: string): string {
  return (
    `the L1 forks ${endpoint} (--fork), which failed: ${why}. Check that this is the JSON-RPC endpoint of an Ethereum ` +
    "chain, that its key is valid and its request limit not used up, that it answers within seconds, and that it keeps the " +
    "state of the forked block (an old one needs an archive node)"
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
