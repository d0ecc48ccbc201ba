import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Hash, createPublicClient, createWalletClient, defineChain, http, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { type OnestepProcess, startOnestep, until } from "./onestep-process.ts";

const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));
const FUNDED = parseEther("500");

describe("devnet", function () {
  this.timeout(240_000);

  let folder: string;
  let devnet: OnestepProcess<DevnetInfo>;

  const start = (...flags: readonly string[]): Promise<OnestepProcess<DevnetInfo>> =>
    startOnestep({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--l1-block-time", "1", "--batch-interval", "1", "--propose-interval", "1"],
        ...["--data-dir", join(folder, "data"), ...flags],
      ],
      infoFile: join(folder, "devnet.json"),
    });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-devnet-test-"));
    devnet = await start();
  });
  after(async () => {
    await devnet.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") process.stderr.write(`${devnet.log()}\n`);
  });

  const l1 = () => createPublicClient({ transport: http(devnet.info.l1.rpcUrl) });
  const l2 = () => createPublicClient({ transport: http(devnet.info.l2.rpcUrl), pollingInterval: 50 });

  /** Block hashes of a chain from 0 to its latest block, or to `last`. */
  async function hashesOf(client: ReturnType<typeof l1>, last?: number): Promise<readonly Hash[]> {
    const count = (last ?? Number(await client.getBlockNumber({ cacheTime: 0 }))) + 1;
    const blocks = Array.from({ length: count }, (_, number) => client.getBlock({ blockNumber: BigInt(number) }));
    return (await Promise.all(blocks)).map(({ hash }) => hash);
  }

  async function transfer(): Promise<void> {
    const { l2: network, accounts } = devnet.info;
    const chain = defineChain({
      id: network.chainId,
      name: "L2",
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [network.rpcUrl] } },
    });
    const account = privateKeyToAccount(accounts[9]!.privateKey!);
    const hash = await createWalletClient({ chain, transport: http(), account }).sendTransaction({
      to: accounts[8]!.address,
      value: 1n,
    });
    expect((await l2().waitForTransactionReceipt({ hash })).status).to.equal("success");
  }

  it("has the chain ids it says, answers /healthz and /ready, and gives every account ETH that L1 backs", async () => {
    const { info } = devnet;
    expect(await l1().getChainId()).to.equal(info.l1.chainId);
    expect(await l2().getChainId()).to.equal(info.l2.chainId);
    expect((await fetch(new URL("/healthz", info.l2.rpcUrl))).status).to.equal(200);
    const ready = await fetch(new URL("/ready", info.l2.rpcUrl));
    expect(ready.status, await ready.text()).to.equal(200);
    expect(info.accounts).to.have.length(10);
    for (const { address } of info.accounts) expect(await l2().getBalance({ address })).to.equal(FUNDED);
    // The faucet's too, which pays for the well-known contracts.
    expect(await backing()).to.equal(FUNDED * 11n);
  });

  it("takes 21,000 gas for a transfer, as scripts expect that have the number in them", async () => {
    const account = privateKeyToAccount(devnet.info.accounts[9]!.privateKey!);
    const wallet = createWalletClient({ transport: http(devnet.info.l2.rpcUrl), account });
    const hash = await wallet.sendTransaction({
      to: devnet.info.accounts[8]!.address,
      value: 1n,
      gas: 21_000n,
      chain: null,
    });
    const { status, gasUsed } = await l2().waitForTransactionReceipt({ hash });
    expect([status, gasUsed]).to.eql(["success", 21_000n]);
  });

  /** ETH that L1 holds for L2. */
  async function backing(): Promise<bigint> {
    const { inbox, portal } = devnet.info.contracts;
    return (await l1().getBalance({ address: inbox })) + (await l1().getBalance({ address: portal }));
  }

  it("takes the demo from deposit to payout, and the ETH that left is no longer backing L2", async () => {
    const before = await backing();
    const { info } = devnet;
    const demo = spawn(process.execPath, [
      DEMO,
      "--l1-rpc-url",
      info.l1.rpcUrl,
      "--l2-rpc-url",
      info.l2.rpcUrl,
      "--timeout",
      "100",
    ]);
    let output = "";
    for (const stream of [demo.stdout, demo.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
    const [code] = (await once(demo, "exit")) as [number];
    expect(code, output).to.equal(0);
    expect(output).to.match(/\[7\/7\] Payout/);
    expect(await backing()).to.equal(before + parseEther("0.2") - parseEther("0.1"));
  });

  it("refuses a second devnet on its data directory", async () => {
    const second = await start().then(
      async (process) => {
        await process.kill();
        return "it started";
      },
      (error: unknown) => String(error),
    );
    // The first one's info file is gone with the attempt; nothing needs it any more.
    expect(second).to.contain("exit code 1").and.to.contain("l1.jsonl is in use by another process");
    await transfer();
  });

  it("is the same L1 and L2 after a kill, and goes on", async () => {
    await transfer();
    const l1Hashes = await hashesOf(l1());
    const l2Hashes = await hashesOf(l2());
    await devnet.kill();
    devnet = await start();
    expect(await hashesOf(l1(), l1Hashes.length - 1)).to.eql(l1Hashes);
    expect(await hashesOf(l2(), l2Hashes.length - 1)).to.eql(l2Hashes);
    for (const { address } of devnet.info.accounts.slice(1, 8)) {
      expect(await l2().getBalance({ address }), "funded once").to.equal(FUNDED);
    }
    await transfer();
  });

  it("refuses a data directory of another L2", async () => {
    expect(await devnet.stop()).to.equal(0);
    const error = await start("--l2-chain-id", "99").catch((thrown: unknown) => String(thrown));
    expect(error).to.contain("exit code 1").and.to.contain("asked for is 99");
  });

  it("ends with the npm that started it, though that is killed and says nothing", async () => {
    const ofNpm = await startOnestep<DevnetInfo>({
      command: ["npm", "--silent", "start", "--"],
      arguments: ["--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0", "--bare"],
      infoFile: join(folder, "npm.json"),
    });
    await ofNpm.kill();
    for (const url of [ofNpm.info.l1.rpcUrl, ofNpm.info.l2.rpcUrl]) {
      await until(`${url} to be gone`, 30_000, () =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      );
    }
  });

  it("says which port is in use, and ends with exit code 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    for (const flag of ["--l1-port", "--rpc-port", "--feed-port", "--blob-server-port"]) {
      const error = await start(flag, String(port)).catch((thrown: unknown) => String(thrown));
      expect(error, flag).to.contain("exit code 1").and.to.contain(`cannot listen on 127.0.0.1:${port}`);
      expect(error, flag).to.contain(`give another ${flag} (0 for any free one)`);
    }
    taken.close();
  });

  it("works on an L1 that somebody else runs", async () => {
    const origin = await startOnestep<DevnetInfo>({
      arguments: [
        ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
        ...["--l2-balance", "0"],
      ],
      infoFile: join(folder, "origin.json"),
    });
    try {
      const deployer = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
      const other = await startOnestep<DevnetInfo>({
        arguments: [
          ...["devnet", "--l1-rpc-url", origin.info.l1.rpcUrl, "--rpc-port", "0", "--feed-port", "0"],
          ...["--blob-server-port", "0", "--l2-balance", "1"],
        ],
        environment: { ONESTEP_DEPLOYER_KEY: deployer },
        infoFile: join(folder, "other.json"),
      });
      try {
        expect(other.info.contracts.inbox).not.to.equal(origin.info.contracts.inbox);
        const [account] = other.info.accounts;
        expect(account!.address).to.equal(privateKeyToAccount(deployer).address.toLowerCase());
        expect(account!.privateKey, "a key that is not well known is not written down").to.equal(undefined);
        const client = createPublicClient({ transport: http(other.info.l2.rpcUrl) });
        while ((await client.getBalance({ address: account!.address })) < parseEther("1")) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        expect(await other.stop()).to.equal(0);
      } finally {
        await other.kill();
      }
    } finally {
      await origin.kill();
    }
  });
});
