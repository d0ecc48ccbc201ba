import { expect } from "chai";
import { ZERO_HASH } from "../../src/primitives/index.ts";
import { ask, context, deposit, result, startNode, type TestNode } from "./node-fixture.ts";

const ADDRESS = `0x${"ab".repeat(20)}`;
/** 32 bytes that are 1 as a number: the number of a block that exists. */
const WORD_OF_ONE = `0x${"1".padStart(64, "0")}`;

describe("Parameters of JSON-RPC", function () {
  this.timeout(30_000);
  let node: TestNode;

  before(async () => {
    node = await startNode({ sequencing: false });
    const messages = [context(0), deposit(1)];
    await node.receive(messages);
    await node.chain.exclusive((writer) =>
      writer.execute({ timestamp: node.chain.latest().header.timestamp + 1, messages, transactions: [] }),
    );
  });
  after(() => node.close());

  const errorOf = async (method: string, ...params: unknown[]) => (await ask(node, method, ...params)).error;

  describe("32 bytes", () => {
    /** Methods that take a block by number, tag or hash, with the place of the block among their parameters. */
    const METHODS: readonly (readonly [method: string, (block: unknown) => unknown[]])[] = [
      ["eth_getBalance", (block) => [ADDRESS, block]],
      ["eth_getTransactionCount", (block) => [ADDRESS, block]],
      ["eth_getCode", (block) => [ADDRESS, block]],
      ["eth_getStorageAt", (block) => [ADDRESS, "0x0", block]],
      ["eth_getProof", (block) => [ADDRESS, [], block]],
      ["eth_call", (block) => [{ to: ADDRESS }, block]],
      ["eth_estimateGas", (block) => [{ to: ADDRESS }, block]],
      ["eth_createAccessList", (block) => [{ to: ADDRESS }, block]],
      ["debug_traceCall", (block) => [{ to: ADDRESS }, block]],
      ["debug_getRawHeader", (block) => [block]],
      ["rollup_getBatchOfBlock", (block) => [block]],
    ];

    it("as a block are a hash and never a number: header not found, or null where a block is answered", async () => {
      for (const word of [ZERO_HASH, WORD_OF_ONE, `0x${"f".repeat(64)}`, WORD_OF_ONE.replace("0x", "0X")]) {
        for (const [method, params] of METHODS) {
          const error = await errorOf(method, ...params(word));
          expect(error?.code, `${method} ${word}`).to.equal(-32000);
          expect(error?.message, method).to.equal(`header not found: no block ${word.toLowerCase()}`);
        }
        expect(await result(node, "eth_getBlockReceipts", word)).to.equal(null);
      }
    });

    it("that are a block's hash name that block", async () => {
      const { hash, number } = await result<{ hash: string; number: string }>(
        node,
        "eth_getBlockByNumber",
        "0x1",
        false,
      );
      for (const [method, params] of METHODS)
        expect(await result(node, method, ...params(hash)), method).to.eql(
          await result(node, method, ...params(number)),
        );
    });

    it("are refused where a number is meant", async () => {
      for (const [method, ...params] of [
        ["eth_getBlockByNumber", WORD_OF_ONE, false],
        ["eth_getHeaderByNumber", ZERO_HASH],
        ["eth_getBlockTransactionCountByNumber", ZERO_HASH],
        ["eth_getUncleCountByBlockNumber", ZERO_HASH],
        ["eth_getTransactionByBlockNumberAndIndex", ZERO_HASH, "0x0"],
        ["eth_getTransactionByBlockNumberAndIndex", "0x1", ZERO_HASH],
        ["eth_getRawTransactionByBlockNumberAndIndex", ZERO_HASH, "0x0"],
        ["eth_getLogs", { fromBlock: ZERO_HASH }],
        ["eth_newFilter", { toBlock: WORD_OF_ONE }],
        ["eth_feeHistory", "0x1", ZERO_HASH],
        ["eth_feeHistory", ZERO_HASH, "latest"],
        ["debug_traceBlockByNumber", WORD_OF_ONE],
        ["eth_getBalance", ADDRESS, { blockNumber: ZERO_HASH }],
        ["eth_call", { to: ADDRESS, nonce: ZERO_HASH }],
        ["eth_call", { to: ADDRESS, value: `0x0${ZERO_HASH.slice(2)}` }],
        ["rollup_getWithdrawalStatus", ZERO_HASH],
      ] as const) {
        const error = await errorOf(method, ...params);
        expect(error?.code, method).to.equal(-32602);
        expect(error?.message, method).to.match(/expected .*, got "0x0/);
      }
    });

    it("as an Inbox message are its hash", async () => {
      expect(await result(node, "rollup_getMessageStatus", WORD_OF_ONE)).to.equal(null);
      expect(await result(node, "rollup_getMessageStatus", deposit(1).hash)).to.include({ index: 1 });
      expect(await result(node, "rollup_getMessageStatus", "0x1")).to.include({ index: 1 });
    });
  });

  describe("numbers far beyond what there is", () => {
    const HUGE = ["0x100", "0xffffffffffff", "0x1000000000000", "0x20000000000000", "0x7fffffffffffffff"];

    it("name no block: null, or header not found", async () => {
      for (const number of HUGE) {
        expect(await result(node, "eth_getBlockByNumber", number, true)).to.equal(null);
        expect(await result(node, "eth_getHeaderByNumber", number)).to.equal(null);
        expect(await result(node, "eth_getBlockReceipts", number)).to.equal(null);
        expect(await result(node, "eth_getTransactionByBlockNumberAndIndex", number, "0x0")).to.equal(null);
        const error = await errorOf("eth_getBalance", ADDRESS, number);
        expect(error?.code).to.equal(-32000);
        expect(error?.message).to.match(/^header not found: no block (\d+|of a number that large)$/);
      }
      expect((await errorOf("eth_getBalance", ADDRESS, "0x100"))?.message).to.equal("header not found: no block 256");
    });

    it("from 2^63 on are no block numbers", async () => {
      for (const number of ["0x8000000000000000", "0xffffffffffffffff", "0x10000000000000000"])
        for (const [method, ...params] of [
          ["eth_getBlockByNumber", number, true],
          ["eth_getBalance", ADDRESS, number],
          ["eth_getLogs", { fromBlock: "0x0", toBlock: number }],
        ] as const)
          expect((await errorOf(method, ...params))?.code, `${method} ${number}`).to.equal(-32602);
    });

    it("name no transaction, message or withdrawal", async () => {
      for (const number of [...HUGE, "0xffffffffffffffff"]) {
        expect(await result(node, "eth_getTransactionByBlockNumberAndIndex", "0x1", number)).to.equal(null);
        expect(await result(node, "eth_getTransactionByBlockNumberAndIndex", "pending", number)).to.equal(null);
        expect(await result(node, "eth_getRawTransactionByBlockNumberAndIndex", "0x1", number)).to.equal(null);
        expect(await result(node, "eth_getUncleByBlockNumberAndIndex", "0x1", number)).to.equal(null);
      }
      for (const number of HUGE.filter((huge) => BigInt(huge) < 2n ** 53n)) {
        expect(await result(node, "rollup_getMessageStatus", number)).to.equal(null);
        expect(await result(node, "rollup_getWithdrawalStatus", number)).to.equal(null);
      }
    });

    it("of blocks in a fee history are as many as there are", async () => {
      for (const count of ["0xffffffffffffffff", "18446744073709551615", 2])
        expect(await result(node, "eth_feeHistory", count, "latest")).to.include({ oldestBlock: "0x0" });
    });
  });

  describe("empty text", () => {
    it("is zero where a quantity is meant, and no bytes where bytes are, as in go-ethereum", async () => {
      const empty = { data: "", value: "", gasPrice: "", nonce: "", maxFeePerGas: null };
      expect(await result(node, "eth_call", { to: ADDRESS, ...empty }, "latest")).to.equal("0x");
      expect(
        await result(node, "eth_call", { to: ADDRESS, input: "" }, "latest", { [ADDRESS]: { code: "" } }),
      ).to.equal("0x");
      expect(await result(node, "eth_estimateGas", { to: ADDRESS, data: "", value: "" })).to.match(/^0x/);
      const overrides = { [ADDRESS]: { balance: "", nonce: "" } };
      const call = { from: ADDRESS, to: ADDRESS, value: "0x1" };
      expect((await errorOf("eth_call", call, "latest", overrides))?.message).to.match(/^insufficient funds/);
      expect(
        await result(node, "eth_call", { to: ADDRESS }, "latest", {}, { time: "0x7fffffff", baseFeePerGas: "" }),
      ).to.equal("0x");
      expect(await result(node, "web3_sha3", "")).to.equal(await result(node, "web3_sha3", "0x"));
      expect((await errorOf("eth_sendRawTransaction", ""))?.message).to.match(/^typed transaction too short/);
      expect(await result(node, "eth_getTransactionByBlockNumberAndIndex", "0x1", "")).to.include({ type: "0x7e" });
      // Zero gas is an answer too.
      expect((await errorOf("eth_call", { to: ADDRESS, gas: "" }, "latest"))?.message).to.match(
        /^intrinsic gas too low/,
      );
      expect((await errorOf("eth_call", { to: ADDRESS, chainId: "" }, "latest"))?.message).to.match(/have=0/);
    });

    it("is no address, hash, block, flag or slot", async () => {
      for (const [method, ...params] of [
        ["eth_getBalance", "", "latest"],
        ["eth_getBalance", ADDRESS, ""],
        ["eth_getBlockByNumber", "", false],
        ["eth_getBlockByHash", "", false],
        ["eth_getTransactionByHash", ""],
        ["eth_getLogs", { fromBlock: "" }],
        ["eth_getLogs", { topics: [""] }],
        ["eth_getLogs", { address: "" }],
        ["eth_call", { to: "" }, "latest"],
        ["eth_call", { from: "", to: ADDRESS }, "latest"],
        ["eth_call", { to: ADDRESS, accessList: [{ address: ADDRESS, storageKeys: [""] }] }, "latest"],
        ["rollup_getWithdrawalStatus", ""],
      ] as const)
        expect((await errorOf(method, ...params))?.code, `${method} ${JSON.stringify(params)}`).to.equal(-32602);
    });
  });

  it("may write their prefix 0X, as go-ethereum reads it", async () => {
    const upper = (text: string) => `0X${text.slice(2).toUpperCase()}`;
    const account = `0x${"aa".repeat(20)}`;
    expect(await result(node, "eth_getBalance", upper(account), "0X1")).to.equal(
      await result(node, "eth_getBalance", account, "0x1"),
    );
    const { hash } = await result<{ hash: string }>(node, "eth_getBlockByNumber", "0X1", false);
    expect(await result(node, "eth_getBlockByHash", upper(hash), false)).to.include({ hash });
    expect(await result(node, "web3_sha3", "0XAB")).to.equal(await result(node, "web3_sha3", "0xab"));
  });
});
