import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  encodeDeployData,
  encodeFunctionData,
  http,
  parseEther,
  zeroAddress,
} from "viem";
import type { Abi, Address, Hash, Hex, PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { provenWithdrawal } from "../../scripts/fraud/proven-withdrawal.ts";
import type { ProvenWithdrawal } from "../../scripts/fraud/proven-withdrawal.ts";
import { readRollupConfig } from "../../src/deployment/index.ts";
import { startL1Node } from "../../src/devnet/index.ts";
import type { DevnetInfo, L1Node } from "../../src/devnet/index.ts";
import { inboxAbi, l1ERC20BridgeAbi, l2ERC20BridgeAbi, outboxAbi, portalAbi } from "../../src/l1/index.ts";
import { L2_BRIDGES, OUTBOX_ADDRESS, l1BridgesOf } from "../../src/rollup/index.ts";
import { startAnvil } from "../l1/anvil-process.ts";
import { keyOf, l2ClientOf } from "./kill-scenario.ts";
import { startOnestep, until } from "./onestep-process.ts";

const PATIENCE = 120_000;
const ORIGIN_CHAIN_ID = 4242;
/** Has ETH on the origin, and no key that anybody knows. */
const WHALE: Address = "0x00000000000000000000000000000000005a1e00";
/** Has tokens on the origin at the forked block. */
const HOLDER = privateKeyToAccount(keyOf(5));
/** What a key that everybody knows becomes on public chains: delegated (EIP-7702) to somebody's contract. */
const DELEGATION: Hex = `0xef0100${"ba".repeat(20)}`;
const OPERATOR = privateKeyToAccount(keyOf(11));
/** Makes the devnet's deposits; by its nonce they are counted. */
const FUNDER = privateKeyToAccount(keyOf(13));
const SUPPLY = 10n ** 24n;
const DEPOSIT = parseEther("3");
const WITHDRAWAL = parseEther("1");
const TOKENS = 1_000n;
const TOKENS_BACK = 400n;
/** Pays for the token's message on L2, in wei; what is left comes back there. */
const FEE = parseEther("0.1");

const require = createRequire(import.meta.url);
const token = JSON.parse(
  readFileSync(require.resolve("openzeppelin-contracts-4/build/contracts/ERC20PresetFixedSupply.json"), "utf8"),
) as { readonly abi: Abi; readonly bytecode: Hex };

const readerOf = (url: string): PublicClient =>
  createPublicClient({ transport: http(url), pollingInterval: 100, cacheTime: 0 });

/** Sends from an account whose key is known, or that the node impersonates, and waits. */
async function send(url: string, from: Address | typeof HOLDER, request: { to?: Address; data?: Hex; value?: bigint }) {
  const hash = await createWalletClient({ transport: http(url), account: from }).sendTransaction({
    chain: null,
    ...request,
  });
  const receipt = await readerOf(url).waitForTransactionReceipt({ hash });
  expect(receipt.status).to.equal("success");
  return receipt;
}

/** A call of L2, again if it took longer than a call may: the first of a process on a busy computer can. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  await until("a call of L2", PATIENCE, async () => {
    try {
      result = { value: await call() };
    } catch (error) {
      if (!String(error).includes("the call took longer")) throw error;
    }
    return result !== undefined;
  });
  return result!.value;
}

describe("the rollup on an L1 that forks another chain at a block", function () {
  this.timeout(300_000);
  let folder: string;
  let origin: L1Node;
  let forkedBlock: number;
  let tokenAddress: Address;

  const balanceOf = (url: string, owner: Address): Promise<bigint> =>
    readerOf(url).readContract({
      address: tokenAddress,
      abi: token.abi,
      functionName: "balanceOf",
      args: [owner],
    }) as Promise<bigint>;
  const transfer = (to: Address, amount: bigint) => ({
    to: tokenAddress,
    data: encodeFunctionData({ abi: token.abi, functionName: "transfer", args: [to, amount] }),
  });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-fork-"));
    origin = await startL1Node(
      {
        ...{ hostname: "127.0.0.1", port: 0, chainId: ORIGIN_CHAIN_ID, blockInterval: undefined },
        ...{ journalPath: undefined, forkUrl: undefined },
      },
      { logger: pino({ level: "silent" }) },
    );
    const cheats = createTestClient({ transport: http(origin.url), mode: "hardhat" });
    await cheats.setBalance({ address: WHALE, value: parseEther("100") });
    await cheats.setCode({ address: OPERATOR.address, bytecode: DELEGATION });
    for (let sent = 0; sent < 3; sent++) await send(origin.url, FUNDER, { to: HOLDER.address, value: 1n });
    const { abi, bytecode } = token;
    const deployed = await send(origin.url, HOLDER, {
      data: encodeDeployData({ abi, bytecode, args: ["Gold", "GLD", SUPPLY, HOLDER.address] }),
    });
    tokenAddress = deployed.contractAddress!;
    forkedBlock = Number(deployed.blockNumber);
    // After the forked block, so that no fork knows of it.
    await send(origin.url, HOLDER, transfer(WHALE, SUPPLY));
  });
  after(async () => {
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Forked accounts, tokens and ETH on L1, and ETH and tokens to L2 and back. */
  async function useFork(l1Url: string, { l2, contracts, challengePeriod, rollupConfig }: DevnetInfo): Promise<void> {
    const l1 = readerOf(l1Url);
    const node = l2ClientOf(l2.rpcUrl, PATIENCE);

    // What the origin had at the block, and not what it has now.
    expect(await balanceOf(l1Url, HOLDER.address)).to.equal(SUPPLY);
    expect(await balanceOf(origin.url, HOLDER.address)).to.equal(0n);
    await send(l1Url, HOLDER, transfer(FUNDER.address, 5n));
    expect(await balanceOf(l1Url, FUNDER.address)).to.equal(5n);
    expect(await balanceOf(origin.url, FUNDER.address)).to.equal(0n);

    // ETH of an account that is on the fork only by impersonation: to an account on L2, and back.
    await createTestClient({ transport: http(l1Url), mode: "hardhat" }).impersonateAccount({ address: WHALE });
    const before = await node.client.getBalance({ address: HOLDER.address });
    await send(l1Url, WHALE, {
      to: contracts.inbox,
      data: encodeFunctionData({ abi: inboxAbi, functionName: "depositEther", args: [HOLDER.address] }),
      value: DEPOSIT,
    });
    await until("the deposit on L2", PATIENCE, async () => {
      return (await node.client.getBalance({ address: HOLDER.address })) === before + DEPOSIT;
    });

    // Forked tokens: to L2, where a representation is made, and a part of them back.
    const { erc20Bridge } = l1BridgesOf(readRollupConfig(rollupConfig).genesis);
    const delivery = {
      recipient: HOLDER.address,
      value: 0n,
      data: "0x",
      minimumGas: 0n,
      refundTo: HOLDER.address,
    } as const;
    await send(l1Url, HOLDER, {
      to: tokenAddress,
      data: encodeFunctionData({ abi: token.abi, functionName: "approve", args: [erc20Bridge, TOKENS] }),
    });
    await send(l1Url, HOLDER, {
      to: erc20Bridge,
      data: encodeFunctionData({ abi: l1ERC20BridgeAbi, functionName: "send", args: [tokenAddress, TOKENS, delivery] }),
      value: FEE,
    });
    const call = { address: L2_BRIDGES.erc20Bridge, abi: l2ERC20BridgeAbi } as const;
    let representation: Address = zeroAddress;
    await until("the forked token's representation on L2", PATIENCE, async () => {
      representation = await patiently(() =>
        node.client.readContract({ ...call, functionName: "representationOf", args: [tokenAddress] }),
      );
      return representation !== zeroAddress;
    });
    const onL2 = () =>
      patiently(() =>
        node.client.readContract({
          address: representation,
          abi: token.abi,
          functionName: "balanceOf",
          args: [HOLDER.address],
        }),
      );
    expect(await onL2()).to.equal(TOKENS);

    const ether = await sendOnL2(l2, {
      to: OUTBOX_ADDRESS,
      data: encodeFunctionData({ abi: outboxAbi, functionName: "sendMessage", args: [WHALE, 0n, "0x"] }),
      value: WITHDRAWAL,
    });
    const tokens = await sendOnL2(l2, {
      to: L2_BRIDGES.erc20Bridge,
      data: encodeFunctionData({
        abi: l2ERC20BridgeAbi,
        functionName: "send",
        args: [representation, TOKENS_BACK, delivery],
      }),
      value: 0n,
    });
    expect(await onL2()).to.equal(TOKENS - TOKENS_BACK);
    await until("the withdrawals in a claim on L1", PATIENCE, async () => {
      const [sent] = await node.rollup<readonly { readonly index: number }[]>("rollup_getWithdrawals", tokens);
      const status = await node.rollup<{ readonly status: string }>("rollup_getWithdrawalStatus", sent?.index);
      return status.status === "claimed";
    });
    for (const [method, params] of [
      ["evm_increaseTime", [challengePeriod + 1]],
      ["evm_mine", []],
    ] as const) {
      await l1.request({ method: method as never, params: params as never });
    }
    const execute = async (transaction: Hash): Promise<bigint> => {
      let proven: ProvenWithdrawal | undefined;
      await until("the withdrawal to be executable", PATIENCE, async () => {
        return (proven = await provenWithdrawal(node, transaction)) !== undefined;
      });
      const { withdrawal, opening, proof } = proven!;
      const { blockNumber } = await send(l1Url, FUNDER, {
        to: contracts.portal,
        data: encodeFunctionData({ abi: portalAbi, functionName: "execute", args: [withdrawal, opening, proof] }),
      });
      return blockNumber;
    };
    const paidAt = await execute(ether);
    const balanceAt = (number: bigint) => l1.getBalance({ address: WHALE, blockNumber: number });
    expect((await balanceAt(paidAt)) - (await balanceAt(paidAt - 1n))).to.equal(WITHDRAWAL);
    const kept = await balanceOf(l1Url, HOLDER.address);
    await execute(tokens);
    expect(await balanceOf(l1Url, HOLDER.address)).to.equal(kept + TOKENS_BACK);
    expect(await balanceOf(l1Url, erc20Bridge)).to.equal(TOKENS - TOKENS_BACK);
  }

  /** Sends a transaction of the holder's on L2, and waits for it. */
  async function sendOnL2(
    { rpcUrl, chainId }: DevnetInfo["l2"],
    request: { readonly to: Address; readonly data: Hex; readonly value: bigint },
  ): Promise<Hash> {
    const { client } = l2ClientOf(rpcUrl, PATIENCE);
    const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
    const serializedTransaction = await HOLDER.signTransaction({
      ...{ chainId, maxFeePerGas, maxPriorityFeePerGas, gas: 1_000_000n, type: "eip1559" },
      nonce: await client.getTransactionCount({ address: HOLDER.address }),
      ...request,
    });
    const hash = await client.sendRawTransaction({ serializedTransaction });
    const { status } = await client.waitForTransactionReceipt({ hash, timeout: PATIENCE });
    expect(status).to.equal("success");
    return hash;
  }

  const ports = ["--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"];
  const pace = ["--batch-interval", "1", "--propose-interval", "1"];

  it("which Hardhat makes: accounts, tokens and ETH are what they were there, and ETH and tokens go to L2 and back", async () => {
    const fork = ["--fork", origin.url, "--fork-block-number", String(forkedBlock), "--l1-chain-id", "origin"];
    const devnet = await startOnestep<DevnetInfo>({
      arguments: ["devnet", ...ports, ...pace, ...fork, "--data-dir", join(folder, "hardhat")],
      infoFile: join(folder, "hardhat.json"),
    });
    try {
      const { l1, l2, accounts } = devnet.info;
      expect(l1.chainId).to.equal(ORIGIN_CHAIN_ID);
      expect(await readerOf(l1.rpcUrl).getChainId()).to.equal(ORIGIN_CHAIN_ID);
      // Strangers' transactions with well-known keys on the origin keep nobody from having ETH on L2.
      const { client } = l2ClientOf(l2.rpcUrl, PATIENCE);
      for (const { address } of accounts) {
        expect(await client.getBalance({ address })).to.equal(parseEther("500"));
      }
      expect(await readerOf(l1.rpcUrl).getCode({ address: OPERATOR.address })).to.equal(undefined);
      await useFork(l1.rpcUrl, devnet.info);
      expect(await devnet.stop()).to.equal(0);
    } catch (error) {
      throw new Error(`${String(error)}\n${devnet.log().slice(-5_000)}`, { cause: error });
    } finally {
      await devnet.kill();
    }
  });

  it("which anvil makes: the same, with a deployer that has ETH there", async () => {
    const anvil = await startAnvil(
      ...["--block-time", "1", "--slots-in-an-epoch", "1"],
      ...["--fork-url", origin.url, "--fork-block-number", String(forkedBlock)],
    );
    try {
      const devnet = await startOnestep<DevnetInfo>({
        arguments: ["devnet", ...ports, ...pace, "--l1-rpc-url", anvil.url, "--deployer-key", keyOf(6)],
        infoFile: join(folder, "anvil.json"),
      });
      try {
        expect(devnet.info.l1.chainId).to.equal(ORIGIN_CHAIN_ID);
        await useFork(anvil.url, devnet.info);
        expect(await devnet.stop()).to.equal(0);
      } catch (error) {
        throw new Error(`${String(error)}\n${devnet.log().slice(-5_000)}`, { cause: error });
      } finally {
        await devnet.kill();
      }
    } finally {
      await anvil.close();
    }
  });
});
