import { expect } from "chai";
import { Interface, Wallet, WebSocketProvider } from "ethers";
import WebSocket from "ws";
import { createPublicClient, webSocket } from "viem";
import { decodeTransaction } from "../../src/ethereum/index.ts";
import { hexToBytes, ZERO_ADDRESS } from "../../src/primitives/index.ts";
import { createForwardingPool } from "../../src/rpc/index.ts";
import { createFilterRegistry } from "../../src/rpc/logs/filters.ts";
import {
  ask,
  CHAIN_ID,
  ethersWallet,
  GWEI,
  privateKey,
  result,
  startNode,
  until,
  viemClients,
} from "./node-fixture.ts";
import type { RpcAnswer, TestNode } from "./node-fixture.ts";
import { compileProbe } from "./probe-contract.ts";
import { signFields } from "./signing.ts";

interface Notification {
  readonly method?: string;
  readonly id?: number;
  readonly result?: string;
  readonly error?: RpcAnswer["error"];
  readonly params?: {
    readonly subscription: string;
    readonly result: { readonly removed?: boolean; readonly hash?: string; readonly logIndex?: string } & string;
  };
}

describe("Events by JSON-RPC", function () {
  this.timeout(30_000);
  let node: TestNode;
  // After a reorg the pool offers alice's removed transactions again, so what goes through the pool is bob's.
  const wallets = { alice: new Wallet(privateKey("alice")), bob: new Wallet(privateKey("bob")) };
  const nonces = { alice: 0, bob: 0 };
  const { abi, bytecode } = compileProbe();
  const probe = new Interface(abi);
  let address: string;

  before(async () => {
    node = await startNode({ sequencing: false, rpc: { limits: { filters: 5, filterEntries: 4 } } });
    const block = await execute(await sign("alice", null, probe.encodeDeploy([0n]), bytecode));
    address = block.receipts[0]!.contractAddress!;
  });
  after(() => node.close());

  async function sign(from: keyof typeof wallets, to: string | null, data: string, code = ""): Promise<Uint8Array> {
    return hexToBytes(
      await wallets[from].signTransaction({
        to,
        data: code + data.slice(code === "" ? 0 : 2),
        type: 2,
        chainId: CHAIN_ID,
        nonce: nonces[from]++,
        gasLimit: 3_000_000n,
        maxFeePerGas: 10n * GWEI,
        maxPriorityFeePerGas: 0n,
      }),
    );
  }
  const store = (slot: number, from: keyof typeof wallets = "bob") =>
    sign(from, address, probe.encodeFunctionData("store", [slot, 1n]));
  const execute = (...transactions: Uint8Array[]) =>
    node.chain.exclusive((writer) =>
      writer.execute({ timestamp: node.chain.latest().header.timestamp + 1, messages: [], transactions }),
    );

  /** A WebSocket connection on which calls are made one after the other. */
  async function connect() {
    const socket = new WebSocket(node.webSocketUrl);
    const received: Notification[] = [];
    socket.on("message", (data) => received.push(JSON.parse((data as Buffer).toString()) as Notification));
    await new Promise((resolve) => socket.once("open", resolve));
    let last = 0;
    const call = async (method: string, ...params: unknown[]): Promise<Notification> => {
      const id = ++last;
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      await until(() => received.some((message) => message.id === id));
      return received.find((message) => message.id === id)!;
    };
    return { socket, received, call };
  }

  it("subscriptions tell of heads, of logs, and with removed: true of logs that left in a reorg, newest first", async () => {
    const listeners = node.chain.events.listenerCount("block");
    const socket = new WebSocket(node.webSocketUrl);
    const received: Notification[] = [];
    socket.on("message", (data) => received.push(JSON.parse((data as Buffer).toString()) as Notification));
    await new Promise((resolve) => socket.once("open", resolve));
    const send = (id: number, ...params: unknown[]) =>
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "eth_subscribe", params }));
    send(1, "newHeads");
    send(2, "logs", { address });
    await until(() => received.length === 2);
    const idOf = (id: number) => received.find((message) => message.id === id)?.result;
    const [heads, logs] = [idOf(1), idOf(2)];
    const of = (id?: string) =>
      received.filter(({ params }) => params?.subscription === id).map(({ params }) => params!.result);

    const kept = nonces.alice;
    const fork = node.chain.latest().header.number;
    const first = await execute(await store(1, "alice"), await store(2, "alice"));
    const second = await execute(await store(3, "alice"));
    await node.chain.exclusive((writer) => writer.rewindTo(fork));
    nonces.alice = kept;
    const replacement = await execute(await store(4, "alice"));
    await until(() => of(heads).length === 3 && of(logs).length === 7);
    expect(of(heads).map(({ hash }) => hash)).to.eql([first.hash, second.hash, replacement.hash]);
    expect(of(logs).map(({ removed, logIndex }) => [removed, logIndex])).to.eql([
      [false, "0x0"],
      [false, "0x1"],
      [false, "0x0"],
      [true, "0x0"],
      [true, "0x1"],
      [true, "0x0"],
      [false, "0x0"],
    ]);

    socket.send(JSON.stringify({ jsonrpc: "2.0", id: 3, method: "eth_unsubscribe", params: [heads] }));
    await until(() => received.some(({ id }) => id === 3));
    await execute(await store(5, "bob"));
    await until(() => of(logs).length === 8);
    expect(of(heads)).to.have.length(3);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.close();
    await closed;
    await until(() => node.chain.events.listenerCount("block") === listeners);
  });

  it("newPendingTransactions tells of hashes, or of whole transactions", async () => {
    const socket = new WebSocket(node.webSocketUrl);
    const received: Notification[] = [];
    socket.on("message", (data) => received.push(JSON.parse((data as Buffer).toString()) as Notification));
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(
      JSON.stringify(
        [[false], [true]].map(([full], id) => ({
          jsonrpc: "2.0",
          id,
          method: "eth_subscribe",
          params: ["newPendingTransactions", full],
        })),
      ),
    );
    await until(() => received.length === 1);
    const raw = await store(1);
    const hash = await result<string>(node, "eth_sendRawTransaction", `0x${Buffer.from(raw).toString("hex")}`);
    await until(() => received.length === 3);
    expect(received.slice(1).map(({ params }) => params!.result.hash ?? params!.result)).to.have.members([hash, hash]);
    socket.terminate();
    const pending = await result<{ transactions: string[] }>(node, "eth_getBlockByNumber", "pending", false);
    expect(pending.transactions).to.include(hash);
    await execute(raw);
  });

  it("ethers and viem follow blocks and logs over WebSocket", async () => {
    const provider = new WebSocketProvider(node.webSocketUrl, CHAIN_ID);
    const client = createPublicClient({ transport: webSocket(node.webSocketUrl) });
    const blocks: number[] = [];
    const logs: string[] = [];
    await provider.on("block", (number: number) => blocks.push(number));
    await provider.on({ address }, ({ transactionHash }: { transactionHash: string }) => logs.push(transactionHash));
    const seen: bigint[] = [];
    const unwatch = client.watchBlocks({ onBlock: ({ number }) => seen.push(number) });
    let last = await execute(await store(1));
    // Clients subscribe in their own time: blocks go on until each has seen one.
    while (blocks.length === 0 || logs.length === 0 || seen.length === 0) {
      last = await execute(await store(1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(
      () =>
        blocks.includes(last.header.number) &&
        logs.includes(last.transactions[0]!.hash) &&
        seen.includes(BigInt(last.header.number)),
    );
    unwatch();
    await provider.destroy();
    const transport = await client.transport.getRpcClient();
    transport.close();
  });

  it("filters keep what happened since they were last polled", async () => {
    const [blocks, logs, transactions] = [
      await result<string>(node, "eth_newBlockFilter"),
      await result<string>(node, "eth_newFilter", { address }),
      await result<string>(node, "eth_newPendingTransactionFilter"),
    ];
    const raw = await store(1);
    const hash = await result<string>(node, "eth_sendRawTransaction", `0x${Buffer.from(raw).toString("hex")}`);
    const block = await execute(raw);
    expect(await result(node, "eth_getFilterChanges", blocks)).to.eql([block.hash]);
    expect(await result(node, "eth_getFilterChanges", transactions)).to.eql([hash]);
    const changes = await result<{ transactionHash: string; removed: boolean }[]>(node, "eth_getFilterChanges", logs);
    expect(changes.map(({ transactionHash }) => transactionHash)).to.eql([hash]);
    for (const id of [blocks, transactions, logs]) expect(await result(node, "eth_getFilterChanges", id)).to.eql([]);
    await node.chain.exclusive((writer) => writer.rewindTo(block.header.number - 1));
    expect(await result(node, "eth_getFilterChanges", logs)).to.eql([{ ...changes[0], removed: true }]);
    await execute(raw);
    expect(await result<unknown[]>(node, "eth_getFilterLogs", logs)).to.have.length(1);
    expect((await ask(node, "eth_getFilterLogs", blocks)).error?.message).to.match(/^filter not found/);
    for (const id of [blocks, logs, transactions]) expect(await result(node, "eth_uninstallFilter", id)).to.equal(true);
    expect(await result(node, "eth_uninstallFilter", blocks)).to.equal(false);
    expect((await ask(node, "eth_getFilterChanges", blocks)).error?.code).to.equal(-32000);
  });

  it("filters are limited in number and entries, and a filter that overflows says so", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => result<string>(node, "eth_newBlockFilter")));
    expect((await ask(node, "eth_newBlockFilter")).error?.code).to.equal(-32005);
    for (let block = 0; block < 5; block++) await execute();
    expect((await ask(node, "eth_getFilterChanges", ids[0])).error?.code).to.equal(-32005);
    expect((await ask(node, "eth_getFilterChanges", ids[0])).error?.message).to.match(/^filter not found/);
    for (const id of ids) await ask(node, "eth_uninstallFilter", id);
  });

  it("filters nobody polls expire", () => {
    let time = 0;
    const registry = createFilterRegistry({
      chain: node.chain,
      pool: node.mempool,
      timeout: 100,
      maximum: 1,
      maximumEntries: 1,
      maximumBytes: 1_000,
      now: () => time,
    });
    const id = registry.create({ kind: "blocks" });
    time = 100;
    expect(registry.takeChanges(id)).to.eql([]);
    time = 201;
    expect(() => registry.takeChanges(id)).to.throw("filter not found");
    registry.create({ kind: "blocks" });
    registry.close();
  });

  it("filters hold as much as an answer may have, and one that overflows says so", async () => {
    const registry = createFilterRegistry({
      chain: node.chain,
      pool: node.mempool,
      timeout: 1_000_000,
      maximum: 1,
      maximumEntries: 1_000,
      maximumBytes: 10_000,
    });
    const id = registry.create({ kind: "transactions", full: true });
    const transaction = decodeTransaction(
      hexToBytes(signFields("erin", { data: `0x${"ff".repeat(1_000)}` }).raw),
      CHAIN_ID,
    );
    for (const count of [1, 2]) {
      for (let sent = 0; sent < count; sent++) node.mempool.events.emit("transaction", transaction);
      const changes = registry.takeChanges(id);
      expect(changes).to.have.length(count);
      expect(JSON.stringify(changes).length).to.be.lessThan(10_000);
    }
    for (let sent = 0; sent < 3; sent++) node.mempool.events.emit("transaction", transaction);
    expect(() => registry.takeChanges(id)).to.throw(/^filter not found: .* bytes and was dropped/);
    expect(() => registry.takeChanges(id)).to.throw(/^filter not found/);
    registry.close();
  });

  it("filters and subscriptions are found by their id as a quantity, with leading zeros, and in any case", async () => {
    const filter = await result<string>(node, "eth_newBlockFilter");
    expect(filter).to.match(/^0x[1-9a-f][0-9a-f]*$/);
    const spellings = (id: string) => [`0x${id.slice(2).padStart(34, "0")}`, `0x00${id.slice(2).toUpperCase()}`, id];
    for (const id of spellings(filter)) expect(await result(node, "eth_getFilterChanges", id)).to.eql([]);
    expect(await result(node, "eth_uninstallFilter", spellings(filter)[0])).to.equal(true);
    expect(await result(node, "eth_uninstallFilter", filter)).to.equal(false);

    const { call, socket } = await connect();
    for (const spelling of [0, 1, 2]) {
      const id = (await call("eth_subscribe", "newHeads")).result!;
      expect(id).to.match(/^0x[1-9a-f][0-9a-f]*$/);
      expect((await call("eth_unsubscribe", spellings(id)[spelling])).result).to.equal(true);
    }
    socket.terminate();
  });

  it("who listens never disturbs who sends a transaction, nor the others who listen", async () => {
    const { call, received, socket } = await connect();
    const failing = (): never => {
      throw new Error("a subscriber's own fault");
    };
    node.chain.events.prependListener("block", failing);
    node.mempool.events.prependListener("transaction", failing);
    const heads = (await call("eth_subscribe", "newHeads")).result!;
    const pending = (await call("eth_subscribe", "newPendingTransactions", true)).result!;
    const filter = await result<string>(node, "eth_newPendingTransactionFilter", true);
    const zero = { chainId: 0n, address: ZERO_ADDRESS, nonce: 0n, yParity: 0n, r: 0n, s: 0n };
    const { raw, hash } = signFields("bob", { type: 4, nonce: BigInt(nonces.bob++), authorizationList: [zero] });
    try {
      expect(await result(node, "eth_sendRawTransaction", raw)).to.equal(hash);
      const block = await execute(hexToBytes(raw));
      expect(block.transactions.map((transaction) => transaction.hash)).to.eql([hash]);
      const told = (id: string) => received.find(({ params }) => params?.subscription === id)?.params?.result;
      await until(() => told(heads) !== undefined && told(pending) !== undefined);
      expect(told(heads)?.hash).to.equal(block.hash);
      expect(told(pending)).to.have.nested.property("authorizationList[0].chainId", "0x0");
      const [entry] = await result<unknown[]>(node, "eth_getFilterChanges", filter);
      expect(entry).to.eql(told(pending));
    } finally {
      node.chain.events.off("block", failing);
      node.mempool.events.off("transaction", failing);
      await result(node, "eth_uninstallFilter", filter);
      socket.terminate();
    }
  });

  it("logs to come can be asked for in any range they can be in, as in go-ethereum, and in no other", async () => {
    const { call, received, socket } = await connect();
    const { number } = (await execute()).header;
    const hex = (value: number) => `0x${value.toString(16)}`;
    for (const range of [
      { fromBlock: "latest", toBlock: hex(number + 1) },
      { fromBlock: hex(number + 2), toBlock: hex(number + 1) },
      { fromBlock: "pending" },
      { toBlock: "pending" },
      { fromBlock: "safe" },
      { fromBlock: "earliest", toBlock: "finalized" },
      { fromBlock: "0x0", toBlock: "earliest" },
    ]) {
      for (const error of [
        (await ask(node, "eth_newFilter", range)).error,
        (await call("eth_subscribe", "logs", range)).error,
      ]) {
        expect(error?.code, JSON.stringify(range)).to.equal(-32602);
        expect(error?.message).to.match(/^(invalid block range params: |pending logs are not supported$)/);
      }
    }
    expect((await call("eth_subscribe", "logs", { blockHash: node.chain.latest().hash })).error?.code).to.equal(-32602);
    expect((await call("eth_subscribe", "newPendingTransactions", "yes")).error?.code).to.equal(-32602);

    // One block that is to come, and what comes from it on: a range that ends in the future is no error here.
    const ranges = [
      { address, fromBlock: hex(number + 2), toBlock: hex(number + 2) },
      { address, fromBlock: hex(number + 2), toBlock: "0x7fffffffffffffff" },
      { address, fromBlock: "earliest" },
    ];
    const subscriptions = await Promise.all(
      ranges.map(async (range) => (await call("eth_subscribe", "logs", range)).result!),
    );
    const filters = await Promise.all(ranges.map((range) => result<string>(node, "eth_newFilter", range)));
    for (let count = 0; count < 3; count++) await execute(await store(6));
    const told = (id: string) => received.filter(({ params }) => params?.subscription === id).length;
    await until(() => told(subscriptions[2]!) === 3);
    expect(subscriptions.map(told)).to.eql([1, 2, 3]);
    for (const [index, filter] of filters.entries()) {
      expect(await result(node, "eth_getFilterChanges", filter)).to.have.length(index + 1);
      await result(node, "eth_uninstallFilter", filter);
    }
    socket.terminate();
  });

  it("eth_getLogs and eth_getFilterLogs refuse ranges that end after the latest block, or are none", async () => {
    const { number } = node.chain.latest().header;
    const hex = (value: number) => `0x${value.toString(16)}`;
    const future = /^block range extends beyond current head block: toBlock \d+, latest \d+$/;
    for (const [range, message] of [
      [{ fromBlock: "0x0", toBlock: hex(number + 1) }, future],
      [{ fromBlock: hex(number + 1), toBlock: hex(number + 1) }, future],
      [{ fromBlock: "latest", toBlock: "0x1000000000000" }, future],
      [{ fromBlock: hex(number + 1), toBlock: "0x7fffffffffffffff" }, future],
      [{ fromBlock: hex(number + 1) }, /^invalid block range params: /],
      [{ fromBlock: "0x7fffffffffffffff", toBlock: "0x1" }, /^invalid block range params: /],
      [{ fromBlock: "latest", toBlock: "0x0" }, /^invalid block range params: /],
      [{ fromBlock: "pending", toBlock: "pending" }, /^pending logs are not supported$/],
      [{ toBlock: "pending" }, /^pending logs are not supported$/],
      [{ toBlock: "0x8000000000000000" }, /expected a block number/],
      [{ toBlock: "0x10000000000000000" }, /expected a block number/],
    ] as const) {
      const { error } = await ask(node, "eth_getLogs", range);
      expect(error?.code, JSON.stringify(range)).to.equal(-32602);
      expect(error?.message, JSON.stringify(range)).to.match(message);
    }
    expect(await result(node, "eth_getLogs", { fromBlock: "latest", toBlock: hex(number) })).to.be.an("array");
    const filter = await result<string>(node, "eth_newFilter", { fromBlock: "0x0", toBlock: hex(number + 1) });
    expect((await ask(node, "eth_getFilterLogs", filter)).error?.message).to.match(future);
    await execute();
    expect(await result(node, "eth_getFilterLogs", filter)).to.be.an("array");
    await result(node, "eth_uninstallFilter", filter);
  });

  it("eth_sendRawTransactionSync answers with the receipt, or after its timeout with code 4 and the hash", async () => {
    const raw = await store(1);
    const hex = `0x${Buffer.from(raw).toString("hex")}`;
    const { error } = await ask(node, "eth_sendRawTransactionSync", hex, 20);
    expect(error?.code).to.equal(4);
    const answer = result<{ transactionHash: string; status: string }>(node, "eth_sendRawTransactionSync", hex);
    const block = await execute(raw);
    expect(await answer).to.include({ transactionHash: block.transactions[0]!.hash, status: "0x1" });
    expect(error?.data).to.equal(block.transactions[0]!.hash);
  });
});

describe("A replica's forwarding pool", function () {
  this.timeout(30_000);
  let sequencer: TestNode;
  let replica: TestNode;
  let stopping: (() => void)[];

  before(async () => {
    sequencer = await startNode();
    replica = await startNode({ sequencing: false });
    stopping = [];
  });
  after(async () => {
    for (const stop of stopping) stop();
    await replica.close();
    await sequencer.close();
  });

  it("sends to the sequencer, remembers until a block holds it, and passes errors on as they are", async () => {
    const pool = createForwardingPool({ url: sequencer.url, chain: replica.chain }, replica.instruments);
    stopping.push(() => pool.close());
    pool.events.on("transaction", () => {
      throw new Error("a subscriber's own fault");
    });
    const heard: string[] = [];
    pool.events.on("transaction", (transaction) => heard.push(transaction.hash));
    const { wallet, provider } = ethersWallet(sequencer, "bob");
    const signed = await wallet.signTransaction(await wallet.populateTransaction({ to: wallet.address, nonce: 0 }));
    provider.destroy();
    const raw = hexToBytes(signed);
    const included = sequencer.nextBlock((block) => block.transactions.length === 1);
    const outcome = await pool.submit(raw);
    expect(outcome.kind).to.equal("accepted");
    const block = await included;
    const hash = block.transactions[0]!.hash;
    expect(outcome).to.eql({ kind: "accepted", hash });
    expect(heard).to.eql([hash]);
    expect(pool.get(hash)?.hash).to.equal(hash);
    expect(pool.pendingNonce(wallet.address.toLowerCase() as `0x${string}`)).to.equal(1n);
    const repeated = await pool.submit(raw).then(
      () => undefined,
      (error: { code: number; message: string }) => error,
    );
    expect(repeated?.code).to.equal(-32000);
    expect(repeated?.message).to.match(/^(nonce too low|already known)/);
    await replica.chain.exclusive((writer) =>
      writer.execute({ timestamp: block.header.timestamp, messages: [], transactions: [raw] }),
    );
    expect(pool.get(hash)).to.equal(undefined);
    expect(pool.content().pending).to.eql([]);
  });

  it("does not forward what is no transaction, and says when the sequencer cannot be reached", async () => {
    const pool = createForwardingPool(
      { url: "http://127.0.0.1:1", chain: replica.chain, timeout: 1_000 },
      replica.instruments,
    );
    stopping.push(() => pool.close());
    expect((await pool.submit(new Uint8Array([1, 2, 3]))).kind).to.equal("rejected");
    const { account, wallet } = viemClients(sequencer, "carol");
    const signed = await wallet.signTransaction({
      to: account.address,
      nonce: 0,
      gas: 21_000n,
      maxFeePerGas: GWEI,
      maxPriorityFeePerGas: 0n,
      type: "eip1559",
    });
    const failure = await pool.submit(hexToBytes(signed)).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure).to.match(/^the sequencer cannot be reached/);
  });
});
