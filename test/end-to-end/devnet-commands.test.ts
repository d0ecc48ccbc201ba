import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Address, type Hash, createPublicClient, createWalletClient, http, parseAbi, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { DEFAULT_L2_CHAIN_ID } from "../../src/deployment/index.ts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { callOnestep } from "../cli/call-onestep.ts";
import { type OnestepProcess, startOnestep, until } from "./onestep-process.ts";

const OUTBOX = parseAbi(["function sendMessage(address target, uint256 minimumGas, bytes data) payable"]);
const FRESH: Address = "0x0000000000000000000000000000000000f2e500";

describe("The devnet's commands", function () {
  this.timeout(240_000);

  let folder: string;
  let devnet: OnestepProcess<DevnetInfo>;
  let follower: OnestepProcess<{ readonly url: string }> | undefined;

  const start = (...flags: readonly string[]) =>
    startOnestep<DevnetInfo>({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--l1-block-time", "1", "--batch-interval", "1", "--propose-interval", "1", ...flags],
      ],
      infoFile: join(folder, "devnet.json"),
    });
  const follow = ({ l1, l2 }: DevnetInfo) =>
    startOnestep<{ readonly url: string }>({
      arguments: [
        ...["node", "--rollup-config", join(folder, "rollup.json"), "--data-dir", join(folder, "follower")],
        ...["--l1-rpc-url", l1.rpcUrl, "--l1-beacon-url", l2.beaconUrl, "--rpc-port", "0", "--l1-poll-interval", "0.2"],
      ],
      infoFile: join(folder, "follower.json"),
    });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-devnet-commands-"));
    devnet = await start("--fresh-chain-id", "--empty-blocks", "--data-dir", join(folder, "data"));
    writeFileSync(join(folder, "rollup.json"), readFileSync(devnet.info.rollupConfig));
  });
  after(async () => {
    await follower?.kill();
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") process.stderr.write(`${devnet.log()}\n`);
  });

  const clientOf = (url: string) => createPublicClient({ transport: http(url), cacheTime: 0, pollingInterval: 50 });
  const l1 = () => clientOf(devnet.info.l1.rpcUrl);
  const l2 = () => clientOf(devnet.info.l2.rpcUrl);

  /** Runs a command of the devnet that runs. */
  const run = (name: string, ...rest: readonly string[]) =>
    callOnestep("devnet", name, ...rest, "--rpc-url", devnet.info.l2.rpcUrl);

  async function hashesOf(url: string, last: bigint): Promise<readonly Hash[]> {
    const numbers = Array.from({ length: Number(last) + 1 }, (_, number) => BigInt(number));
    return Promise.all(numbers.map(async (blockNumber) => (await clientOf(url).getBlock({ blockNumber })).hash));
  }

  async function withdraw(): Promise<Hash> {
    const { rpcUrl } = devnet.info.l2;
    const account = privateKeyToAccount(devnet.info.accounts[0]!.privateKey!);
    const hash = await createWalletClient({ transport: http(rpcUrl), account }).writeContract({
      chain: null,
      address: devnet.info.predeploys.outbox,
      abi: OUTBOX,
      functionName: "sendMessage",
      args: [account.address, 0n, "0x"],
      value: parseEther("1"),
      // Not asked for: on a busy machine a devnet's first call may take longer than a call may.
      gas: 300_000n,
    });
    expect((await l2().waitForTransactionReceipt({ hash })).status).to.equal("success");
    return hash;
  }

  it("have a chain id of the devnet's own if it is asked for, on both of its layers' records", async () => {
    const { l2: network, rollupConfig } = devnet.info;
    expect(network.chainId).to.not.equal(DEFAULT_L2_CHAIN_ID);
    expect(await l2().getChainId()).to.equal(network.chainId);
    const config = JSON.parse(readFileSync(rollupConfig, "utf8")) as { genesis: { chainId: number } };
    expect(config.genesis.chainId).to.equal(network.chainId);
  });

  it("let an idle L2 go on with empty blocks, so that whoever waits for confirmations goes on too", async () => {
    const hash = await withdraw();
    const receipt = await l2().waitForTransactionReceipt({ hash, confirmations: 5, timeout: 60_000 });
    expect(receipt.status).to.equal("success");
  });

  it("refuse a reset in place, which would keep the chain id that was to be new", async () => {
    const answer = await fetch(devnet.info.l2.rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "hardhat_reset", params: [] }),
    });
    expect(await answer.text()).to.contain("was started with --fresh-chain-id");
  });

  it("faucet gives ETH on either layer, and says what the account has", async () => {
    expect((await run("faucet", FRESH, "2.5")).stdout).to.contain("got 2.5 ETH on L2 and has 2.5 ETH there");
    expect(await l2().getBalance({ address: FRESH })).to.equal(parseEther("2.5"));
    const onL1 = JSON.parse((await run("faucet", FRESH, "--l1", "--json")).stdout) as object;
    expect(onL1).to.include({ layer: "L1", address: FRESH, balance: parseEther("10").toString() });
    expect(await l1().getBalance({ address: FRESH })).to.equal(parseEther("10"));
    const wrong = await run("faucet", "0x12");
    expect(wrong.status).to.equal(2);
    expect(wrong.stderr).to.contain('<address>: expected a 20-byte address, got "0x12"');
  });

  it("fast-forward moves both clocks until what was withdrawn can be executed, and says what that is", async () => {
    const before = await Promise.all([l1(), l2()].map(async (client) => (await client.getBlock()).timestamp));
    const { status, stdout, stderr } = await run("fast-forward");
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(/Withdrawals that can be executed on L1 \(Portal\.execute\): 0; since now: 0\./);
    await until("L2's clock to have moved", 10_000, async () => {
      const after = await Promise.all([l1(), l2()].map(async (client) => (await client.getBlock()).timestamp));
      return after.every((timestamp, layer) => timestamp - before[layer]! >= 100n);
    });
    const json = await run("fast-forward", "86400", "--json");
    expect((JSON.parse(json.stdout) as { movedBy: number }).movedBy).to.be.at.least(86_400);
  });

  it("snapshot takes both layers to a file that another devnet begins with, and a follower goes on", async () => {
    await withdraw();
    follower = await follow(devnet.info);
    const file = join(folder, "state");
    const safe = (await l2().getBlock({ blockTag: "safe" })).number;
    const hashes = await hashesOf(devnet.info.l2.rpcUrl, safe);
    const { status, stderr } = await run("snapshot", file);
    expect(status, stderr).to.equal(0);
    expect((await run("snapshot", file)).stderr).to.contain("exists; --force writes over it");
    const { chainId } = devnet.info.l2;
    const balances = await Promise.all(
      [FRESH, devnet.info.accounts[0]!.address].map((address) => l2().getBalance({ address })),
    );
    await follower.kill();
    await devnet.kill();

    // The folder of the one that was killed is as good.
    const copy = join(folder, "copy");
    const ofFolder = await callOnestep("devnet", "snapshot", copy, "--data-dir", join(folder, "data"), "--json");
    expect(ofFolder.status, ofFolder.stderr).to.equal(0);

    devnet = await start("--restore", file);
    expect(devnet.info.l2.chainId).to.equal(chainId);
    expect(await hashesOf(devnet.info.l2.rpcUrl, safe)).to.eql(hashes);
    expect(
      await Promise.all([FRESH, devnet.info.accounts[0]!.address].map((address) => l2().getBalance({ address }))),
    ).to.eql(balances);
    const forwarded = await run("fast-forward");
    expect(forwarded.stdout, forwarded.stderr).to.contain("(Portal.execute): 0, 1; since now: 1.");

    follower = await follow(devnet.info);
    const target = (await l2().getBlock()).number;
    const other = clientOf(follower.info.url);
    for (const client of [l2(), other]) {
      await until(
        `block ${target} to be safe`,
        30_000,
        async () => (await client.getBlock({ blockTag: "safe" })).number >= target,
      );
    }
    expect(await hashesOf(follower.info.url, target)).to.eql(await hashesOf(devnet.info.l2.rpcUrl, target));
  });
});
