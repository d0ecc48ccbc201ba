import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

/** The chain that the devnet's L1 continues. */
export interface ForkUpstream {
  /** Scheme, host and port: providers put keys in the rest. */
  readonly endpoint: string;
  /** Number of its latest block. @throws ForkUpstreamError */
  latestBlockNumber(): Promise<number>;
  /** The error of the forked network as one that names the upstream and says what to check, if it is the upstream's. */
  explain(message: string): string | undefined;
  /** That it did not give its first block in so many seconds. */
  timeout(seconds: number): ForkUpstreamError;
}

/** The upstream of a fork failed; the message names it and says what to check. */
export class ForkUpstreamError extends Error {
  override readonly name = "ForkUpstreamError";
}

/** Attempts to read the block number, milliseconds for each and between them. */
const ATTEMPTS = 3;
const ATTEMPT_TIMEOUT = 10_000;
const ATTEMPT_DELAY = 1_000;

/** Wordings of the network's own client of the upstream. */
const UPSTREAM_WORDING =
  /after \d+ retries|http server returned error|the response reported error|error sending request|failed to send|for host \(/i;

/** What the network asks first, too. */
const METHOD = "eth_getBlockByNumber";
const blockSchema = z.object({ result: z.object({ number: z.string().regex(/^0x[0-9a-f]+$/i) }) });
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

export function createForkUpstream(url: string): ForkUpstream {
  const endpoint = new URL(url).origin;
  const fail = (why: string) => new ForkUpstreamError(describe(endpoint, why));

  async function attempt(): Promise<number> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: METHOD, params: ["latest", false] }),
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT),
      });
      text = await response.text();
    } catch (error) {
      if (error instanceof Error && error.name === "TimeoutError") {
        throw fail(`it did not answer ${METHOD} within ${ATTEMPT_TIMEOUT / 1000} s`);
      }
      const { message, cause } = error as Error;
      throw fail(`it cannot be reached (${cause instanceof Error && cause.message !== "" ? cause.message : message})`);
    }
    const json = parseJson(text);
    const answer = blockSchema.safeParse(json);
    if (answer.success) return Number(answer.data.result.number);
    const refusal = errorSchema.safeParse(json);
    throw fail(
      refusal.success
        ? `it answered ${METHOD} with the error "${refusal.data.error.message.slice(0, 200)}"`
        : `it answered ${METHOD} with HTTP ${response.status} and no block`,
    );
  }

  return {
    endpoint,
    async latestBlockNumber() {
      for (let attempts = 1; ; attempts++) {
        try {
          return await attempt();
        } catch (error) {
          if (attempts >= ATTEMPTS) throw error;
          await delay(ATTEMPT_DELAY * attempts);
        }
      }
    },
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
