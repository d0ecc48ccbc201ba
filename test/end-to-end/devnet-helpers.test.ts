import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { expect } from "chai";
import fc from "fast-check";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { type Address, type Hash, type Hex, createPublicClient, http, parseEther, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { loadArtifact } from "../real-input/artifact.ts";
import { type OnestepProcess, startOnestep, until } from "./onestep-process.ts";
import "../property-seed.ts";

const DAY = 86_400;
const ALICE: Address = "0x00000000000000000000000000000000000a11ce";
const FRESH: Address = "0x0000000000000000000000000000000000f2e500";

describe("The devnet's helper methods", function () {
  this.timeout(240_000);

  let folder: string;
  let devnet: OnestepProcess<DevnetInfo>;
  let follower: OnestepProcess<{ readonly url: string }>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-devnet-helpers-"));
    devnet = await startOnestep({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--batch-interval", "1", "--propose-interval", "1"],
      ],
      infoFile: join(folder, "devnet.json"),
    });
    const { l1, l2, rollupConfig } = devnet.info;
    follower = await startOnestep({
      arguments: [
        ...["node", "--rollup-config", rollupConfig, "--l1-rpc-url", l1.rpcUrl, "--l1-beacon-url", l2.beaconUrl],
        ...["--feed-url", l2.feedUrl, "--data-dir", join(folder, "follower"), "--rpc-port", "0"],
        ...["--l1-poll-interval", "0.2"],
      ],
      infoFile: join(folder, "follower.json"),
    });
  });
  after(async () => {
    await follower?.kill();
    await devnet?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    process.stderr.write(`${devnet.log()}\n--- the follower\n${follower.log()}\n`);
  });

  const clientOf = (url: string) => createPublicClient({ transport: http(url), cacheTime: 0, pollingInterval: 50 });
  const l1 = () => clientOf(devnet.info.l1.rpcUrl);
  const l2 = () => clientOf(devnet.info.l2.rpcUrl);

  /** A request whose error is that of the node. */
  async function ask<T>(url: string, method: string, params: readonly unknown[] = []): Promise<T> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
    if (error !== undefined) throw new Error(error.message);
    return result;
  }
  const onL2 = <T = unknown>(method: string, ...params: readonly unknown[]) =>
    ask<T>(devnet.info.l2.rpcUrl, method, params);
  const refusal = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      (result) => `answered ${JSON.stringify(result)}`,
      (error: unknown) => String(error),
    );

  const user = (index: number) => privateKeyToAccount(devnet.info.accounts[index]!.privateKey!);
  const latest = () => l2().getBlock({ blockTag: "latest" });

  /** A Hardhat project whose network is the devnet's L2, with Hardhat's own plugins. */
  async function connectHardhat() {
    const environment = await createHardhatRuntimeEnvironment({
      plugins: [hardhatToolboxMochaEthers],
      // Ignition remembers deployments by chain id, and would not repeat those of an earlier run.
      paths: { ignition: join(folder, "ignition") },
      networks: { l2: { type: "http", url: devnet.info.l2.rpcUrl } },
    });
    return environment.network.connect("l2");
  }

  /** Waits until the follower has derived, from L1, all that the devnet has now, and compares every block. */
  async function followerAgrees(): Promise<void> {
    await onL2("evm_mine");
    const { number: target } = await latest();
    const [own, other] = [devnet.info.l2.rpcUrl, follower.info.url];
    const isSafe = (url: string) => async () => (await clientOf(url).getBlock({ blockTag: "safe" })).number >= target;
    await until(`block ${target} to be on L1`, 30_000, isSafe(own));
    await until(`the follower to derive block ${target}`, 30_000, isSafe(follower.info.url));
    const numbers = Array.from({ length: Number(target) + 1 }, (_, number) => BigInt(number));
    const hashesOf = (url: string): Promise<readonly Hash[]> =>
      Promise.all(numbers.map(async (blockNumber) => (await clientOf(url).getBlock({ blockNumber })).hash));
    expect(await hashesOf(other)).to.eql(await hashesOf(own));
  }

  describe("with Hardhat's network helpers", () => {
    it("run a test's fixture once and take L2 back to it, with its balances, nonces and time", async () => {
      const { networkHelpers, ethers } = await connectHardhat();
      const [sender] = await ethers.getSigners();
      let runs = 0;
      const fixture = async () => {
        runs += 1;
        await networkHelpers.setBalance(ALICE, parseEther("3"));
        return { block: await ethers.provider.getBlock("latest") };
      };
      const { block } = await networkHelpers.loadFixture(fixture);
      const nonce = await sender!.getNonce();
      for (let round = 0; round < 2; round++) {
        await (await sender!.sendTransaction({ to: ALICE, value: 1n })).wait();
        await networkHelpers.time.increase(3 * DAY);
        expect(await ethers.provider.getBalance(ALICE)).to.equal(parseEther("3") + 1n);
        await networkHelpers.loadFixture(fixture);
        expect(await ethers.provider.getBlock("latest")).to.deep.include({ hash: block!.hash, number: block!.number });
        expect(await ethers.provider.getBalance(ALICE)).to.equal(parseEther("3"));
        expect(await sender!.getNonce()).to.equal(nonce);
      }
      expect(runs).to.equal(1);
      await followerAgrees();
    });

    it("move the clocks of both layers to the second", async () => {
      const { networkHelpers } = await connectHardhat();
      const before = await networkHelpers.time.latest();
      expect(await networkHelpers.time.increase(100 * DAY)).to.equal(before + 100 * DAY);
      expect(Number((await l1().getBlock()).timestamp)).to.be.at.least(before + 100 * DAY);
      await networkHelpers.time.increaseTo(before + 101 * DAY);
      expect(await networkHelpers.time.latest()).to.equal(before + 101 * DAY);
      await networkHelpers.time.setNextBlockTimestamp(before + 102 * DAY);
      await onL2("eth_sendTransaction", { from: user(0).address, to: ALICE, value: "0x1" });
      await until("a block", 10_000, async () => (await networkHelpers.time.latest()) === before + 102 * DAY);
    });

    it("find the receipt as soon as a send is answered, but where it waits for a nonce or for somebody to mine", async () => {
      const { ethers } = await connectHardhat();
      const chainId = Number(await onL2<Hex>("eth_chainId"));
      const account = user(1);
      const next = Number(await onL2<Hex>("eth_getTransactionCount", account.address, "pending"));
      const sendRaw = async (nonce: number): Promise<Hash> => {
        const fees = { gas: 100_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 6n };
        const raw = await account.signTransaction({ chainId, nonce, to: ALICE, value: 1n, ...fees });
        return onL2<Hash>("eth_sendRawTransaction", raw);
      };
      const isMined = async (hash: Hash): Promise<boolean> =>
        (await ethers.provider.getTransactionReceipt(hash)) !== null;
      const sendOne = { from: user(0).address, to: ALICE, value: "0x1" };
      for (let round = 0; round < 5; round++) {
        expect(await isMined(await onL2<Hash>("eth_sendTransaction", sendOne))).to.equal(true);
        expect(await isMined(await sendRaw(next + round))).to.equal(true);
      }
      const late = await sendRaw(next + 6);
      expect(await isMined(late)).to.equal(false);
      await sendRaw(next + 5);
      await until("the later nonce", 10_000, () => isMined(late));

      await onL2("evm_setAutomine", false);
      const waiting = [await sendRaw(next + 7), await onL2<Hash>("eth_sendTransaction", sendOne)];
      expect(await Promise.all(waiting.map(isMined))).to.eql([false, false]);
      await onL2("evm_mine");
      expect(await Promise.all(waiting.map(isMined))).to.eql([true, true]);
      await onL2("evm_setAutomine", true);
    });

    it("mine empty blocks at an interval, past what one batch may span", async () => {
      const { networkHelpers } = await connectHardhat();
      const first = await latest();
      await networkHelpers.mine(5, { interval: DAY });
      const last = await latest();
      // A block for L1's context may come by itself.
      expect(Number(last.number - first.number)).to.be.within(5, 6);
      expect(Number(last.timestamp - first.timestamp)).to.be.within(4 * DAY, 4 * DAY + 60);
      await networkHelpers.mineUpTo(last.number + 200n);
      expect(Number((await latest()).number - last.number)).to.be.within(200, 201);
      await followerAgrees();
    });

    it("set a balance to any amount, higher by a deposit and lower by a transfer away", async () => {
      const { networkHelpers } = await connectHardhat();
      for (const balance of [parseEther("2"), parseEther("1"), parseEther("1") - 1n, 7n, 0n, 10n ** 30n]) {
        await networkHelpers.setBalance(FRESH, balance);
        expect(await l2().getBalance({ address: FRESH })).to.equal(balance);
      }
    });

    it("send in the name of an impersonated account, by a message from L1", async () => {
      const { networkHelpers, ethers } = await connectHardhat();
      await networkHelpers.setBalance(ALICE, parseEther("1"));
      await networkHelpers.impersonateAccount(ALICE);
      const signer = await ethers.getSigner(ALICE);
      const receipt = await (await signer.sendTransaction({ to: FRESH, value: 5n })).wait();
      expect(receipt).to.include({ status: 1, from: ethers.getAddress(ALICE), type: 0x7e });
      await networkHelpers.stopImpersonatingAccount(ALICE);
      expect(await refusal(signer.sendTransaction({ to: FRESH, value: 5n }))).to.contain("unknown account");
      await followerAgrees();
    });

    it("deploy by Ignition, which waits for no confirmations that an idle chain does not make", async () => {
      const { ignition } = await connectHardhat();
      const { abi, bytecode } = loadArtifact("@uniswap/v2-core/build/UniswapV2ERC20.json");
      const artifact = { contractName: "Token", sourceName: "Token.sol", abi, bytecode, linkReferences: {} } as never;
      const module = buildModule("Token", (builder) => ({ token: builder.contract("Token", artifact) }));
      const { token } = await ignition.deploy(module);
      expect(await l2().getCode({ address: (await token.getAddress()) as Address })).to.not.equal(undefined);
    });
  });

  describe("refuse", () => {
    it("what no L1 could tell a follower, with the reason", async () => {
      for (const method of ["hardhat_setCode", "anvil_setStorageAt", "hardhat_setNonce"]) {
        expect(await refusal(onL2(method, ALICE, "0x1"))).to.contain("every node derives L2 from what is on L1");
      }
      expect(await refusal(onL2("hardhat_setPrevRandao", toHex(1)))).to.contain("the chain's rules decide it");
      expect(await refusal(onL2("anvil_loadState", "0x00"))).to.contain("onestep devnet --restore");
    });

    it("timestamps, amounts and counts that the chain cannot have, naming them", async () => {
      const { timestamp } = await latest();
      expect(await refusal(onL2("evm_setNextBlockTimestamp", Number(timestamp - 1n)))).to.contain("is lower than");
      expect(await refusal(onL2("evm_increaseTime", 10 ** 12))).to.contain("expected a timestamp up to");
      expect(await refusal(onL2("hardhat_setBalance", ALICE, toHex(1n << 200n)))).to.contain("expected at most");
      expect(await refusal(onL2("hardhat_mine", toHex(10 ** 9)))).to.contain("expected at most 4096 blocks");
      expect(await onL2("evm_revert", "0xffff")).to.equal(false);
    });

    it("everything on a node that is not the devnet's", async () => {
      for (const method of ["evm_snapshot", "hardhat_getAutomine", "evm_mine"]) {
        expect(await refusal(ask(follower.info.url, method))).to.contain("only a devnet with a Hardhat L1 of its own");
      }
      expect(await ask(follower.info.url, "eth_accounts")).to.eql([]);
    });
  });

  describe("whatever is done with them, and in whatever order", () => {
    type Step =
      | { readonly kind: "transfer"; readonly from: number; readonly wei: number }
      | { readonly kind: "mine"; readonly count: number; readonly interval: number }
      | { readonly kind: "increase"; readonly seconds: number }
      | { readonly kind: "next"; readonly seconds: number }
      | { readonly kind: "balance"; readonly account: Address; readonly wei: bigint }
      | { readonly kind: "impersonate"; readonly wei: number }
      | { readonly kind: "snapshot" }
      | { readonly kind: "revert"; readonly depth: number }
      | { readonly kind: "wait" };

    const seconds = fc.oneof(fc.nat(100), fc.nat(3 * DAY), fc.nat(100 * DAY));
    const steps: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("transfer" as const), from: fc.nat(9), wei: fc.nat(1_000) }),
      },
      fc.record({
        kind: fc.constant("mine" as const),
        count: fc.integer({ min: 1, max: 90 }),
        interval: fc.nat(DAY / 8),
      }),
      fc.record({ kind: fc.constant("increase" as const), seconds }),
      fc.record({ kind: fc.constant("next" as const), seconds }),
      fc.record({
        kind: fc.constant("balance" as const),
        account: fc.constantFrom(ALICE, FRESH),
        wei: fc.bigInt(0n, 10n ** 24n),
      }),
      fc.record({ kind: fc.constant("impersonate" as const), wei: fc.nat(1_000) }),
      { weight: 2, arbitrary: fc.constant({ kind: "snapshot" as const }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("revert" as const), depth: fc.nat(2) }) },
      fc.constant({ kind: "wait" as const }),
    );

    it("a revert gives the blocks, balances and time of its snapshot, and a follower derives the same chain", async () => {
      const snapshots: { readonly id: Hex; readonly hash: Hash; readonly balances: readonly bigint[] }[] = [];
      const balances = () => Promise.all([ALICE, FRESH].map((address) => l2().getBalance({ address })));
      const send = async (transaction: object): Promise<void> => {
        const hash = await onL2<Hash>("eth_sendTransaction", { gas: toHex(100_000), ...transaction });
        await l2().waitForTransactionReceipt({ hash });
      };
      const play = async (step: Step): Promise<void> => {
        switch (step.kind) {
          case "transfer":
            return send({ from: user(step.from).address, to: ALICE, value: toHex(step.wei) });
          case "mine":
            await onL2("hardhat_mine", toHex(step.count), toHex(step.interval));
            return;
          case "increase":
            await onL2("evm_increaseTime", step.seconds);
            return;
          case "next":
            await onL2("evm_setNextBlockTimestamp", Number((await latest()).timestamp) + step.seconds);
            return;
          case "balance":
            await onL2("hardhat_setBalance", step.account, toHex(step.wei));
            return;
          case "impersonate":
            await onL2("hardhat_setBalance", ALICE, toHex(parseEther("1")));
            await onL2("hardhat_impersonateAccount", ALICE);
            return send({ from: ALICE, to: FRESH, value: toHex(step.wei) });
          case "snapshot": {
            const id = await onL2<Hex>("evm_snapshot");
            snapshots.push({ id, hash: (await latest()).hash, balances: await balances() });
            return;
          }
          case "revert": {
            const [snapshot] = snapshots.splice(Math.max(0, snapshots.length - 1 - step.depth));
            if (snapshot === undefined) return;
            expect(await onL2("evm_revert", snapshot.id)).to.equal(true);
            expect((await latest()).hash).to.equal(snapshot.hash);
            expect(await balances()).to.eql(snapshot.balances);
            expect(await onL2("evm_revert", snapshot.id), "a snapshot holds once").to.equal(false);
            return;
          }
          case "wait": {
            // So that some of what a revert undoes is on L1, and claimed, and some is not.
            const { number } = await latest();
            await until(
              `block ${number} on L1`,
              30_000,
              async () => (await l2().getBlock({ blockTag: "safe" })).number >= number,
            );
          }
        }
      };
      const sequences = fc.sample(fc.array(steps, { minLength: 10, maxLength: 10 }), 2);
      for (const sequence of sequences) {
        for (const step of sequence) await play(step);
        await followerAgrees();
      }
      expect(await onL2("hardhat_reset")).to.equal(true);
      expect(Number((await latest()).number)).to.be.lessThan(20);
      await followerAgrees();
    });
  });
});
