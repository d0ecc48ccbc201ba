import { expect } from "chai";
import { Interface, Wallet, WebSocketProvider } from "ethers";
import WebSocket from "ws";
import { createPublicClient, webSocket } from "viem";
import { hexToBytes } from "../../src/primitives/index.ts";
import { createFilterRegistry } from "../../src/rpc/logs/filters.ts";
import { createForwardingPool } from "../../src/rpc/index.ts";
import { compileProbe } from "./probe-contract.ts";
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
  type TestNode,
} from "./node-fixture.ts";

interface Notification {
  readonly method?: string;
  readonly id?: number;
  readonly result?: string;
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
    expect(of(heads).map(({ hash }) => hash)).to.deep.equal([first.hash, second.hash, replacement.hash]);
    expect(of(logs).map(({ removed, logIndex }) => [removed, logIndex])).to.deep.equal([
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
    expect(await result(node, "eth_getFilterChanges", blocks)).to.deep.equal([block.hash]);
    expect(await result(node, "eth_getFilterChanges", transactions)).to.deep.equal([hash]);
    const changes = await result<{ transactionHash: string; removed: boolean }[]>(node, "eth_getFilterChanges", logs);
    expect(changes.map(({ transactionHash }) => transactionHash)).to.deep.equal([hash]);
    for (const id of [blocks, transactions, logs])
      expect(await result(node, "eth_getFilterChanges", id)).to.deep.equal([]);
    await node.chain.exclusive((writer) => writer.rewindTo(block.header.number - 1));
    expect(await result(node, "eth_getFilterChanges", logs)).to.deep.equal([{ ...changes[0], removed: true }]);
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
      now: () => time,
    });
    const id = registry.create({ kind: "blocks" });
    time = 100;
    expect(registry.takeChanges(id)).to.deep.equal([]);
    time = 201;
    expect(() => registry.takeChanges(id)).to.throw("filter not found");
    registry.create({ kind: "blocks" });
    registry.close();
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
    const { wallet, provider } = ethersWallet(sequencer, "bob");
    const signed = await wallet.signTransaction(await wallet.populateTransaction({ to: wallet.address, nonce: 0 }));
    provider.destroy();
    const raw = hexToBytes(signed);
    const included = sequencer.nextBlock((block) => block.transactions.length === 1);
    const outcome = await pool.submit(raw);
    expect(outcome.kind).to.equal("accepted");
    const block = await included;
    const hash = block.transactions[0]!.hash;
    expect(outcome).to.deep.equal({ kind: "accepted", hash });
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
    expect(pool.content().pending).to.deep.equal([]);
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
