import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Registry } from "prom-client";
import { WebSocket, WebSocketServer } from "ws";
import {
  decodeBlockFrame,
  decodeFeedBlock,
  decodeSubscribeFrame,
  encodeBlockFrame,
  encodeFeedBlock,
  encodeSubscribeFrame,
  MAXIMUM_FRAME_SIZE,
} from "../../src/feed/feed-message.ts";
import type { FeedBlock } from "../../src/feed/feed-message.ts";
import { createFeedSigner } from "../../src/feed/feed-signature.ts";
import { createFeedClient, createFeedServer } from "../../src/feed/index.ts";
import type { FeedClient, FeedClientOptions, FeedServer, FeedServerOptions } from "../../src/feed/index.ts";
import { bytesToHex, ZERO_HASH } from "../../src/primitives/index.ts";
import type { Block, InboxMessage } from "../../src/rollup/index.ts";
import { createTestNode, deposit, FUNDED, GENESIS_TIME, logger, operator } from "../sequencer/support/test-node.ts";
import type { TestNode } from "../sequencer/support/test-node.ts";

const [alice, bob] = FUNDED as [(typeof FUNDED)[number], (typeof FUNDED)[number]];
const OPERATOR_KEY = bytesToHex(operator.privateKey);

describe("Feed", function () {
  // Blocks are executed and stored for real.
  this.timeout(10_000);

  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    over = true;
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function testNode(): Promise<TestNode> {
    const node = await createTestNode();
    cleanups.push(() => node.close());
    return node;
  }

  async function serve(
    node: TestNode,
    options: Partial<FeedServerOptions> = {},
  ): Promise<{ server: FeedServer; url: string; metrics: Registry }> {
    const metrics = new Registry();
    const server = await createFeedServer(
      { chain: node.chain, privateKey: OPERATOR_KEY, listen: { kind: "port", port: 0, host: "127.0.0.1" }, ...options },
      { logger, metrics },
    );
    cleanups.push(() => server.close());
    return { server, url: `ws://127.0.0.1:${server.port}`, metrics };
  }

  function follow(
    node: TestNode,
    url: string,
    options: Partial<FeedClientOptions> = {},
  ): { client: FeedClient; metrics: Registry } {
    const metrics = new Registry();
    const client = createFeedClient(
      {
        url,
        chain: node.chain,
        signer: operator.address,
        reconnectDelay: 5,
        maximumReconnectDelay: 20,
        messagePollInterval: 5,
        ...options,
      },
      { logger, metrics },
    );
    client.start();
    cleanups.push(() => client.stop());
    return { client, metrics };
  }

  let tick = 0;
  function build(
    node: TestNode,
    transactions: readonly Uint8Array[] = [],
    messages: readonly InboxMessage[] = [],
  ): Promise<Block> {
    tick += 1;
    return node.chain.exclusive((writer) => writer.execute({ timestamp: GENESIS_TIME + tick, messages, transactions }));
  }

  /** Checks again at every event and turn until it holds; the test's timeout is the limit. */
  let over = false;
  beforeEach(() => {
    over = false;
  });
  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!over && !(await holds())) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const untilAt = (node: TestNode, { hash }: Block) => until(() => node.chain.latest().hash === hash);

  async function counted(metrics: Registry, name: string, labels: Record<string, string> = {}): Promise<number> {
    const metric = await metrics.getSingleMetric(name)!.get();
    const values = metric.values.filter(({ labels: own }) =>
      Object.entries(labels).every(([key, value]) => own[key] === value),
    );
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  function messageOf(block: Block, changes: Partial<FeedBlock> = {}): FeedBlock {
    return {
      sequence: 1,
      number: block.header.number,
      parentHash: block.header.parentHash,
      blockHash: block.hash,
      firstMessage: block.firstMessage,
      block: {
        timestamp: block.header.timestamp,
        messages: block.nextMessage - block.firstMessage,
        transactions: block.transactions.flatMap((entry) => (entry.kind === "signed" ? [entry.raw] : [])),
      },
      ...changes,
    };
  }

  function frameOf(node: TestNode, message: FeedBlock, key = OPERATOR_KEY): Uint8Array {
    const { genesis, genesisHash } = node.chain.config;
    const content = encodeFeedBlock(message);
    return encodeBlockFrame({
      signature: createFeedSigner(key, { chainId: genesis.chainId, genesisHash }).sign(content),
      content,
    });
  }

  /** A server that sends what the test says. Gives each connection with the number it subscribed from. */
  async function scriptedServer(onSubscribe: (socket: WebSocket, from: number, connection: number) => void) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    let connections = 0;
    server.on("connection", (socket) => {
      const connection = connections++;
      socket.on("message", (data) => onSubscribe(socket, decodeSubscribeFrame(data as Buffer), connection));
      socket.on("error", () => undefined);
    });
    await once(server, "listening");
    cleanups.push(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
  }

  describe("follower and sequencer", () => {
    it("the follower gets the blocks there are, and then every new one", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      await build(sequencer, [alice.sign({ nonce: 0 })]);
      const second = await build(sequencer, [alice.sign({ nonce: 1 }), bob.sign()]);
      const { url } = await serve(sequencer);
      const { client } = follow(follower, url);
      await untilAt(follower, second);
      expect(client.connected).to.equal(true);
      await untilAt(follower, await build(sequencer, [alice.sign({ nonce: 2 })]));
    });

    it("the follower takes many more blocks than it holds at a time", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      for (let count = 0; count < 150; count++) await build(sequencer);
      const { url } = await serve(sequencer);
      follow(follower, url);
      await untilAt(follower, sequencer.chain.latest());
    }).timeout(20_000);

    it("the follower waits until L1 has delivered a block's messages", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      await sequencer.receive([deposit(0)], 1);
      await build(sequencer, [], [deposit(0)]);
      const second = await build(sequencer, [alice.sign()]);
      const { url, metrics } = await serve(sequencer);
      follow(follower, url);
      await until(async () => (await counted(metrics, "onestep_feed_sent_blocks_total")) === 2);
      expect(follower.chain.latest().header.number).to.equal(0);
      await follower.receive([deposit(0)], 1);
      await untilAt(follower, second);
    });

    it("the follower goes along when the sequencer replaces its blocks", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      await build(sequencer);
      await build(sequencer, [alice.sign({ nonce: 0 })]);
      const { url } = await serve(sequencer);
      follow(follower, url);
      await untilAt(follower, await build(sequencer, [alice.sign({ nonce: 1 })]));
      await sequencer.chain.exclusive((writer) => writer.rewindTo(1));
      await untilAt(follower, await build(sequencer, [bob.sign()]));
      expect(follower.chain.latest().header.number).to.equal(2);
    });

    it("the follower finds back if the blocks were replaced while it was away", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      const common = await build(sequencer);
      for (const nonce of [0, 1]) await build(sequencer, [alice.sign({ nonce })]);
      const first = await serve(sequencer);
      const { client } = follow(follower, first.url);
      await untilAt(follower, sequencer.chain.latest());
      await client.stop();
      await sequencer.chain.exclusive((writer) => writer.rewindTo(1));
      for (const nonce of [0, 1, 2]) await build(sequencer, [bob.sign({ nonce })]);
      follow(follower, first.url);
      await untilAt(follower, sequencer.chain.latest());
      expect(follower.chain.store.getBlock(1)!.hash).to.equal(common.hash);
    });

    it("the follower comes back when the sequencer does", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      const { server, url } = await serve(sequencer);
      const { client } = follow(follower, url);
      await untilAt(follower, await build(sequencer));
      const { port } = server;
      await server.close();
      await until(() => !client.connected);
      await build(sequencer);
      await serve(sequencer, { listen: { kind: "port", port, host: "127.0.0.1" } });
      await untilAt(follower, sequencer.chain.latest());
    });

    it("share an HTTP server with others by path", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      const http = createServer();
      const others = new WebSocketServer({ noServer: true });
      http.on("upgrade", (request, socket, head) => {
        if (request.url === "/rpc") others.handleUpgrade(request, socket, head, (client) => client.close(1000, "rpc"));
      });
      http.listen(0, "127.0.0.1");
      await once(http, "listening");
      cleanups.push(() => void http.close());
      const { server } = await serve(sequencer, { listen: { kind: "server", server: http, path: "/feed" } });
      follow(follower, `ws://127.0.0.1:${server.port}/feed`);
      await untilAt(follower, await build(sequencer));
      const other = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`);
      const [, reason] = (await once(other, "close")) as [number, Buffer];
      expect(reason.toString()).to.equal("rpc");
    });
  });

  describe("a follower", () => {
    async function twoForks() {
      const [sequencer, follower] = [await testNode(), await testNode()];
      const older = await build(sequencer, [alice.sign()]);
      await sequencer.chain.exclusive((writer) => writer.rewindTo(0));
      const newer = await build(sequencer, [bob.sign()]);
      return { sequencer, follower, older, newer };
    }

    it("does not let a replayed message undo a newer one", async () => {
      const { sequencer, follower, older, newer } = await twoForks();
      const last = await build(sequencer);
      const { url } = await scriptedServer((socket) => {
        socket.send(frameOf(sequencer, messageOf(newer, { sequence: 7 })));
        socket.send(frameOf(sequencer, messageOf(older, { sequence: 6 })));
        socket.send(frameOf(sequencer, messageOf(last, { sequence: 8 })));
      });
      const { metrics } = follow(follower, url);
      await untilAt(follower, last);
      expect(await counted(metrics, "onestep_feed_received_blocks_total", { outcome: "known" })).to.equal(1);
    });

    it("takes the later signed of two blocks with one number", async () => {
      const { sequencer, follower, older, newer } = await twoForks();
      const { url } = await scriptedServer((socket) => {
        socket.send(frameOf(sequencer, messageOf(older, { sequence: 6 })));
        setImmediate(() => socket.send(frameOf(sequencer, messageOf(newer, { sequence: 7 }))));
      });
      follow(follower, url);
      await untilAt(follower, newer);
    });

    it("never replaces a safe block", async () => {
      const { sequencer, follower, older, newer } = await twoForks();
      await follower.chain.exclusive(async (writer) => {
        const block = await writer.execute({
          timestamp: older.header.timestamp,
          messages: [],
          transactions: [alice.sign()],
        });
        expect(block.hash).to.equal(older.hash);
        await writer.putDerivedBatch({
          batch: 0,
          lastBlock: 1,
          lastBlockHash: block.hash,
          nextMessage: 0,
          outboxRoot: ZERO_HASH,
        });
      });
      const { block: next } = await follower.chain.exclusive((writer) =>
        writer.executeOn(follower.chain.latest(), {
          timestamp: older.header.timestamp + 9,
          messages: [],
          transactions: [],
        }),
      );
      const { url } = await scriptedServer((socket) => {
        socket.send(frameOf(sequencer, messageOf(newer, { sequence: 7 })));
        socket.send(frameOf(sequencer, messageOf(next, { sequence: 8 })));
      });
      follow(follower, url);
      await untilAt(follower, next);
      expect(follower.chain.store.getBlock(1)!.hash).to.equal(older.hash);
    });

    it("drops and counts a block whose execution gives another hash, keeps what it has, and asks again", async () => {
      const { sequencer, follower, older, newer } = await twoForks();
      const subscriptions: number[] = [];
      const { url } = await scriptedServer((socket, from) => {
        subscriptions.push(from);
        if (subscriptions.length === 1) {
          socket.send(frameOf(sequencer, messageOf(older, { sequence: 5 })));
          socket.send(frameOf(sequencer, messageOf(newer, { sequence: 6, blockHash: `0x${"ab".repeat(32)}` })));
        } else {
          socket.send(frameOf(sequencer, messageOf(newer, { sequence: 7 })));
        }
      });
      const { metrics } = follow(follower, url);
      const mismatches = () => counted(metrics, "onestep_feed_received_blocks_total", { outcome: "mismatch" });
      await until(async () => (await mismatches()) === 1);
      expect(follower.chain.latest().header.number).to.be.at.most(1);
      await untilAt(follower, newer);
      expect(subscriptions).to.eql([1, 2].slice(0, subscriptions.length));
    });

    for (const [what, change] of [
      ["whose first message is not the next", { firstMessage: 1 }],
      ["from before its parent", { block: { timestamp: 5, messages: 0, transactions: [] } }],
      [
        "with a transaction that cannot be executed",
        { block: { timestamp: GENESIS_TIME + 1, messages: 0, transactions: [alice.sign({ nonce: 9 })] } },
      ],
      [
        "with a transaction that is none",
        { block: { timestamp: GENESIS_TIME + 1, messages: 0, transactions: [new Uint8Array(65).fill(1)] } },
      ],
    ] as const) {
      it(`drops a signed block ${what}`, async () => {
        const [sequencer, follower] = [await testNode(), await testNode()];
        const block = await build(sequencer);
        const { url } = await scriptedServer((socket) => socket.send(frameOf(sequencer, messageOf(block, change))));
        const { metrics } = follow(follower, url);
        await until(
          async () => (await counted(metrics, "onestep_feed_received_blocks_total", { outcome: "mismatch" })) === 1,
        );
        expect(follower.chain.latest().header.number).to.equal(0);
      });
    }

    it("drops the connection at the first bad frame, and does not stop trying", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      const block = await build(sequencer, [alice.sign()]);
      const good = frameOf(sequencer, messageOf(block));
      const bad: (Uint8Array | string)[] = [
        "text",
        new Uint8Array(),
        Uint8Array.of(1, 1),
        Uint8Array.of(2, ...good.subarray(1)),
        good.subarray(0, 100),
        Uint8Array.of(...good, 0),
        new Uint8Array(MAXIMUM_FRAME_SIZE + 1),
        frameOf(sequencer, messageOf(block), bytesToHex(alice.privateKey)),
        Uint8Array.from(good, (byte, index) => (index === 30 ? byte ^ 1 : byte)),
        encodeBlockFrame({
          signature: decodeBlockFrame(good).signature,
          content: encodeFeedBlock(messageOf(block, { blockHash: `0x${"cd".repeat(32)}` })),
        }),
      ];
      const { url, connections } = await scriptedServer((socket, _from, connection) =>
        socket.send(bad[connection] ?? good),
      );
      follow(follower, url);
      await untilAt(follower, block);
      expect(connections()).to.equal(bad.length + 1);
    });

    it("holds no more than its share of blocks that do not fit, and asks for what is missing", async () => {
      const [sequencer, follower] = [await testNode(), await testNode()];
      const first = await build(sequencer);
      let subscriptions = 0;
      const { url } = await scriptedServer((socket) => {
        subscriptions += 1;
        if (subscriptions === 1)
          for (let number = 5; number < 500; number++) socket.send(frameOf(sequencer, messageOf(first, { number })));
        else socket.send(frameOf(sequencer, messageOf(first, { sequence: 2 })));
      });
      follow(follower, url);
      await untilAt(follower, first);
    });

    it("gives a silent connection up", async () => {
      const follower = await testNode();
      const { url, connections } = await scriptedServer(() => undefined);
      follow(follower, url, { silenceTimeout: 20 });
      await until(() => connections() >= 2);
    });

    it("keeps trying where nobody listens", async () => {
      const follower = await testNode();
      const { client, metrics } = follow(follower, "ws://127.0.0.1:1");
      await until(async () => (await counted(metrics, "onestep_feed_disconnects_total", { reason: "error" })) >= 3);
      await client.stop();
    });
  });

  describe("a server", () => {
    async function connect(url: string): Promise<WebSocket> {
      const socket = new WebSocket(url);
      socket.on("error", () => undefined);
      cleanups.push(() => socket.terminate());
      await once(socket, "open");
      return socket;
    }
    const numberOf = (data: Buffer) => decodeFeedBlock(decodeBlockFrame(data).content).number;

    it("sends at most its backlog of old blocks", async () => {
      const node = await testNode();
      for (let count = 0; count < 6; count++) await build(node);
      const { url } = await serve(node, { backlog: 2 });
      const socket = await connect(url);
      socket.send(encodeSubscribeFrame(0));
      const [data] = (await once(socket, "message")) as [Buffer];
      expect(numberOf(data)).to.equal(5);
    });

    it("tells a client that is ahead from its own end on", async () => {
      const node = await testNode();
      await build(node);
      const { url } = await serve(node);
      const socket = await connect(url);
      const message = once(socket, "message");
      socket.send(encodeSubscribeFrame(1_000));
      socket.send(encodeSubscribeFrame(1_000));
      await until(async () => {
        await build(node);
        return node.chain.latest().header.number > 3;
      });
      const [data] = (await message) as [Buffer];
      expect(numberOf(data)).to.be.at.most(3);
    });

    it("drops clients that send anything but subscriptions", async () => {
      const node = await testNode();
      const { server, url, metrics } = await serve(node);
      for (const garbage of [
        "text",
        new Uint8Array(),
        new Uint8Array(10),
        Uint8Array.of(1, 2, 255, 0, 0, 0, 0, 0, 0, 0),
        Uint8Array.of(1, 2, 0),
      ]) {
        const socket = await connect(url);
        socket.send(garbage);
        const [code] = (await once(socket, "close")) as [number];
        expect(code).to.equal(1008);
      }
      const oversized = await connect(url);
      oversized.send(new Uint8Array(1_000_000));
      await once(oversized, "close");
      await until(() => server.clientCount === 0);
      expect(await counted(metrics, "onestep_feed_dropped_clients_total", { reason: "garbage" })).to.equal(5);
    });

    it("drops clients that flood it with subscriptions or pings", async () => {
      const node = await testNode();
      await build(node);
      const { url, metrics } = await serve(node);
      for (const flood of [
        (socket: WebSocket) => socket.send(encodeSubscribeFrame(1)),
        (socket: WebSocket) => socket.ping(),
      ]) {
        const socket = await connect(url);
        for (let count = 0; count < 200; count++) flood(socket);
        await once(socket, "close");
      }
      expect(await counted(metrics, "onestep_feed_dropped_clients_total", { reason: "flood" })).to.equal(2);
    });

    it("drops clients that never subscribe, and those that do not answer pings", async () => {
      const node = await testNode();
      const { url, metrics } = await serve(node, { pingInterval: 20 });
      const idle = await connect(url);
      const deaf = new WebSocket(url, { autoPong: false });
      cleanups.push(() => deaf.terminate());
      await once(deaf, "open");
      deaf.send(encodeSubscribeFrame(1));
      await Promise.all([once(idle, "close"), once(deaf, "close")]);
      expect(await counted(metrics, "onestep_feed_dropped_clients_total", { reason: "silent" })).to.equal(2);
    });

    it("drops a client that stops reading, without holding its blocks in memory", async () => {
      const node = await testNode();
      for (let nonce = 0; nonce < 150; nonce++) {
        await build(node, [
          alice.sign({ nonce, data: new Uint8Array(100_000), gasLimit: 1_100_000n, maxFeePerGas: 10n ** 9n }),
        ]);
      }
      const { server, url, metrics } = await serve(node, { pingInterval: 100 });
      const socket = await connect(url);
      socket.pause();
      socket.send(encodeSubscribeFrame(1));
      await until(async () => (await counted(metrics, "onestep_feed_dropped_clients_total", { reason: "slow" })) === 1);
      expect(server.clientCount).to.equal(0);
      expect(await counted(metrics, "onestep_feed_sent_blocks_total")).to.be.lessThan(150);
    }).timeout(20_000);

    it("turns connections away beyond its limit", async () => {
      const node = await testNode();
      const { url } = await serve(node, { maximumClients: 1 });
      await connect(url);
      const second = new WebSocket(url);
      const [error] = (await once(second, "error")) as [Error];
      expect(error.message).to.include("503");
    });

    it("closes with clients connected", async () => {
      const node = await testNode();
      const { server, url } = await serve(node);
      const socket = await connect(url);
      const closed = once(socket, "close");
      await server.close();
      await closed;
    });
  });
});
