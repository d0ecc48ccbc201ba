import { expect } from "chai";
import { once } from "node:events";
import { WebSocket } from "ws";
import { bytesToHex, hexToBytes } from "../../src/primitives/index.ts";
import { assemble } from "../machine/assemble.ts";
import {
  CHAIN_ID,
  GENESIS_TIMESTAMP,
  GWEI,
  startNode,
  until,
  viemClients,
  type RpcAnswer,
  type TestNode,
} from "./node-fixture.ts";

interface Notification {
  readonly method?: string;
  readonly id?: number;
  readonly params?: { readonly subscription: string; readonly result: { readonly blockNumber: string } };
}

describe("options of subscriptions", () => {
  let node: TestNode;
  let socket: WebSocket;
  const received: (Notification & Partial<RpcAnswer>)[] = [];
  let lastId = 0;
  before(async () => {
    node = await startNode({ sequencing: false });
    socket = new WebSocket(node.webSocketUrl);
    socket.on("message", (data: Buffer) => received.push(JSON.parse(data.toString()) as Notification));
    await once(socket, "open");
  });
  after(async () => {
    socket.close();
    await node.close();
  });

  const subscribe = async (...params: unknown[]) => {
    const id = ++lastId;
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "eth_subscribe", params }));
    await until(() => received.some((message) => message.id === id));
    return received.find((message) => message.id === id)!;
  };
  const idOf = async (...params: unknown[]) => (await subscribe(...params)).result as unknown as string;

  it("bound the blocks whose logs are told", async () => {
    const { account } = viemClients(node, "alice");
    const all = await idOf("logs", {});
    const from = await idOf("logs", { fromBlock: "0x2" });
    const to = await idOf("logs", { fromBlock: "earliest", toBlock: "0x2" });
    for (let nonce = 0; nonce < 3; nonce++) {
      const signed = await account.signTransaction({
        chainId: CHAIN_ID,
        type: "eip1559",
        data: bytesToHex(assemble("0 0 LOG0 STOP")),
        gas: 100_000n,
        maxFeePerGas: GWEI,
        nonce,
      });
      await node.chain.exclusive((writer) =>
        writer.execute({ timestamp: GENESIS_TIMESTAMP + nonce, messages: [], transactions: [hexToBytes(signed)] }),
      );
    }
    const seen = (id: string) =>
      received
        .filter(({ params }) => params?.subscription === id)
        .map(({ params }) => Number(params!.result.blockNumber));
    await until(() => seen(all).length === 3 && seen(from).length >= 2);
    expect(seen(all)).to.eql([1, 2, 3]);
    expect(seen(from)).to.eql([2, 3]);
    expect(seen(to)).to.eql([1, 2]);
  });

  it("that a subscription has not are refused", async () => {
    const cases: readonly (readonly [unknown[], string])[] = [
      [["logs", { blockHash: `0x${"11".repeat(32)}` }], "expected no blockHash"],
      [["newHeads", { includeTransactions: true }], "too many arguments: newHeads takes none"],
      [["syncing", true], "too many arguments: syncing takes none"],
      [["newPendingTransactions", { toAddress: [] }], "field toAddress is not supported, expected fullTransactions"],
      [["newPendingTransactions", "full"], "expected true, false or an object with fullTransactions"],
    ];
    for (const [params, message] of cases) {
      const { error } = await subscribe(...params);
      expect(error?.code, JSON.stringify(params)).to.equal(-32602);
      expect(error?.message).to.include(message);
    }
    for (const params of [["newHeads", {}], ["newHeads", null], ["newPendingTransactions", false], ["syncing"]]) {
      expect((await subscribe(...params)).error, JSON.stringify(params)).to.equal(undefined);
    }
  });
});
