import { RLP } from "@ethereumjs/rlp";
import { createMPT, verifyMPTWithMerkleProof } from "@ethereumjs/mpt";
import { expect } from "chai";
import { encodeFunctionData, keccak256, parseAbi, toHex, type Hex as ViemHex } from "viem";
import { compileProbe } from "./probe-contract.ts";
import { ask, context, deposit, ETHER, result, startNode, viemClients, type TestNode } from "./node-fixture.ts";

const ABI = parseAbi([
  "constructor(uint256 first)",
  "function store(uint256 slot, uint256 value)",
  "function storeMany(uint256 count)",
  "function clear(uint256 slot)",
  "function values(uint256) view returns (uint256)",
  "function failWithReason() view",
  "function spin() view",
  "function environment() view returns (uint256 number, uint256 timestamp, uint256 baseFee, uint256 gasPrice, address coinbase)",
]);

interface RpcBlock {
  readonly [field: string]: string;
}

describe("Reading the chain by JSON-RPC", function () {
  this.timeout(60_000);
  let node: TestNode;
  let probe: ViemHex;
  let alice: ViemHex;
  let stores: { hash: ViemHex; number: number; blockHash: ViemHex }[];

  before(async () => {
    node = await startNode();
    const consumed = node.nextBlock((block) => block.nextMessage === 2);
    await node.receive([context(0), deposit(1)]);
    await consumed;
    const { wallet, reader, account } = viemClients(node, "alice");
    alice = account.address.toLowerCase() as ViemHex;
    const hash = await wallet.deployContract({ abi: ABI, bytecode: compileProbe().bytecode, args: [5n] });
    probe = (await reader.waitForTransactionReceipt({ hash })).contractAddress!;
    stores = [];
    for (const value of [1n, 2n, 3n]) {
      const stored = await wallet.writeContract({
        address: probe,
        abi: ABI,
        functionName: "store",
        args: [value, value * 10n],
      });
      const receipt = await reader.waitForTransactionReceipt({ hash: stored });
      stores.push({ hash: stored, number: Number(receipt.blockNumber), blockHash: receipt.blockHash });
    }
  });
  after(() => node.close());

  const errorOf = async (method: string, ...params: unknown[]) => (await ask(node, method, ...params)).error;

  describe("a block", () => {
    it("has a hash that is the keccak of the RLP of its fields", async () => {
      for (const tag of ["earliest", "0x1", "latest"]) {
        const block = await result<RpcBlock>(node, "eth_getBlockByNumber", tag, false);
        const field = (name: string) => block[name] as ViemHex;
        const number = (name: string) => BigInt(field(name));
        const encoded = RLP.encode([
          field("parentHash"),
          field("sha3Uncles"),
          field("miner"),
          field("stateRoot"),
          field("transactionsRoot"),
          field("receiptsRoot"),
          field("logsBloom"),
          number("difficulty"),
          number("number"),
          number("gasLimit"),
          number("gasUsed"),
          number("timestamp"),
          field("extraData"),
          field("mixHash"),
          field("nonce"),
          number("baseFeePerGas"),
          field("withdrawalsRoot"),
          number("blobGasUsed"),
          number("excessBlobGas"),
          field("parentBeaconBlockRoot"),
          field("requestsHash"),
        ]);
        expect(keccak256(encoded), tag).to.equal(field("hash"));
        expect(await result(node, "debug_getRawHeader", tag)).to.equal(toHex(encoded));
      }
    });

    it("is the same by number, by hash, and by tag", async () => {
      const latest = await result<RpcBlock>(node, "eth_getBlockByNumber", "latest", true);
      expect(await result(node, "eth_getBlockByHash", latest["hash"], true)).to.eql(latest);
      expect(await result(node, "eth_getBlockByNumber", latest["number"], true)).to.eql(latest);
      const { transactions: _, size: __, uncles: ___, withdrawals: ____, ...header } = latest;
      expect(await result(node, "eth_getHeaderByNumber", "latest")).to.eql(header);
    });

    it("that does not exist is null", async () => {
      expect(await result(node, "eth_getBlockByNumber", "0xffffff", false)).to.equal(null);
      expect(await result(node, "eth_getBlockByHash", `0x${"12".repeat(32)}`, false)).to.equal(null);
      expect(await result(node, "eth_getBlockReceipts", "0xffffff")).to.equal(null);
      expect(await result(node, "eth_getBlockTransactionCountByNumber", "0xffffff")).to.equal(null);
    });

    it("has no uncles", async () => {
      expect(await result(node, "eth_getUncleCountByBlockNumber", "latest")).to.equal("0x0");
      expect(await result(node, "eth_getUncleByBlockNumberAndIndex", "latest", "0x0")).to.equal(null);
    });
  });

  describe("a transaction", () => {
    it("is the same by hash and by its place, and its raw bytes hash to its hash", async () => {
      const { hash, number, blockHash } = stores[0]!;
      const transaction = await result<Record<string, string>>(node, "eth_getTransactionByHash", hash);
      expect(transaction["from"]).to.equal(alice);
      expect(await result(node, "eth_getTransactionByBlockNumberAndIndex", toHex(number), "0x0")).to.eql(transaction);
      expect(await result(node, "eth_getTransactionByBlockHashAndIndex", blockHash, "0x0")).to.eql(transaction);
      expect(await result(node, "eth_getTransactionByBlockNumberAndIndex", toHex(number), "0x1")).to.equal(null);
      for (const method of ["eth_getRawTransactionByHash", "debug_getRawTransaction"])
        expect(keccak256(await result<ViemHex>(node, method, hash))).to.equal(hash);
    });

    it("from an L1 deposit has type 0x7e, the base fee as its price, and says what it minted", async () => {
      const message = deposit(1);
      const transaction = await result<Record<string, string>>(node, "eth_getTransactionByHash", message.hash);
      const block = await result<RpcBlock>(node, "eth_getBlockByHash", transaction["blockHash"], false);
      expect(transaction).to.include({
        type: "0x7e",
        from: message.sender,
        to: message.to,
        gas: toHex(message.gasLimit),
        value: "0x1",
        nonce: "0x0",
        input: "0x",
        mint: toHex(ETHER),
        messageIndex: "0x1",
        gasPrice: block["baseFeePerGas"],
        v: "0x0",
        r: "0x0",
        s: "0x0",
      });
      const receipt = await result<Record<string, string>>(node, "eth_getTransactionReceipt", message.hash);
      expect(receipt).to.include({ type: "0x7e", status: "0x1", gasUsed: toHex(21_000), dataGas: "0x0" });
      expect(await result(node, "eth_getRawTransactionByHash", message.hash)).to.equal(null);
    });

    it("that does not exist is null", async () => {
      for (const method of ["eth_getTransactionByHash", "eth_getTransactionReceipt"])
        expect(await result(node, method, `0x${"12".repeat(32)}`)).to.equal(null);
    });
  });

  describe("state", () => {
    it("is read at any block, also named by hash (EIP-1898)", async () => {
      const [first, second] = stores;
      const data = encodeFunctionData({ abi: ABI, functionName: "values", args: [2n] });
      const at = (block: unknown) => result<ViemHex>(node, "eth_call", { to: probe, data }, block);
      expect(BigInt(await at(toHex(first!.number)))).to.equal(0n);
      expect(BigInt(await at(toHex(second!.number)))).to.equal(20n);
      expect(BigInt(await at({ blockHash: first!.blockHash }))).to.equal(0n);
      expect(BigInt(await at({ blockHash: second!.blockHash, requireCanonical: true }))).to.equal(20n);
      expect(BigInt(await at({ blockNumber: toHex(second!.number) }))).to.equal(20n);
      expect(BigInt(await at(second!.blockHash))).to.equal(20n);
      expect(BigInt(await at(undefined))).to.equal(20n);
    });

    it("at an unknown block is an error that names it", async () => {
      expect(await errorOf("eth_getBalance", alice, "0xffffff")).to.eql({
        code: -32000,
        message: "header not found: no block 16777215",
      });
    });

    it("is proven by eth_getProof against the block's state root", async () => {
      const block = await result<RpcBlock>(node, "eth_getBlockByNumber", "latest", false);
      const key = keccak256(`0x${"00".repeat(31)}02${"00".repeat(32)}`);
      const proof = await result<{
        accountProof: ViemHex[];
        storageHash: ViemHex;
        codeHash: ViemHex;
        balance: ViemHex;
        nonce: ViemHex;
        storageProof: { key: string; value: ViemHex; proof: ViemHex[] }[];
      }>(node, "eth_getProof", probe, [key, "0x1"], "latest");
      const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
      const trie = await createMPT({ useKeyHashing: true });
      const verify = (root: string, path: string, nodes: ViemHex[]) =>
        verifyMPTWithMerkleProof(trie, bytes(root), bytes(path), nodes.map(bytes));
      const account = await verify(block["stateRoot"]!, probe, proof.accountProof);
      expect(toHex(account!)).to.equal(
        toHex(RLP.encode([BigInt(proof.nonce), BigInt(proof.balance), proof.storageHash, proof.codeHash])),
      );
      for (const slot of proof.storageProof) {
        const value = await verify(proof.storageHash, slot.key, slot.proof);
        expect(value === null ? 0n : BigInt(toHex(RLP.decode(value) as Uint8Array))).to.equal(BigInt(slot.value));
      }
      expect(BigInt(await result(node, "eth_getStorageAt", probe, "0x1", "latest")))
        .to.equal(BigInt(proof.storageProof[1]!.value))
        .and.to.equal(60n);
    });

    it("has a nonce at pending that counts the pool", async () => {
      const { account, wallet, reader } = viemClients(node, "bob");
      const nonce = await reader.getTransactionCount(account);
      await wallet.sendTransaction({
        to: alice,
        nonce: nonce + 1,
        gas: 100_000n,
        maxFeePerGas: 10n ** 9n,
        maxPriorityFeePerGas: 0n,
      });
      expect(await reader.getTransactionCount({ ...account, blockTag: "pending" })).to.equal(nonce);
      const status = await result(node, "txpool_status");
      expect(status).to.eql({ pending: "0x0", queued: "0x1" });
      const from = await result<{ queued: Record<string, { hash: ViemHex; blockHash: null }> }>(
        node,
        "txpool_contentFrom",
        account.address,
      );
      const queued = from.queued[String(nonce + 1)]!;
      expect(queued.blockHash).to.equal(null);
      expect(await result(node, "eth_getTransactionByHash", queued.hash)).to.eql(queued);
      expect(
        await result<{ queued: object }>(node, "txpool_content").then(({ queued: all }) => Object.keys(all)),
      ).to.eql([account.address]);
      await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to: alice, nonce }) });
      await reader.waitForTransactionReceipt({ hash: queued.hash });
      expect(await reader.getTransactionCount({ ...account, blockTag: "pending" })).to.equal(nonce + 2);
    });
  });

  describe("eth_call", () => {
    const environment = async (...rest: unknown[]) => {
      const data = encodeFunctionData({ abi: ABI, functionName: "environment" });
      const output = await result<ViemHex>(node, "eth_call", { to: probe, data }, ...rest);
      return Array.from({ length: 5 }, (_, index) => BigInt(`0x${output.slice(2 + 64 * index, 66 + 64 * index)}`));
    };

    it("sees the environment of the block named, and of the next one at pending", async () => {
      const latest = await result<RpcBlock>(node, "eth_getBlockByNumber", "latest", false);
      const pending = await result<RpcBlock>(node, "eth_getBlockByNumber", "pending", false);
      expect((await environment("latest")).slice(0, 3)).to.eql(
        [latest["number"], latest["timestamp"], latest["baseFeePerGas"]].map(BigInt as never),
      );
      const [number, , baseFee] = await environment("pending");
      expect([number, baseFee]).to.eql([BigInt(latest["number"]!) + 1n, BigInt(pending["baseFeePerGas"]!)]);
    });

    it("sees overridden blocks", async () => {
      expect(
        await environment("latest", {}, { number: "0x64", time: "0x65", feeRecipient: alice, baseFeePerGas: "0x5" }),
      ).to.eql([100n, 101n, 5n, 0n, BigInt(alice)]);
    });

    it("sees overridden accounts", async () => {
      const stranger = `0x${"99".repeat(20)}`;
      const data = encodeFunctionData({ abi: ABI, functionName: "values", args: [1n] });
      const key = keccak256(`0x${"00".repeat(31)}01${"00".repeat(32)}`);
      const value = `0x${"00".repeat(31)}2a`;
      const call = async (override: object) =>
        BigInt(await result<ViemHex>(node, "eth_call", { to: probe, data }, "latest", { [probe]: override }));
      expect(await call({})).to.equal(10n);
      expect(await call({ stateDiff: { [key]: value } })).to.equal(42n);
      expect(await call({ state: {} })).to.equal(0n);
      // PUSH1 42 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
      expect(await call({ code: "0x602a5f5260205ff3" })).to.equal(42n);
      expect((await errorOf("eth_call", { from: stranger, to: alice, value: "0x1" }, "latest"))?.message).to.match(
        /^insufficient funds for gas \* price \+ value: address 0x9+ have 0 want 1$/,
      );
      expect(
        await result(node, "eth_call", { from: stranger, to: alice, value: "0x1" }, "latest", {
          [stranger]: { balance: "0x1" },
        }),
      ).to.equal("0x");
      expect(
        (await errorOf("eth_call", { to: probe, data }, "latest", { [probe]: { state: {}, stateDiff: {} } }))?.code,
      ).to.equal(-32602);
    });

    it("that reverts has code 3, the reason in the message and the data", async () => {
      const { code, message, data } = (await errorOf(
        "eth_call",
        { to: probe, data: encodeFunctionData({ abi: ABI, functionName: "failWithReason" }) },
        "latest",
      ))!;
      expect({ code, message }).to.eql({ code: 3, message: "execution reverted: no luck" });
      expect(data).to.match(/^0x08c379a0/);
    });

    it("that runs out of gas says so and ends in bounded time", async () => {
      const error = await errorOf(
        "eth_call",
        { to: probe, data: encodeFunctionData({ abi: ABI, functionName: "spin" }), gas: "0xffffffffff" },
        "latest",
      );
      expect(error?.code).to.equal(-32000);
      expect(error?.message).to.match(/invalid opcode|out of gas/i);
    });

    it("takes what wallets send, and refuses what contradicts itself", async () => {
      expect(
        await result(
          node,
          "eth_call",
          { to: alice, value: null, data: "0x", gas: 30_000, type: "0x02", chainId: "0x1092" },
          "latest",
          null,
        ),
      ).to.equal("0x");
      for (const call of [
        { to: alice, data: "0x01", input: "0x02" },
        { to: alice, gasPrice: "0x1", maxFeePerGas: "0x1" },
        { to: "0x12" },
        { to: alice, value: "1" },
        { to: alice, data: "0x123" },
        "0x",
      ]) {
        expect((await errorOf("eth_call", call, "latest"))?.code, JSON.stringify(call)).to.equal(-32602);
      }
      expect((await errorOf("eth_call", { to: alice, chainId: "0x1" }, "latest"))?.message).to.match(
        /^chainId does not match/,
      );
      expect((await errorOf("eth_call", { from: alice, to: alice, maxFeePerGas: "0x1" }, "latest"))?.message).to.match(
        /^max fee per gas less than block base fee/,
      );
      expect(
        (
          await errorOf(
            "eth_call",
            { from: alice, to: alice, maxFeePerGas: "0x1", maxPriorityFeePerGas: "0x2" },
            "latest",
          )
        )?.message,
      ).to.match(/^max priority fee per gas higher than max fee per gas/);
    });
  });

  describe("a call with a gas price", () => {
    const empty = `0x${"99".repeat(20)}`;
    const gasPrice = toHex(10n ** 10n);
    const insufficient = (gas: bigint, value = 0n) =>
      `insufficient funds for gas * price + value: address ${empty} have 0 want ${gas * 10n ** 10n + value}`;

    it("from an account that cannot pay for all of its gas has insufficient funds, whatever else is wrong with it", async () => {
      for (const method of ["eth_call", "debug_traceCall"]) {
        const messageOf = async (call: object) =>
          (await errorOf(method, { from: empty, to: alice, ...call }, "latest"))?.message;
        expect(await messageOf({ gasPrice })).to.equal(insufficient(2n ** 24n));
        expect(await messageOf({ maxFeePerGas: gasPrice })).to.equal(insufficient(2n ** 24n));
        expect(await messageOf({ gasPrice, value: "0x1" })).to.equal(insufficient(2n ** 24n, 1n));
        expect(await messageOf({ gasPrice, gas: "0x5207" })).to.equal(insufficient(20_999n));
        expect(await messageOf({ gasPrice, nonce: "0x5" })).to.equal(insufficient(2n ** 24n));
        expect(await messageOf({ gasPrice: "0x1" })).to.match(/^max fee per gas less than block base fee/);
      }
    });

    it("runs with all the gas there is, or not at all", async () => {
      const balanceFor = (gas: bigint) => ({ [empty]: { balance: toHex(gas * 10n ** 10n) } });
      const call = { from: empty, to: alice, gasPrice };
      expect(await result(node, "eth_call", call, "latest", balanceFor(2n ** 24n))).to.equal("0x");
      const error = await errorOf("eth_call", call, "latest", balanceFor(2n ** 24n - 1n));
      expect(error?.message).to.match(/^insufficient funds/);
      expect(await result(node, "eth_call", { ...call, gas: "0x5208" }, "latest", balanceFor(21_000n))).to.equal("0x");
      expect((await errorOf("eth_call", { ...call, gas: "0x5207" }, "latest", balanceFor(21_000n)))?.message).to.match(
        /^intrinsic gas too low/,
      );
    });
  });

  describe("eth_createAccessList", () => {
    it("lists the slots a call touches, and makes the call cheaper or dearer but no different", async () => {
      const data = encodeFunctionData({ abi: ABI, functionName: "store", args: [9n, 1n] });
      const { accessList, gasUsed } = await result<{
        accessList: { address: string; storageKeys: string[] }[];
        gasUsed: ViemHex;
      }>(node, "eth_createAccessList", { from: alice, to: probe, data }, "latest");
      expect(accessList).to.have.length(1);
      expect(accessList[0]!.address).to.equal(probe.toLowerCase());
      expect(accessList[0]!.storageKeys.sort()).to.eql(
        [keccak256(`0x${"00".repeat(31)}09${"00".repeat(32)}`), `0x${"00".repeat(31)}01`].sort(),
      );
      expect(BigInt(gasUsed) > 21_000n).to.equal(true);
    });

    it("gives the list and the error of a call that fails", async () => {
      const answer = await result<{ accessList: unknown[]; error: string }>(
        node,
        "eth_createAccessList",
        { from: alice, to: probe, data: encodeFunctionData({ abi: ABI, functionName: "failWithReason" }) },
        "latest",
      );
      expect(answer.error).to.equal("execution reverted");
      expect(answer.accessList).to.eql([]);
    });
  });

  describe("eth_getLogs", () => {
    const logs = (filter: object) =>
      result<{ topics: string[]; transactionHash: string; blockHash: string; logIndex: string; removed: boolean }[]>(
        node,
        "eth_getLogs",
        { fromBlock: "earliest", ...filter },
      );
    const slotTopic = (slot: number) => toHex(slot, { size: 32 });

    it("finds logs by address, by topics, by lists of either, and by block", async () => {
      expect(await logs({ address: probe })).to.have.length(3);
      expect(await logs({ address: [alice, probe] })).to.have.length(3);
      expect(await logs({ address: alice })).to.have.length(0);
      expect(await logs({ topics: [null, null, slotTopic(2)] })).to.have.length(1);
      expect(await logs({ topics: [null, null, [slotTopic(2), slotTopic(3)]] })).to.have.length(2);
      expect(await logs({ topics: [[], null] })).to.have.length(3);
      expect(await logs({ topics: [null, null, null, null] })).to.have.length(0);
      expect(
        await logs({ address: probe, fromBlock: toHex(stores[1]!.number), toBlock: toHex(stores[1]!.number) }),
      ).to.have.length(1);
      const [found] = await result<{ transactionHash: string }[]>(node, "eth_getLogs", {
        blockHash: stores[2]!.blockHash,
      });
      expect(found!.transactionHash).to.equal(stores[2]!.hash);
      const receipt = await result<{ logs: unknown[] }>(node, "eth_getTransactionReceipt", stores[2]!.hash);
      expect(receipt.logs).to.eql([found]);
    });

    it("tells what is wrong with a query", async () => {
      expect(await errorOf("eth_getLogs", { fromBlock: "0x3", toBlock: "0x2" })).to.eql({
        code: -32602,
        message: "invalid block range params: fromBlock 3 is after toBlock 2",
      });
      expect((await errorOf("eth_getLogs", { blockHash: stores[0]!.blockHash, fromBlock: "0x1" }))?.message).to.match(
        /either blockHash or fromBlock/,
      );
      expect((await errorOf("eth_getLogs", { topics: ["0x12"] }))?.message).to.equal(
        'invalid argument 0: at topics.0: expected a 32-byte topic or a list of them, got "0x12"',
      );
      expect((await errorOf("eth_getLogs", { blockHash: `0x${"12".repeat(32)}` }))?.message).to.match(/^unknown block/);
    });
  });

  describe("fees", () => {
    it("a fee history gives base fees of the blocks and the next one, and rewards at percentiles", async () => {
      const history = await result<{
        oldestBlock: ViemHex;
        baseFeePerGas: ViemHex[];
        gasUsedRatio: number[];
        reward: ViemHex[][];
      }>(node, "eth_feeHistory", "0x2", "latest", [0, 50, 100]);
      const latest = await result<RpcBlock>(node, "eth_getBlockByNumber", "latest", false);
      const pending = await result<RpcBlock>(node, "eth_getBlockByNumber", "pending", false);
      expect(Number(history.oldestBlock)).to.equal(Number(latest["number"]) - 1);
      expect(history.baseFeePerGas.slice(1)).to.eql([latest["baseFeePerGas"], pending["baseFeePerGas"]]);
      const { gasUsed, gasLimit } = node.chain.latest().header;
      // Hardhat's closeTo takes integers only.
      expect(Math.abs((history.gasUsedRatio[1] ?? NaN) - Number(gasUsed) / Number(gasLimit))).to.be.lessThan(1e-6);
      expect(history.reward.map((row) => row.length)).to.eql([3, 3]);
    });

    it("a fee history is cut to the blocks there are, and refuses percentiles out of order", async () => {
      const history = await result<{ oldestBlock: string; baseFeePerGas: string[] }>(
        node,
        "eth_feeHistory",
        "0x400",
        "0x1",
      );
      expect(history.oldestBlock).to.equal("0x0");
      expect(history.baseFeePerGas).to.have.length(3);
      expect((await errorOf("eth_feeHistory", "0x1", "latest", [50, 10]))?.code).to.equal(-32602);
      expect((await errorOf("eth_feeHistory", "0x1", "latest", [101]))?.code).to.equal(-32602);
    });

    it("the gas price is the next base fee and a tip", async () => {
      const pending = await result<RpcBlock>(node, "eth_getBlockByNumber", "pending", false);
      const tip = await result<ViemHex>(node, "eth_maxPriorityFeePerGas");
      expect(BigInt(await result<ViemHex>(node, "eth_gasPrice"))).to.equal(
        BigInt(pending["baseFeePerGas"]!) + BigInt(tip),
      );
    });
  });

  it("small facts", async () => {
    expect(await result(node, "eth_chainId")).to.equal("0x1092");
    expect(await result(node, "net_version")).to.equal("4242");
    expect(await result(node, "net_listening")).to.equal(true);
    expect(await result(node, "net_peerCount")).to.equal("0x0");
    expect(await result(node, "eth_accounts")).to.eql([]);
    expect(await result(node, "eth_blobBaseFee")).to.equal("0x1");
    expect(await result(node, "web3_clientVersion")).to.match(/^onestep\//);
    expect(await result(node, "web3_sha3", "0x68656c6c6f20776f726c64")).to.equal(
      "0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad",
    );
    expect(Object.keys(await result<object>(node, "rpc_modules"))).to.include.members([
      "eth",
      "net",
      "web3",
      "txpool",
      "debug",
      "rollup",
    ]);
    expect(await result(node, "eth_syncing")).to.equal(false);
  });
});
