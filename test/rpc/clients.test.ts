import { expect } from "chai";
import type { Contract } from "ethers";
import { ContractFactory, isError, parseEther } from "ethers";
import {
  BaseError,
  ContractFunctionRevertedError,
  InsufficientFundsError,
  NonceTooLowError,
  FeeCapTooLowError,
  IntrinsicGasTooLowError,
  parseAbi,
  type Hex as ViemHex,
} from "viem";
import { compileProbe, type Compiled } from "./probe-contract.ts";
import {
  context,
  deposit,
  ETHER,
  ethersWallet,
  GWEI,
  result,
  startNode,
  viemClients,
  type TestNode,
} from "./node-fixture.ts";

describe("Wallets and libraries with their defaults", function () {
  this.timeout(60_000);
  let node: TestNode;
  let probe: Compiled;

  before(async () => {
    probe = compileProbe();
    node = await startNode();
    // A data price, so that everything below pays for its data.
    const consumed = node.nextBlock((block) => block.nextMessage === 2);
    await node.receive([context(0), deposit(1, { sender: `0x${"aa".repeat(20)}`, data: new Uint8Array([1, 2, 3]) })]);
    await consumed;
  });
  after(() => node.close());

  it("pay for their data: gas used is Ethereum's and the data gas", async () => {
    const { wallet, provider } = ethersWallet(node, "alice");
    const sent = await (await wallet.sendTransaction({ to: `0x${"b1".repeat(20)}` })).wait();
    const receipt = await result<{ gasUsed: string; dataGas: string }>(node, "eth_getTransactionReceipt", sent!.hash);
    expect(BigInt(receipt.dataGas) > 0n).to.equal(true);
    expect(BigInt(receipt.gasUsed)).to.equal(21_000n + BigInt(receipt.dataGas));
    provider.destroy();
  });

  describe("ethers", () => {
    it("sends ether and waits for the receipt", async () => {
      const { wallet, provider } = ethersWallet(node, "alice");
      const to = `0x${"b0".repeat(20)}`;
      const before = await provider.getBalance(wallet.address);
      const response = await wallet.sendTransaction({ to, value: parseEther("1") });
      const receipt = await response.wait();
      expect(receipt?.status).to.equal(1);
      expect(await provider.getBalance(to)).to.equal(ETHER);
      const fee = receipt!.gasUsed * receipt!.gasPrice;
      expect(await provider.getBalance(wallet.address)).to.equal(before - ETHER - fee);
      provider.destroy();
    });

    it("deploys, calls, estimates, reads events and finds its transaction", async () => {
      const { wallet, provider } = ethersWallet(node, "alice");
      const factory = new ContractFactory(probe.abi, probe.bytecode, wallet);
      const deployed = (await factory.deploy(5n)) as Contract;
      await deployed.waitForDeployment();
      expect(await deployed.getFunction("values")(0n)).to.equal(5n);
      const response = await deployed.getFunction("store")(3n, 9n);
      const receipt = await response.wait();
      expect(receipt.logs).to.have.length(1);
      expect(receipt.logs[0].args.toArray()).to.eql([wallet.address, 3n, 9n]);
      expect(await deployed.queryFilter(deployed.filters["Stored"]!(wallet.address, 3n))).to.have.length(1);
      expect(await deployed.queryFilter(deployed.filters["Stored"]!(wallet.address, 4n))).to.have.length(0);
      const found = await provider.getTransaction(response.hash);
      expect(found?.from).to.equal(wallet.address);
      expect(found?.blockNumber).to.equal(receipt.blockNumber);
      const spare = await deployed.getFunction("needsSpareGas")();
      expect((await spare.wait()).status).to.equal(1);
      provider.destroy();
    });

    it("sends three transactions at once with pending nonces", async () => {
      const { wallet, provider } = ethersWallet(node, "bob");
      const nonce = await wallet.getNonce("pending");
      const responses = await Promise.all(
        [0, 1, 2].map((offset) => wallet.sendTransaction({ to: wallet.address, nonce: nonce + offset })),
      );
      const receipts = await Promise.all(responses.map((response) => response.wait()));
      expect(receipts.map((receipt) => receipt?.status)).to.eql([1, 1, 1]);
      expect(await wallet.getNonce()).to.equal(nonce + 3);
      provider.destroy();
    });

    it("sends everything: balance − gas limit × maxFeePerGas, to the last wei", async () => {
      const { wallet, provider } = ethersWallet(node, "carol");
      const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
      const to = `0x${"ca".repeat(20)}`;
      const balance = await provider.getBalance(wallet.address);
      const gasLimit = await provider.estimateGas({ from: wallet.address, to, value: balance });
      const value = balance - gasLimit * maxFeePerGas!;
      const fees = { maxFeePerGas: maxFeePerGas!, maxPriorityFeePerGas: maxPriorityFeePerGas! };
      const failure = await wallet.sendTransaction({ to, value: value + 1n, gasLimit, ...fees }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(isError(failure, "INSUFFICIENT_FUNDS")).to.equal(true);
      const receipt = await (await wallet.sendTransaction({ to, value, gasLimit, ...fees })).wait();
      expect(receipt?.status).to.equal(1);
      expect(await provider.getBalance(to)).to.equal(value);
      expect(await provider.getBalance(wallet.address)).to.equal(
        balance - value - receipt!.gasUsed * receipt!.gasPrice,
      );
      provider.destroy();
    });

    it("reads blocks with deposits in them, with transactions as hashes and in full", async () => {
      const { provider } = ethersWallet(node, "alice");
      const hash = deposit(1, { sender: `0x${"aa".repeat(20)}`, data: new Uint8Array([1, 2, 3]) }).hash;
      const receipt = await provider.getTransactionReceipt(hash);
      expect(receipt?.type).to.equal(0x7e);
      const transaction = await provider.getTransaction(hash);
      expect(transaction?.type).to.equal(0x7e);
      expect(transaction?.from).to.equal("0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa");
      for (const full of [false, true]) {
        const block = await provider.getBlock(receipt!.blockNumber, full);
        expect(block?.transactions).to.eql([hash]);
      }
      for (const tag of ["latest", "safe", "finalized", "pending", "earliest"])
        expect(await provider.getBlock(tag, true), tag).to.not.equal(null);
      provider.destroy();
    });

    it("tells errors apart", async () => {
      const { wallet, provider } = ethersWallet(node, "dave");
      await (await wallet.sendTransaction({ to: wallet.address })).wait();
      const codeOf = (sent: Promise<unknown>) =>
        sent.then(
          () => "none",
          (error: { code?: string }) => error.code,
        );
      expect(await codeOf(wallet.sendTransaction({ to: wallet.address, nonce: 0, gasLimit: 100_000n }))).to.equal(
        "NONCE_EXPIRED",
      );
      expect(
        await codeOf(wallet.sendTransaction({ to: wallet.address, value: 10_000n * ETHER, gasLimit: 100_000n })),
      ).to.equal("INSUFFICIENT_FUNDS");
      expect(await codeOf(wallet.sendTransaction({ to: wallet.address, value: 10_000n * ETHER }))).to.equal(
        "INSUFFICIENT_FUNDS",
      );
      const fees = { maxFeePerGas: 10n * GWEI, maxPriorityFeePerGas: GWEI, gasLimit: 100_000n };
      await wallet.sendTransaction({ to: wallet.address, nonce: 50, ...fees });
      expect(await codeOf(wallet.sendTransaction({ to: wallet.address, value: 1n, nonce: 50, ...fees }))).to.equal(
        "REPLACEMENT_UNDERPRICED",
      );
      provider.destroy();
    });

    it("decodes reverts with reasons, panics and custom errors, when calling and when estimating", async () => {
      const { wallet, provider } = ethersWallet(node, "alice");
      const deployed = (await new ContractFactory(probe.abi, probe.bytecode, wallet).deploy(0n)) as Contract;
      await deployed.waitForDeployment();
      const failureOf = (call: Promise<unknown>) =>
        call.then(
          () => expect.fail("expected a revert"),
          (error: {
            code: string;
            reason: string | null;
            data: string;
            revert: { name: string; args: unknown[] } | null;
          }) => error,
        );
      for (const mode of ["staticCall", "estimateGas"] as const) {
        const withReason = await failureOf(deployed.getFunction("failWithReason")[mode]());
        expect(withReason.code).to.equal("CALL_EXCEPTION");
        expect(withReason.reason).to.equal("no luck");
        // ethers decodes custom errors of calls only; of estimates it passes on the data.
        const { data } = await failureOf(deployed.getFunction("failWithCustom")[mode](7n));
        expect(deployed.interface.parseError(data)?.args.toArray()).to.eql([7n]);
        expect((await failureOf(deployed.getFunction("failWithPanic")[mode](0n))).revert?.name).to.equal("Panic");
      }
      provider.destroy();
    });
  });

  describe("viem", () => {
    it("deploys, writes, waits, and reads logs", async () => {
      const { account, reader, wallet } = viemClients(node, "erin");
      const abi = parseAbi([
        "function store(uint256 slot, uint256 value)",
        "function values(uint256) view returns (uint256)",
        "event Stored(address indexed by, uint256 indexed slot, uint256 value)",
      ]);
      const deployment = await wallet.deployContract({
        abi: parseAbi(["constructor(uint256 first)"]),
        bytecode: probe.bytecode,
        args: [11n],
      });
      const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deployment });
      const address = contractAddress!;
      const { request } = await reader.simulateContract({
        account,
        address,
        abi,
        functionName: "store",
        args: [1n, 2n],
      });
      const receipt = await reader.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
      expect(receipt.status).to.equal("success");
      expect(await reader.readContract({ address, abi, functionName: "values", args: [1n] })).to.equal(2n);
      const events = await reader.getContractEvents({
        address,
        abi,
        eventName: "Stored",
        fromBlock: receipt.blockNumber,
      });
      expect(events.map(({ args }) => args)).to.eql([{ by: account.address, slot: 1n, value: 2n }]);
    });

    it("sends everything, to the last wei", async () => {
      const { account, reader, wallet } = viemClients(node, "frank");
      const to: ViemHex = `0x${"fa".repeat(20)}`;
      const balance = await reader.getBalance(account);
      const { maxFeePerGas, maxPriorityFeePerGas } = await reader.estimateFeesPerGas();
      // By address: for a local account viem adds fees, which nobody can pay who sends all he has.
      const gas = await reader.estimateGas({ account: account.address, to, value: balance });
      const value = balance - gas * maxFeePerGas;
      const hash = await wallet.sendTransaction({ to, value, gas, maxFeePerGas, maxPriorityFeePerGas });
      expect((await reader.waitForTransactionReceipt({ hash })).status).to.equal("success");
      expect(await reader.getBalance({ address: to })).to.equal(value);
    });

    it("reads blocks with deposits and fee history", async () => {
      const { reader } = viemClients(node, "erin");
      const { hash } = deposit(1, { sender: `0x${"aa".repeat(20)}`, data: new Uint8Array([1, 2, 3]) });
      const transaction = await reader.getTransaction({ hash });
      expect(transaction.from).to.equal(`0x${"aa".repeat(20)}`);
      const block = await reader.getBlock({ blockNumber: transaction.blockNumber, includeTransactions: true });
      expect(block.transactions.map((found) => found.hash)).to.include(hash);
      for (const blockTag of ["latest", "safe", "finalized", "pending", "earliest"] as const)
        await reader.getBlock({ blockTag, includeTransactions: true });
      const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [10, 50, 90] });
      expect(history.baseFeePerGas).to.have.length(5);
      expect(history.reward).to.have.length(4);
    });

    it("tells errors apart", async () => {
      const { account, wallet, reader } = viemClients(node, "erin");
      const causeOf = async (sent: Promise<unknown>) => {
        const error = await sent.then(
          () => undefined,
          (caught: unknown) => caught,
        );
        expect(error).to.be.instanceOf(BaseError);
        return error as BaseError;
      };
      const to = account.address;
      const fees = { maxFeePerGas: 10n * GWEI, maxPriorityFeePerGas: 1n };
      const nonce = await reader.getTransactionCount(account);
      expect(
        (await causeOf(wallet.sendTransaction({ to, nonce: nonce - 1, gas: 100_000n, ...fees }))).walk(
          (error) => error instanceof NonceTooLowError,
        ),
      ).to.not.equal(null);
      expect(
        (await causeOf(wallet.sendTransaction({ to, value: 10_000n * ETHER, gas: 100_000n, ...fees }))).walk(
          (error) => error instanceof InsufficientFundsError,
        ),
      ).to.not.equal(null);
      expect(
        (await causeOf(wallet.sendTransaction({ to, gas: 100_000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }))).walk(
          (error) => error instanceof FeeCapTooLowError,
        ),
      ).to.not.equal(null);
      expect(
        (await causeOf(wallet.sendTransaction({ to, gas: 20_000n, ...fees }))).walk(
          (error) => error instanceof IntrinsicGasTooLowError,
        ),
      ).to.not.equal(null);
      const revert = await causeOf(
        reader.simulateContract({
          address: await probeAddress(),
          abi: parseAbi(["function failWithCustom(uint256) view", "error Custom(uint256 value)"]),
          functionName: "failWithCustom",
          args: [3n],
        }),
      );
      const reverted = revert.walk(
        (error) => error instanceof ContractFunctionRevertedError,
      ) as ContractFunctionRevertedError;
      expect(reverted.data?.errorName).to.equal("Custom");
    });
  });

  /** A deployed probe. */
  async function probeAddress(): Promise<ViemHex> {
    const { wallet, reader } = viemClients(node, "alice");
    const hash = await wallet.deployContract({
      abi: parseAbi(["constructor(uint256 first)"]),
      bytecode: probe.bytecode,
      args: [0n],
    });
    return (await reader.waitForTransactionReceipt({ hash })).contractAddress!;
  }
});
