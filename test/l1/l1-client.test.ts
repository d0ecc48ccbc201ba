import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { L1ClientError, createL1Client } from "../../src/l1/index.ts";
import { silentInstruments } from "../storage/fixtures.ts";
import { capturedLog } from "../captured-log.ts";
import {
  answersTo,
  fails,
  httpReply,
  limitsRequests,
  rpcErrorReply,
  shouts,
  startHostileL1Proxy,
  upstreamOf,
} from "./hostile-l1-proxy.ts";
import type { ProxyReply } from "./hostile-l1-proxy.ts";

/** A JSON-RPC endpoint of chain 1 whose first answers are these HTTP statuses. */
async function listen(failures: number[] = []) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const call = JSON.parse(body) as { id: number; method: string };
      requests.push(call.method);
      const status = failures.shift() ?? 200;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(status === 200 ? JSON.stringify({ jsonrpc: "2.0", id: call.id, result: "0x1" }) : "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/secret-key`,
    port,
    requests,
    close: () => new Promise<void>((resolve) => void (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

async function failure(promise: Promise<unknown>): Promise<L1ClientError> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  expect(outcome).to.be.instanceOf(L1ClientError);
  return outcome as L1ClientError;
}

describe("The L1 client", () => {
  it("connects to an endpoint of the expected chain and measures its requests", async () => {
    const server = await listen();
    const instruments = silentInstruments();
    const { client, endpoint, close } = await createL1Client({ url: server.url, chainId: 1 }, instruments);
    expect(endpoint).to.equal(`http://127.0.0.1:${server.port}`);
    expect(await client.getBlockNumber()).to.equal(1n);
    expect(await instruments.metrics.metrics()).to.contain(
      'onestep_l1_request_seconds_count{method="eth_blockNumber",outcome="success"} 1',
    );
    await close();
    await server.close();
  });

  it("tries again what may pass", async () => {
    const server = await listen([503, 429, 502]);
    const { close } = await createL1Client({ url: server.url, chainId: 1, retryDelay: 1 }, silentInstruments());
    expect(server.requests).to.eql(["eth_chainId", "eth_chainId", "eth_chainId", "eth_chainId"]);
    await close();
    await server.close();
  });

  describe("on an endpoint that limits requests", () => {
    const chain = upstreamOf(async () => "0x1");

    for (const [name, refusal] of [
      ["HTTP 200 and -32000", rpcErrorReply(-32000, "rate limited")],
      ["HTTP 429", httpReply(429, "slow down")],
      ["-32005", rpcErrorReply(-32005, "limit exceeded")],
      ["-32029", rpcErrorReply(-32029, "no more")],
      ["-32097", rpcErrorReply(-32097, "no more")],
      ["HTTP 503 with words", httpReply(503, "Too many requests, try again later")],
    ] as const satisfies readonly (readonly [string, ProxyReply])[]) {
      it(`by ${name}, gets every answer, and asks no faster than it must`, async () => {
        const proxy = await startHostileL1Proxy(chain, [limitsRequests(15, refusal)]);
        const { client, close } = await createL1Client({ url: proxy.url, chainId: 1 }, silentInstruments());
        const answers = await Promise.all(Array.from({ length: 40 }, () => client.getGasPrice()));
        expect(answers).to.eql(Array.from({ length: 40 }, () => 1n));
        expect(proxy.calls.length).to.be.lessThan(40 * 2.5);
        await close();
        await proxy.close();
      }).timeout(30_000);
    }

    it("at its first request, connects all the same", async () => {
      let isFirst = true;
      const proxy = await startHostileL1Proxy(chain, [
        (_call, next) => (isFirst ? ((isFirst = false), rpcErrorReply(-32000, "request rate exceeded")) : next()),
      ]);
      const { client, close } = await createL1Client({ url: proxy.url, chainId: 1 }, silentInstruments());
      expect(await client.getBlockNumber()).to.equal(1n);
      await close();
      await proxy.close();
    });
  });

  it("waits for an endpoint that does not answer, says so, and ends when it is told to", async () => {
    const proxy = await startHostileL1Proxy(
      upstreamOf(async () => "0x1"),
      [() => httpReply(500)],
    );
    const log = capturedLog();
    const stop = new AbortController();
    const options = { url: `${proxy.url}/secret-key`, chainId: 1, retries: 0, wait: stop.signal };
    const connecting = createL1Client(options, log.instruments);
    const [line] = await log.lines(1);
    expect(line?.msg).to.equal(`waiting for the L1 endpoint ${proxy.url}`);
    expect(JSON.stringify(line)).not.to.contain("secret");
    proxy.faults = [];
    const { client, close } = await connecting;
    expect(await client.getBlockNumber()).to.equal(1n);
    await close();

    proxy.faults = [() => ({ kind: "silence" })];
    const waiting = createL1Client(options, silentInstruments());
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await waiting.catch((error: unknown) => error)).to.equal(reason);
    await proxy.close();
  });

  it("does not wait for an endpoint of another chain", async () => {
    const proxy = await startHostileL1Proxy(upstreamOf(async () => "0x1"));
    const options = { url: proxy.url, chainId: 5, wait: new AbortController().signal };
    expect((await failure(createL1Client(options, silentInstruments()))).problem.kind).to.equal("wrong-chain");
    await proxy.close();
  });

  it("gets its answers through error pages, cut connections and broken JSON, and in lower case", async () => {
    const hash = `0x${"ab".repeat(32)}`;
    const upstream = upstreamOf(async (method) =>
      method === "eth_chainId" ? "0x1" : { hash, number: "0xaf", extra: 1 },
    );
    const proxy = await startHostileL1Proxy(upstream, [
      fails(2, httpReply(200, "<html>try again</html>")),
      fails(3, { kind: "reset" }),
      fails(5, httpReply(200, '{"jsonrpc":"2.0","id":1,"result":{"ha')),
      shouts,
    ]);
    const options = { url: proxy.url, chainId: 1, retryDelay: 1, retries: 8 };
    const { client, close } = await createL1Client(options, silentInstruments());
    for (let count = 0; count < 10; count++) expect(await client.getBlock()).to.deep.include({ hash, number: 0xafn });
    await close();
    await proxy.close();
  });

  it("ends what is under way when it is closed, a pause before another attempt included", async () => {
    const proxy = await startHostileL1Proxy(
      upstreamOf(async () => "0x1"),
      [
        answersTo(["eth_gasPrice"], { kind: "silence" }),
        answersTo(["eth_blockNumber"], httpReply(500)),
        answersTo(["eth_blobBaseFee"], rpcErrorReply(-32000, "rate limited")),
      ],
    );
    const options = { url: proxy.url, chainId: 1, retryDelay: 60_000 };
    const { client, close } = await createL1Client(options, silentInstruments());
    const requests = [client.getGasPrice(), client.getBlockNumber(), client.getBlobBaseFee()];
    const outcomes = Promise.all(requests.map((request) => request.catch((error: unknown) => inspect(error))));
    while (proxy.calls.length < 4) await new Promise((resolve) => setImmediate(resolve));
    await close();
    for (const outcome of await outcomes) expect(outcome).to.contain("the connection to L1 is closed");
    expect(inspect(await client.getChainId().catch((error: unknown) => error))).to.contain("is closed");
    await proxy.close();
  });

  it("refuses an endpoint of another chain, without telling its key", async () => {
    const server = await listen();
    const error = await failure(createL1Client({ url: server.url, chainId: 5 }, silentInstruments()));
    expect(error.problem).to.eql({
      kind: "wrong-chain",
      endpoint: `http://127.0.0.1:${server.port}`,
      expected: 5,
      actual: 1,
    });
    expect(error.message).to.contain("chain 5").and.to.not.contain("secret");
    await server.close();
  });

  it("says that an endpoint does not answer, without telling its key", async () => {
    const server = await listen();
    await server.close();
    for (const url of [server.url, server.url.replace("http", "ws")]) {
      const error = await failure(createL1Client({ url, chainId: 1, retries: 1, retryDelay: 1 }, silentInstruments()));
      expect(error.problem.kind).to.equal("unreachable");
      expect(error.message).to.contain(String(server.port)).and.to.not.contain("secret");
    }
  });

  it("does not tell the key of its endpoint in any error", async () => {
    const server = await listen([200, 404]);
    const { client, close } = await createL1Client({ url: server.url, chainId: 1, retries: 0 }, silentInstruments());
    const error: unknown = await client.getBlockNumber().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error);
    expect(inspect(error, { depth: 10, showHidden: true })).to.not.contain("secret");
    await close();
    await server.close();
  });

  it("opens a WebSocket again after it was closed", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let connections = 0;
    server.on("connection", (socket) => {
      connections++;
      socket.on("message", (data: Buffer) => {
        const { id, method } = JSON.parse(data.toString()) as { id: number; method: string };
        if (method === "eth_gasPrice")
          socket.send(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message: "no price" } }));
        else socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: "0x1" }));
      });
    });
    const { client, close } = await createL1Client(
      { url: `ws://127.0.0.1:${port}/secret-key`, chainId: 1, retryDelay: 1 },
      silentInstruments(),
    );
    expect(await client.getBlockNumber()).to.equal(1n);
    const refused: unknown = await client.getGasPrice().catch((caught: unknown) => caught);
    expect(inspect(refused, { depth: 10 }))
      .to.contain("no price")
      .and.to.not.contain("secret");
    expect(connections).to.equal(1);
    for (const socket of server.clients) socket.terminate();
    expect(await client.getBlockNumber()).to.equal(1n);
    expect(connections).to.equal(2);
    await close();
    await new Promise((resolve) => server.close(resolve));
  });

  it("says what is wrong with what is no URL of an endpoint", async () => {
    for (const url of ["", "localhost:8545", "ftp://host", "http://"]) {
      expect((await failure(createL1Client({ url, chainId: 1 }, silentInstruments()))).problem).to.eql({
        kind: "invalid-url",
        url,
      });
    }
  });
});
