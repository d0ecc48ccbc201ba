import { expect } from "chai";
import { encodeFunctionData, parseAbi, toHex, type Hex } from "viem";
import { compileProbe } from "./probe-contract.ts";
import { ask, context, deposit, result, startNode, viemClients, type TestNode } from "./node-fixture.ts";

const ABI = parseAbi([
  "constructor(uint256 first)",
  "function store(uint256 slot, uint256 value)",
  "function failWithReason() view",
]);
const CREATE2_DEPLOYER = "0x4e59b44847b379578588920ca78fbf26c0b4956c";
const NOBODY = "0x00000000000000000000000000000000000000ff";

interface Search {
  readonly txs: readonly { readonly hash: Hex; readonly blockNumber: Hex }[];
  readonly receipts: readonly { readonly transactionHash: Hex; readonly timestamp: number }[];
  readonly firstPage: boolean;
  readonly lastPage: boolean;
}

describe("Otterscan's methods", function () {
  this.timeout(60_000);
  let node: TestNode;
  let alice: Hex;
  let probe: Hex;
  let created: Hex;
  let stored: Hex[];
  let failed: Hex;
  let factoryCreation: Hex;
  let depositHash: Hex;

  before(async () => {
    node = await startNode();
    const consumed = node.nextBlock((block) => block.nextMessage === 2);
    await node.receive([context(0), deposit(1)]);
    depositHash = (await consumed).transactions[0]!.hash;
    const { wallet, reader, account } = viemClients(node, "alice");
    alice = account.address.toLowerCase() as Hex;
    const mined = (hash: Hex) => reader.waitForTransactionReceipt({ hash });
    created = await wallet.deployContract({ abi: ABI, bytecode: compileProbe().bytecode, args: [5n] });
    probe = (await mined(created)).contractAddress!;
    stored = [];
    for (const value of [1n, 2n, 3n]) {
      const hash = await wallet.writeContract({
        address: probe,
        abi: ABI,
        functionName: "store",
        args: [value, value],
      });
      await mined(hash);
      stored.push(hash);
    }
    const data = encodeFunctionData({ abi: ABI, functionName: "failWithReason" });
    failed = await wallet.sendTransaction({ to: probe, data, gas: 500_000n });
    await mined(failed);
    // Creation code of a contract that is one STOP, by the deployer, which passes the ether on.
    factoryCreation = await wallet.sendTransaction({
      to: CREATE2_DEPLOYER,
      data: `0x${"00".repeat(32)}60015f5360015ff3`,
      value: 7n,
      gas: 500_000n,
    });
    await mined(factoryCreation);
  });
  after(() => node.close());

  it("say which version they are", async () => {
    expect(await result(node, "ots_getApiLevel")).to.equal(8);
  });

  it("tell contracts from accounts, at any block", async () => {
    expect(await result(node, "ots_hasCode", probe, "latest")).to.equal(true);
    expect(await result(node, "ots_hasCode", probe, "0x0")).to.equal(false);
    expect(await result(node, "ots_hasCode", alice, "latest")).to.equal(false);
  });

  it("give the calls of a transaction, what moved inside of it, and what it failed with", async () => {
    const trace = await result<{ type: string; depth: number; to: Hex }[]>(
      node,
      "ots_traceTransaction",
      factoryCreation,
    );
    expect(trace.map(({ type, depth }) => [type, depth])).to.eql([
      ["CALL", 0],
      ["CREATE2", 1],
    ]);
    const made = trace[1]!.to;
    expect(await result(node, "ots_getInternalOperations", factoryCreation)).to.eql([
      { type: 3, from: CREATE2_DEPLOYER, to: made, value: "0x7" },
    ]);
    expect(await result(node, "ots_getInternalOperations", stored[0])).to.eql([]);
    expect(await result<Hex>(node, "ots_getTransactionError", failed)).to.match(/^0x08c379a0/);
    expect(await result(node, "ots_getTransactionError", stored[0])).to.equal("0x");
  });

  it("find who created a contract, by a transaction or by another contract; nobody did where there is none", async () => {
    expect(await result(node, "ots_getContractCreator", probe)).to.eql({ hash: created, creator: alice });
    const [operation] = await result<{ to: Hex }[]>(node, "ots_getInternalOperations", factoryCreation);
    expect(await result(node, "ots_getContractCreator", operation!.to)).to.eql({
      hash: factoryCreation,
      creator: CREATE2_DEPLOYER,
    });
    for (const address of [alice, CREATE2_DEPLOYER]) {
      expect((await ask(node, "ots_getContractCreator", address)).result).to.equal(null);
    }
  });

  it("find the transaction by which an account used a nonce", async () => {
    expect(await result(node, "ots_getTransactionBySenderAndNonce", alice, 0)).to.equal(created);
    expect(await result(node, "ots_getTransactionBySenderAndNonce", alice, 3)).to.equal(stored[2]);
    expect((await ask(node, "ots_getTransactionBySenderAndNonce", alice, 6)).result).to.equal(null);
  });

  it("page through the transactions that name an account, newest first", async () => {
    const all = await result<Search>(node, "ots_searchTransactionsBefore", probe, 0, 25);
    expect(all.txs.map(({ hash }) => hash)).to.eql([failed, ...stored.toReversed(), created]);
    expect(all.receipts.map(({ transactionHash }) => transactionHash)).to.eql(all.txs.map(({ hash }) => hash));
    expect(all).to.include({ firstPage: true, lastPage: true });

    const first = await result<Search>(node, "ots_searchTransactionsBefore", probe, 0, 2);
    expect(first.txs.map(({ hash }) => hash)).to.eql([failed, stored[2]]);
    expect(first).to.include({ firstPage: true, lastPage: false });
    const next = await result<Search>(
      node,
      "ots_searchTransactionsBefore",
      probe,
      Number(first.txs[1]!.blockNumber),
      25,
    );
    expect(next.txs.map(({ hash }) => hash)).to.eql([stored[1], stored[0], created]);
    const back = await result<Search>(node, "ots_searchTransactionsAfter", probe, Number(next.txs[0]!.blockNumber), 1);
    expect(back.txs.map(({ hash }) => hash)).to.eql([stored[2]]);
    const last = await result<Search>(node, "ots_searchTransactionsAfter", probe, 0, 25);
    expect(last.txs).to.eql(all.txs);
    expect(last).to.include({ firstPage: true, lastPage: true });
    expect((await result<Search>(node, "ots_searchTransactionsBefore", NOBODY, 0, 25)).txs).to.eql([]);
  });

  it("find a deposit by the account it was made for", async () => {
    const { from } = await result<{ from: Hex }>(node, "eth_getTransactionByHash", depositHash);
    const { txs } = await result<Search>(node, "ots_searchTransactionsBefore", from, 0, 25);
    expect(txs.map(({ hash }) => hash)).to.include(depositHash);
  });

  it("give a block's fees and count without its transactions, and its transactions page by page", async () => {
    const receipt = await result<Record<string, Hex>>(node, "eth_getTransactionReceipt", stored[0]);
    const { blockNumber, blockHash, gasUsed, effectiveGasPrice } = receipt as Record<
      "blockNumber" | "blockHash" | "gasUsed" | "effectiveGasPrice",
      Hex
    >;
    const details = await result<{ block: object; totalFees: Hex }>(node, "ots_getBlockDetails", blockNumber);
    expect(details.block).to.include({ hash: blockHash, transactionCount: 1 });
    expect(details.totalFees).to.equal(toHex(BigInt(gasUsed) * BigInt(effectiveGasPrice)));
    expect(await result(node, "ots_getBlockDetailsByHash", blockHash)).to.eql(details);
    const page = await result<{ fullblock: { transactions: { hash: Hex; input: Hex }[] }; receipts: object[] }>(
      node,
      "ots_getBlockTransactions",
      blockNumber,
      0,
      10,
    );
    expect(page.fullblock.transactions.map(({ hash, input }) => [hash, input.length])).to.eql([[stored[0], 10]]);
    expect(page.receipts).to.have.length(1);
    const empty = await result<typeof page>(node, "ots_getBlockTransactions", blockNumber, 1, 10);
    expect(empty.fullblock.transactions).to.eql([]);
  });

  it("refuse pages that are too long, and searches that would read too many blocks, saying where to go on", async () => {
    const long = await ask(node, "ots_searchTransactionsBefore", probe, 0, 101);
    expect(long.error?.message).to.contain("expected a page of 1 to 100, got 101");
    const bounded = await startNode({ rpc: { limits: { logBlocks: 2 } } });
    try {
      const { wallet, reader } = viemClients(bounded, "alice");
      for (let count = 0; count < 3; count++) {
        await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to: alice, value: 1n }) });
      }
      const { error } = await ask(bounded, "ots_searchTransactionsBefore", NOBODY, 0, 25);
      expect(error?.message).to.contain("the search reads at most 2 blocks").and.to.contain("search on from block");
    } finally {
      await bounded.close();
    }
  });
});
