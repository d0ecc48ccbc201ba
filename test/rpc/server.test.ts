import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import { Registry } from "prom-client";
import WebSocket from "ws";
import { createRpcServer } from "../../src/rpc/index.ts";
import { readerEngine } from "../engine.ts";
import { METHODS } from "../../src/rpc/methods/index.ts";
import { ask, result, startNode, until, type RpcAnswer, type TestNode } from "./node-fixture.ts";

const SMALL_LIMITS = {
  requestBytes: 20_000,
  requestTimeout: 1_000,
  webSocketConnections: 3,
  subscriptionsPerConnection: 2,
  webSocketBacklog: 1_000_000,
  filters: 3,
  callTimeout: 5_000,
  webSocketPing: 50,
};

describe("The RPC server", function () {
  this.timeout(60_000);
  let node: TestNode;

  before(async () => {
    node = await startNode({ rpc: { limits: SMALL_LIMITS, cors: ["https://wallet.example"] } });
    await node.receive([]);
  });
  after(() => node.close());

  const post = (body: string | Uint8Array, headers: Record<string, string> = { "content-type": "application/json" }) =>
    fetch(node.url, { method: "POST", headers, body: body as string });
  const answers = async () => expect((await ask(node, "eth_chainId")).result).to.equal("0x1092");

  describe("over HTTP", () => {
    it("takes JSON of any content type, and answers with JSON", async () => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId" });
      for (const headers of [
        {},
        { "content-type": "text/plain" },
        { "content-type": "application/json; charset=utf-8" },
        { "content-type": "json" },
        { "content-type": ";;; =" },
        { "content-type": "application/x-www-form-urlencoded" },
      ] as Record<string, string>[]) {
        const response = await post(body, headers);
        expect(response.headers.get("content-type")).to.match(/^application\/json/);
        expect(await response.json()).to.eql({ jsonrpc: "2.0", id: 1, result: "0x1092" });
      }
    });

    it("gives ids back as they were written", async () => {
      const request = (id: string) => `{"jsonrpc":"2.0","id":${id},"method":"eth_chainId","params":[]}`;
      const answer = (id: string) => `{"jsonrpc":"2.0","id":${id},"result":"0x1092"}`;
      for (const id of ["9007199254740993", "1.0", "1e3", '"\\u0061"'])
        expect(await (await post(request(id))).text()).to.equal(answer(id));
      const [first, second] = ["18446744073709551615", "-9007199254740993.50"] as const;
      expect(await (await post(`[${request(first)},${request(second)}]`)).text()).to.equal(
        `[${answer(first)},${answer(second)}]`,
      );
    });

    it("answers notifications with 204 and no body", async () => {
      const response = await post(JSON.stringify({ jsonrpc: "2.0", method: "eth_chainId" }));
      expect(response.status).to.equal(204);
      expect(await response.text()).to.equal("");
    });

    it("answers a body that is too large with 413 and a JSON-RPC error", async () => {
      const response = await post("x".repeat(SMALL_LIMITS.requestBytes + 1));
      expect(response.status).to.equal(413);
      expect(((await response.json()) as RpcAnswer).error).to.eql({
        code: -32600,
        message: "request too large: at most 20000 bytes",
      });
      await answers();
    });

    it("answers an empty body, and bytes that are no text, with a parse error", async () => {
      for (const body of ["", new Uint8Array([0xff, 0xfe, 0x00])])
        expect(((await (await post(body)).json()) as RpcAnswer).error?.code).to.equal(-32700);
    });

    it("says that other methods and paths are not for JSON-RPC", async () => {
      expect((await fetch(node.url)).status).to.equal(405);
      expect((await fetch(`${node.url}/nothing`)).status).to.equal(404);
    });

    it("lets browsers call from the origins configured, and from no other", async () => {
      const from = (origin: string, method = "POST") =>
        fetch(node.url, {
          method,
          headers: { origin, "content-type": "application/json" },
          ...(method === "POST" ? { body: "{}" } : {}),
        });
      expect((await from("https://wallet.example")).headers.get("access-control-allow-origin")).to.equal(
        "https://wallet.example",
      );
      const refused = await from("https://evil.example");
      expect(refused.headers.get("access-control-allow-origin")).to.equal(null);
      expect((await fetch(`${node.url}/healthz`)).headers.get("vary")).to.equal("Origin");
      expect(refused.headers.get("vary")).to.equal("Origin");
      const options = await from("https://wallet.example", "OPTIONS");
      expect([options.status, options.headers.get("allow")]).to.eql([204, "POST, GET, OPTIONS"]);
    });

    describe("a preflight", () => {
      /** Headers of the answer; `fetch` would not send these as they are. */
      const preflight = (asked: Record<string, string>, path = "/", { port } = node) =>
        new Promise<IncomingMessage>((resolve, reject) =>
          httpRequest({
            port,
            path,
            method: "OPTIONS",
            headers: { origin: "https://wallet.example", "access-control-request-method": "POST", ...asked },
          })
            .on("response", (response) => resolve(response.resume()))
            .on("error", reject)
            .end(),
        );
      const VARY =
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network";

      it("allows an allowed origin whatever headers it asks for", async () => {
        for (const asked of ["content-type", "x-api-key,x-custom-anything", "*", "authorization, solana-client"]) {
          for (const path of ["/", "/ready", "/nothing"]) {
            const { statusCode, headers } = await preflight({ "access-control-request-headers": asked }, path);
            expect(statusCode).to.equal(204);
            expect(headers).to.include({
              "access-control-allow-origin": "https://wallet.example",
              "access-control-allow-methods": "POST, GET, OPTIONS",
              "access-control-allow-headers": asked,
              "access-control-max-age": "600",
              vary: VARY,
            });
          }
        }
        expect((await preflight({})).headers).to.not.have.property("access-control-allow-headers");
      });

      it("allows nothing to another origin, nor another method", async () => {
        for (const asked of [{ origin: "https://evil.example" }, { "access-control-request-method": "DELETE" }]) {
          const { headers } = await preflight({ "access-control-request-headers": "x-api-key", ...asked });
          expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).to.eql([]);
          expect(headers.vary).to.equal(VARY);
        }
      });

      it("opens a private network to origins configured by name only", async () => {
        const asked = { "access-control-request-private-network": "true" };
        expect((await preflight(asked)).headers).to.include({ "access-control-allow-private-network": "true" });
        expect((await preflight({})).headers).to.not.have.property("access-control-allow-private-network");
        const { chain, mempool, instruments } = node;
        const syncStatus = () => expect.fail("nobody asked");
        const open = createRpcServer(
          { chain, readers: { folder: node.folder, ...readerEngine() }, pool: mempool, syncStatus, port: 0 },
          { ...instruments, metrics: new Registry() },
        );
        const { port } = await open.start();
        const { headers } = await preflight(asked, "/", { ...node, port });
        await open.stop();
        expect(headers).to.include({ "access-control-allow-origin": "*" });
        expect(headers).to.not.have.property("access-control-allow-private-network");
      });
    });

    it("cuts off a client that sends its request too slowly", async () => {
      const socket = connect(node.port, "127.0.0.1");
      socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
      let received = "";
      socket.on("data", (data) => (received += data.toString()));
      await new Promise((resolve) => socket.once("close", resolve));
      expect(received).to.match(/^HTTP\/1.1 408 /);
      await answers();
    });

    it("has subscriptions over WebSocket only", async () => {
      expect((await ask(node, "eth_subscribe", "newHeads")).error?.code).to.equal(-32601);
    });
  });

  describe("over WebSocket", () => {
    const open: WebSocket[] = [];
    afterEach(async () => {
      for (const socket of open.splice(0)) await closed(socket, () => socket.close());
    });

    async function dial(options: WebSocket.ClientOptions = {}): Promise<{ socket: WebSocket; messages: RpcAnswer[] }> {
      const socket = new WebSocket(node.webSocketUrl, options);
      const messages: RpcAnswer[] = [];
      socket.on("message", (data) => messages.push(JSON.parse((data as Buffer).toString()) as RpcAnswer));
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      open.push(socket);
      return { socket, messages };
    }

    function closed(socket: WebSocket, act: () => void): Promise<number> {
      if (socket.readyState === WebSocket.CLOSED) return Promise.resolve(0);
      const code = new Promise<number>((resolve) => socket.once("close", resolve));
      act();
      return code;
    }

    it("answers calls and batches on the same port", async () => {
      const { socket, messages } = await dial();
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId" }));
      await until(() => messages.length === 1);
      socket.send(
        JSON.stringify([
          { jsonrpc: "2.0", id: 2, method: "net_version" },
          { jsonrpc: "2.0", id: 3, method: "nothing" },
        ]),
      );
      await until(() => messages.length === 2);
      expect(messages[0]?.result).to.equal("0x1092");
      expect((messages[1] as unknown as RpcAnswer[]).map(({ id }) => id)).to.eql([2, 3]);
    });

    it("answers garbage with errors and stays open", async () => {
      const { socket, messages } = await dial();
      socket.send("{");
      socket.send(new Uint8Array([1, 2, 3]));
      await until(() => messages.length === 2);
      expect(messages.map(({ error }) => error?.code)).to.eql([-32700, -32700]);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId" }));
      await until(() => messages.length === 3);
    });

    it("takes JSON in binary frames as in text frames", async () => {
      const { socket, messages } = await dial();
      const request = JSON.stringify({ jsonrpc: "2.0", id: "ä", method: "eth_chainId" });
      socket.send(Buffer.from(request), { binary: true });
      socket.send(Buffer.from(`[${request}]`), { binary: true });
      await until(() => messages.length === 2);
      const answer = { jsonrpc: "2.0", id: "ä", result: "0x1092" };
      expect(messages).to.eql([answer, [answer]]);
    });

    it("closes the connection of a client that sends too large a message", async () => {
      const { socket } = await dial();
      expect(await closed(socket, () => socket.send("x".repeat(SMALL_LIMITS.requestBytes + 1)))).to.equal(1009);
      await answers();
    });

    it("refuses more clients than configured, and takes new ones once others left", async () => {
      const clients = [await dial(), await dial(), await dial()];
      const refusal = await dial().then(
        () => "taken",
        (error: Error) => error.message,
      );
      expect(refusal).to.contain("503");
      await closed(clients[0]!.socket, () => clients[0]!.socket.close());
      await until(async () =>
        (await (await fetch(`${node.url}/metrics`)).text()).includes("onestep_rpc_websocket_connections 2"),
      );
      await dial();
    });

    it("refuses browsers from origins that are not configured", async () => {
      const refusal = await dial({ origin: "https://evil.example" }).then(
        () => "taken",
        (error: Error) => error.message,
      );
      expect(refusal).to.contain("403");
      await dial({ origin: "https://wallet.example" });
    });

    it("drops a client that does not answer pings", async () => {
      const { socket } = await dial({ autoPong: false });
      expect(await closed(socket, () => undefined)).to.equal(1006);
    });

    it("drops a client that asks but does not read", async () => {
      const { socket } = await dial();
      // Stops reading from the socket while asking for much.
      (socket as unknown as { _socket: { pause(): void } })._socket.pause();
      const request = JSON.stringify(
        Array.from({ length: 200 }, (_, id) => ({
          jsonrpc: "2.0",
          id,
          method: "eth_getBlockByNumber",
          params: ["0x0", true],
        })),
      );
      const gone = node.instruments.metrics;
      const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(request), 1);
      await until(async () => (await gone.metrics()).includes("onestep_rpc_websocket_connections 0"));
      clearInterval(timer);
      socket.terminate();
      await answers();
    });

    it("limits the subscriptions of a connection, and refuses unknown kinds and ids", async () => {
      const { socket, messages } = await dial();
      const send = (id: number, method: string, ...params: unknown[]) =>
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      send(1, "eth_subscribe", "newHeads");
      send(2, "eth_subscribe", "logs", { address: `0x${"11".repeat(20)}` });
      send(3, "eth_subscribe", "newHeads");
      send(4, "eth_subscribe", "weather");
      send(5, "eth_unsubscribe", "0x1234");
      await until(() => messages.length === 5);
      const byId = new Map(messages.map((message) => [message.id, message]));
      expect([1, 2, 3, 4, 5].map((id) => byId.get(id)?.error?.code)).to.eql([
        undefined,
        undefined,
        -32005,
        -32602,
        -32000,
      ]);
      send(6, "eth_unsubscribe", byId.get(1)?.result);
      send(7, "eth_subscribe", "logs", { topics: ["0x12"] });
      await until(() => messages.length === 7);
      expect(messages.slice(5).map(({ result: value, error }) => value ?? error?.code)).to.eql([true, -32602]);
    });
  });

  describe("beside JSON-RPC", () => {
    it("is healthy, and ready while it is at most the limit behind L1", async () => {
      for (const path of ["/health", "/healthz"]) expect((await fetch(`${node.url}${path}`)).status).to.equal(200);
      expect((await fetch(`${node.url}/ready`)).status).to.equal(200);
      node.setL1Lag(21);
      const response = await fetch(`${node.url}/ready`);
      expect(response.status).to.equal(503);
      expect(((await response.json()) as { ready: boolean }).ready).to.equal(false);
      expect(await result(node, "eth_syncing")).to.include({ l1CurrentBlock: "0x1", l1HighestBlock: "0x16" });
      node.setL1Lag(0);
      expect(await result(node, "eth_syncing")).to.equal(false);
    });

    it("counts calls and errors by method", async () => {
      await ask(node, "eth_getBalance", "0x12");
      const text = await (await fetch(`${node.url}/metrics`)).text();
      expect(text).to.match(/onestep_rpc_errors_total\{method="eth_getBalance",code="-32602"\} \d/);
      expect(text).to.match(/onestep_rpc_request_seconds_count\{method="eth_chainId"\} \d/);
    });
  });

  describe("any method", () => {
    const KNOWN_CODES = [-32600, -32601, -32602, -32000, -32002, -32005, 3];
    const word = fc.oneof(
      fc.constantFrom(
        "latest",
        "pending",
        "0x",
        "0x0",
        "0x1",
        "",
        "0X1",
        "0x1000000000000",
        "0x7fffffffffffffff",
        "0xffffffffffffffff",
        `0x${"00".repeat(32)}`,
        `0x${"ff".repeat(32)}`,
        `0x${"11".repeat(20)}`,
        "-0x1",
        "callTracer",
        true,
        null,
        0,
        -1,
        1.5,
        1e300,
      ),
      fc.string({ maxLength: 8 }),
    );
    const argument = fc.oneof(
      word,
      fc.array(word, { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom(
          "from",
          "to",
          "data",
          "gas",
          "value",
          "address",
          "topics",
          "blockHash",
          "fromBlock",
          "toBlock",
          "accessList",
          "stateDiff",
          "tracer",
          "__proto__",
        ),
        fc.oneof(word, fc.array(word, { maxLength: 3 })),
      ),
      fc.jsonValue({ maxDepth: 3 }),
    );

    it("given any parameters answers with a result or a known error, and never an internal one", async () => {
      // Submissions with timeouts of their own are covered by the pool's tests.
      const names = METHODS.map(({ name }) => name).filter((name) => name !== "eth_sendRawTransactionSync");
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...names), fc.array(argument, { maxLength: 4 }), async (method, params) => {
          const { error, jsonrpc, id } = await ask(node, method, ...params);
          expect({ jsonrpc, id }).to.eql({ jsonrpc: "2.0", id: 1 });
          if (error !== undefined)
            expect(KNOWN_CODES, `${method} ${JSON.stringify(params)}: ${error.message}`).to.include(error.code);
        }),
        { numRuns: 1_500 },
      );
      await answers();
    });

    it("given parameters far too deep, long or many answers with an error", async () => {
      const deep = JSON.parse("[".repeat(4_000) + "]".repeat(4_000)) as unknown;
      for (const { name } of METHODS) {
        for (const params of [[deep, deep], Array.from({ length: 500 }, () => 1), [{ to: deep, topics: deep }, deep]]) {
          const { error, result: value } = await ask(node, name, ...params);
          if (error === undefined) expect(value, name).to.not.equal(undefined);
          else expect(error.code, `${name}: ${error.message}`).to.be.oneOf(KNOWN_CODES);
        }
      }
    });
  });

  it("refuses to start twice, says when a port is taken, and stops twice", async () => {
    const failure = await node.server.start().then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).to.contain("started already");
    const { chain, mempool, instruments } = node;
    const syncStatus = () => expect.fail("nobody asked");
    const other = createRpcServer(
      { chain, readers: { folder: node.folder, ...readerEngine() }, pool: mempool, syncStatus, port: node.port },
      { ...instruments, metrics: new Registry() },
    );
    const taken = await other.start().then(
      () => "",
      (error: Error) => error.message,
    );
    expect(taken).to.contain("EADDRINUSE");
    await other.stop();
    await other.stop();
    await answers();
  });
});
