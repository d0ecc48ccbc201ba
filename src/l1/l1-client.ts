import { RpcRequestError, createPublicClient, custom, http } from "viem";
import type { PublicClient, Transport } from "viem";
import { getWebSocketRpcClient } from "viem/utils";
import { pause, unlessAborted } from "../concurrency/index.ts";
import { registerMetrics } from "../metrics/index.ts";
import type { Instruments } from "../primitives/index.ts";
import { L1ConnectionClosedError } from "./l1-connection-closed.ts";
import { isPassing, isRequestLimit, retryAfterOf } from "./l1-failures.ts";
import { lowerCaseHex } from "./lower-case-hex.ts";
import { createRequestPacer } from "./request-pacer.ts";
import { untilAnswered } from "./until-answered.ts";

/** The L1 calls the roles make; a viem client over any transport. */
export type L1Client = PublicClient;

export interface L1ClientOptions {
  /** http:, https:, ws: or wss: URL of an Ethereum JSON-RPC endpoint. */
  readonly url: string;
  /** The endpoint must be of this chain. */
  readonly chainId: number;
  /** Milliseconds for one attempt of one request; default 20,000. */
  readonly timeout?: number;
  /** Attempts after the first for what may pass: connection failures, timeouts, server errors; default 4. */
  readonly retries?: number;
  /** Milliseconds before the first of them, doubling with each; default 250. */
  readonly retryDelay?: number;
  /**
   * Waits for an endpoint that does not answer until this is aborted, and then rejects with its reason; without it an
   * endpoint that does not answer is an error.
   */
  readonly wait?: AbortSignal | undefined;
}

/** Attempts after the first that an endpoint refuses for the number of requests, each after a longer silence. */
const LIMIT_RETRIES = 8;

/** Why an endpoint cannot serve as the L1. */
export type L1ClientProblem =
  | { readonly kind: "invalid-url"; readonly url: string }
  | { readonly kind: "unreachable"; readonly endpoint: string; readonly message: string }
  | { readonly kind: "wrong-chain"; readonly endpoint: string; readonly expected: number; readonly actual: number };

/** Thrown by `createL1Client`. Messages name the endpoint without path, query and user, which may hold its key. */
export class L1ClientError extends Error {
  readonly problem: L1ClientProblem;

  constructor(problem: L1ClientProblem) {
    super(describe(problem));
    this.name = "L1ClientError";
    this.problem = problem;
  }
}

function describe(problem: L1ClientProblem): string {
  switch (problem.kind) {
    case "invalid-url":
      return `expected an http, https, ws or wss URL of an L1 endpoint, got ${problem.url}`;
    case "unreachable":
      return `the L1 endpoint ${problem.endpoint} does not answer: ${problem.message}`;
    case "wrong-chain":
      return `expected an L1 endpoint of chain ${problem.expected}, ${problem.endpoint} is of chain ${problem.actual}`;
  }
}

/** An L1 client with a connection to be closed. */
export interface L1Connection {
  readonly client: L1Client;
  /** The URL without what may be secret. */
  readonly endpoint: string;
  /** Ends what is under way, too: requests reject with an `L1ConnectionClosedError` from now on. */
  close(): Promise<void>;
}

/**
 * Connects to an L1 endpoint and checks that it is of the expected chain. Requests are spread out as far as the endpoint
 * demands, and repeated when they may be answered the next time. @throws L1ClientError; the reason of `wait`
 */
export async function createL1Client(
  options: L1ClientOptions,
  { logger, metrics }: Instruments,
): Promise<L1Connection> {
  const { url, chainId, timeout = 20_000, retries = 4, retryDelay = 250 } = options;
  const endpoint = endpointOf(url);
  const closing = new AbortController();
  const attempts = { timeout, retryCount: 0 };
  const socket = /^ws/i.test(url) ? createSocketRequests(url, timeout) : undefined;
  const inner = socket === undefined ? http(url, attempts) : custom({ request: socket.request }, attempts);
  const hide = (error: unknown) => hideUrl(error, url, endpoint);
  const persistent = repeated(inner, { retries, retryDelay, signal: closing.signal });
  const client: L1Client = createPublicClient({ transport: measured(persistent, metrics, hide), cacheTime: 0 });
  const close = async () => {
    closing.abort(new L1ConnectionClosedError());
    socket?.close();
  };
  const readChainId = async (): Promise<number> => {
    try {
      return await client.getChainId();
    } catch (error) {
      throw new L1ClientError({ kind: "unreachable", endpoint, message: shortMessage(error) });
    }
  };
  let actual: number;
  try {
    actual = await (options.wait === undefined
      ? readChainId()
      : unlessAborted(
          untilAnswered(readChainId, {
            what: `the L1 endpoint ${endpoint}`,
            isFinal: () => false,
            signal: options.wait,
            logger,
          }),
          options.wait,
        ));
  } catch (error) {
    await close();
    throw error;
  }
  if (actual !== chainId) {
    await close();
    throw new L1ClientError({ kind: "wrong-chain", endpoint, expected: chainId, actual });
  }
  logger.info({ endpoint, chainId }, "connected to L1");
  return { client, endpoint, close };
}

/** Scheme, host and port: providers put keys in the rest. Throws an L1ClientError if it is no such URL. */
function endpointOf(url: string): string {
  if (!URL.canParse(url) || !/^(https?|wss?):/i.test(url)) throw new L1ClientError({ kind: "invalid-url", url });
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function shortMessage(error: unknown): string {
  if (!(error instanceof Error)) return "no connection";
  return "details" in error && typeof error.details === "string" && error.details !== "" ? error.details : error.name;
}

/** Requests over a WebSocket that is opened again by the first request after it has closed. */
function createSocketRequests(url: string, timeout: number) {
  const connect = () => getWebSocketRpcClient(url, { reconnect: false, keepAlive: true });
  let current: Awaited<ReturnType<typeof connect>> | undefined;
  return {
    async request(body: { method: string; params?: unknown }): Promise<unknown> {
      if (current !== undefined && current.socket.readyState !== WebSocket.OPEN) {
        // Otherwise viem would give the closed one again.
        current.close();
        current = undefined;
      }
      current ??= await connect();
      const { error, result } = await current.requestAsync({ body, timeout });
      if (error !== undefined) throw new RpcRequestError({ body, error, url });
      return result;
    },
    close() {
      current?.close();
      current = undefined;
    },
  };
}

/** Takes the URL, which may hold a key, out of an error and its causes, so that it can be logged. */
function hideUrl(error: unknown, url: string, endpoint: string): void {
  const hide = (value: unknown): unknown =>
    typeof value === "string" ? value.replaceAll(url, endpoint) : Array.isArray(value) ? value.map(hide) : value;
  for (let link = error; link instanceof Error; link = link.cause) {
    for (const key of Object.getOwnPropertyNames(link)) {
      const value: unknown = Reflect.get(link, key);
      if (typeof value === "string" || Array.isArray(value)) Reflect.set(link, key, hide(value));
    }
  }
}

interface RepeatOptions {
  readonly retries: number;
  /** Milliseconds before the first of them, doubling. */
  readonly retryDelay: number;
  /** Ends everything with its reason. */
  readonly signal: AbortSignal;
}

/**
 * The transport with requests spread out and repeated. A request with a `retryCount` of its own is repeated so often; a
 * refusal for the number of requests is waited out in any case.
 */
function repeated(inner: Transport, { retries, retryDelay, signal }: RepeatOptions): Transport {
  const pacer = createRequestPacer({
    retryAfter: retryAfterOf,
    pause: async (milliseconds) => {
      await pause(milliseconds, signal);
      signal.throwIfAborted();
    },
  });
  return (parameters) => {
    const transport = inner(parameters);
    const send = transport.request as (call: unknown, options?: object) => Promise<unknown>;
    const request = async (call: { method: string }, options: { readonly retryCount?: number } = {}) => {
      const attempts = options.retryCount ?? retries;
      const isLimit = (error: unknown): boolean => isRequestLimit(error, call.method);
      const attempt = () => unlessAborted(send(call, { ...options, signal }), signal);
      for (let failures = 0, refusals = 0; ;) {
        signal.throwIfAborted();
        try {
          return lowerCaseHex(await pacer.run(attempt, isLimit));
        } catch (error) {
          signal.throwIfAborted();
          if (isLimit(error)) {
            if (refusals++ >= LIMIT_RETRIES) throw error;
          } else {
            if (failures >= attempts || !isPassing(error)) throw error;
            await pause(retryDelay * 2 ** failures++, signal);
          }
        }
      }
    };
    return { ...transport, request: request as typeof transport.request };
  };
}

/** The transport with the time and outcome of every request, retries included, as metrics. */
function measured(inner: Transport, metrics: Instruments["metrics"], onError: (error: unknown) => void): Transport {
  const { requestSeconds } = registerMetrics(metrics, "l1Client");
  return (parameters) => {
    const transport = inner(parameters);
    const request = async (call: { method: string }, requestOptions?: unknown) => {
      const stop = requestSeconds.startTimer({ method: call.method });
      try {
        const result: unknown = await (transport.request as (call: unknown, options?: unknown) => Promise<unknown>)(
          call,
          requestOptions,
        );
        stop({ outcome: "success" });
        return result;
      } catch (error) {
        stop({ outcome: "failure" });
        onError(error);
        throw error;
      }
    };
    return { ...transport, request: request as typeof transport.request };
  };
}
