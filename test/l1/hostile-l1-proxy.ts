import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A JSON-RPC request as it came. */
export interface ProxiedCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What the proxy answers with. */
export type ProxyReply =
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data?: unknown }
  /** An HTTP answer that is no JSON-RPC, of whatever status. */
  | { readonly kind: "http"; readonly status: number; readonly body: string }
  /** The connection is cut. */
  | { readonly kind: "reset" }
  /** No answer comes. */
  | { readonly kind: "silence" };

/** One way in which a provider is not what is behind it: answers itself, or alters what `next` answers. */
export type Fault = (call: ProxiedCall, next: () => Promise<ProxyReply>) => Promise<ProxyReply> | ProxyReply;

/** An L1 endpoint over HTTP that misbehaves as real providers do, in front of one that does not. */
export interface HostileL1Proxy {
  readonly url: string;
  /** In the order in which they see a request; may be exchanged at any time. */
  faults: readonly Fault[];
  /** Requests so far, also those refused. */
  readonly calls: ProxiedCall[];
  /** Cuts all connections, those that wait for an answer too. */
  disconnect(): void;
  close(): Promise<void>;
}

export type Upstream = (call: ProxiedCall) => Promise<ProxyReply>;

export async function startHostileL1Proxy(
  upstream: Upstream,
  faults: readonly Fault[] = [],
  port = 0,
): Promise<HostileL1Proxy> {
  const calls: ProxiedCall[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    // A GET, as of a beacon API, is a call of its path.
    const {
      id,
      method,
      params = [],
    } = (
      request.method === "GET" ? { id: 0, method: request.url } : JSON.parse(Buffer.concat(chunks).toString())
    ) as ProxiedCall & { id: number };
    const call = { method, params };
    calls.push(call);
    const ask = proxy.faults.reduceRight<() => Promise<ProxyReply>>(
      (next, fault) => async () => fault(call, next),
      () => upstream(call),
    );
    const reply = await ask();
    if (reply.kind === "reset") request.socket.destroy();
    if (reply.kind === "reset" || reply.kind === "silence") return;
    if (reply.kind === "http") {
      response.writeHead(reply.status, { "content-type": "text/html" }).end(reply.body);
      return;
    }
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...body(reply) }));
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const proxy: HostileL1Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    calls,
    disconnect: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

function body(reply: Extract<ProxyReply, { kind: "result" | "error" }>): object {
  if (reply.kind === "result") return { result: reply.result };
  const { code, message, data } = reply;
  return { error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Passes requests on to an endpoint. */
export function upstreamAt(url: string): Upstream {
  return async ({ method, params }) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as {
      result?: unknown;
      error?: { code: number; message: string; data?: unknown };
    };
    return error === undefined ? { kind: "result", result } : { kind: "error", ...error };
  };
}

/** Passes requests on to a function, whose errors may have a code. */
export function upstreamOf(request: (method: string, params: readonly unknown[]) => Promise<unknown>): Upstream {
  return async ({ method, params }) => {
    try {
      return { kind: "result", result: await request(method, params) };
    } catch (error) {
      const { code = -32603, message, data } = error as { code?: number; message: string; data?: unknown };
      return { kind: "error", code, message, data };
    }
  };
}

export const rpcErrorReply = (code: number, message: string): ProxyReply => ({ kind: "error", code, message });
export const httpReply = (status: number, text = ""): ProxyReply => ({ kind: "http", status, body: text });

/** Refuses more than so many requests in a second, as HTTP 200. */
export function limitsRequests(perSecond: number, refusal = rpcErrorReply(-32000, "rate limited")): Fault {
  let second = 0;
  let count = 0;
  return (_call, next) => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) [second, count] = [now, 0];
    return ++count > perSecond ? refusal : next();
  };
}

/** Has no final and no safe block. */
export function hasNoFinality(reply = rpcErrorReply(-32000, "finalized block not found")): Fault {
  return ({ params }, next) => (params[0] === "finalized" || params[0] === "safe" ? reply : next());
}

/** Does not find transactions and receipts by hash. */
export function hasNoTransactionIndex(reply: ProxyReply = { kind: "result", result: null }): Fault {
  return answersTo(["eth_getTransactionByHash", "eth_getTransactionReceipt"], reply);
}

/** Takes `eth_getLogs` of so many blocks at most. */
export function limitsLogRange(blocks: number, refusal: ProxyReply): Fault {
  return ({ method, params }, next) => {
    const filter = (params[0] ?? {}) as { fromBlock?: string; toBlock?: string };
    const isWide = method === "eth_getLogs" && Number(filter.toBlock) - Number(filter.fromBlock) >= blocks;
    return isWide ? refusal : next();
  };
}

/** Does not know some methods. */
export function lacks(...methods: readonly string[]): Fault {
  return ({ method }, next) =>
    methods.includes(method) ? rpcErrorReply(-32601, `the method ${method} does not exist/is not available`) : next();
}

/** Answers some methods with always the same. */
export function answersTo(methods: readonly string[], reply: ProxyReply): Fault {
  return ({ method }, next) => (methods.includes(method) ? reply : next());
}

/** Answers every `eth_getLogs` with nothing. */
export const hidesLogs: Fault = answersTo(["eth_getLogs"], { kind: "result", result: [] });

/** Does something else with every `n`-th request. */
export function fails(n: number, reply: ProxyReply): Fault {
  let count = 0;
  return (_call, next) => (++count % n === 0 ? reply : next());
}

/** Alters the results of some methods; null stays null. */
export function alters(methods: readonly string[], alter: (result: object, call: ProxiedCall) => unknown): Fault {
  return async (call, next) => {
    const reply = await next();
    if (!methods.includes(call.method) || reply.kind !== "result" || typeof reply.result !== "object") return reply;
    return reply.result === null ? reply : { kind: "result", result: alter(reply.result, call) };
  };
}

/** Gives headers without a bloom of logs, or with one of zeros. */
export function givesNoBlooms(logsBloom: string | null): Fault {
  return alters(["eth_getBlockByNumber", "eth_getBlockByHash"], (block) => ({ ...block, logsBloom }));
}

/** Writes hex in upper case. */
export const shouts: Fault = async (_call, next) => {
  const reply = await next();
  if (reply.kind !== "result") return reply;
  const text = JSON.stringify(reply.result).replaceAll(
    /"0x([0-9a-f]*)"/g,
    (_, hex: string) => `"0x${hex.toUpperCase()}"`,
  );
  return { kind: "result", result: JSON.parse(text) as unknown };
};
