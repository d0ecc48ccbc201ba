import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { L1ClientError, createL1Client } from "../../src/l1/index.ts";
import { silentInstruments } from "../storage/fixtures.ts";

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
    expect(server.requests).to.deep.equal(["eth_chainId", "eth_chainId", "eth_chainId", "eth_chainId"]);
    await close();
    await server.close();
  });

  it("refuses an endpoint of another chain, without telling its key", async () => {
    const server = await listen();
    const error = await failure(createL1Client({ url: server.url, chainId: 5 }, silentInstruments()));
    expect(error.problem).to.deep.equal({
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
      expect((await failure(createL1Client({ url, chainId: 1 }, silentInstruments()))).problem).to.deep.equal({
        kind: "invalid-url",
        url,
      });
    }
  });
});
