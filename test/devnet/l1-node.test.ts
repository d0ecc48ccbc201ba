import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import {
  type Hex,
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  parseEther,
  parseGwei,
  toHex,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { createBlobSidecar, wrapBlobTransaction } from "../../src/l1/transactions/sidecar.ts";
import { bytesToHex, hexToBytes, loadKzg } from "../../src/primitives/index.ts";
import { answersTo, httpReply, rpcErrorReply, startHostileL1Proxy, upstreamAt } from "../l1/hostile-l1-proxy.ts";
import type { ProxyReply } from "../l1/hostile-l1-proxy.ts";
import { type L1Node, type L1NodeOptions, startL1Node } from "../../src/devnet/index.ts";

const logger = pino({ level: "silent" });
const account = mnemonicToAccount("test test test test test test test test test test test junk");
const [alice, bob, carol] = [toHex(0xa11ce, { size: 20 }), toHex(0xb0b, { size: 20 }), toHex(0xca201, { size: 20 })];

function clientsOf(node: L1Node) {
  const transport = http(node.url);
  return {
    reader: createPublicClient({ chain: hardhat, transport, pollingInterval: 20, cacheTime: 0 }),
    wallet: createWalletClient({ chain: hardhat, transport, account }),
    cheats: createTestClient({ chain: hardhat, transport, mode: "hardhat" }),
  };
}

/** A blob transaction of `account`, which an L1 like this one takes only while it mines at once. */
async function sendBlob(node: L1Node, nonce: number): Promise<void> {
  const sidecar = await createBlobSidecar(await loadKzg(), [new Uint8Array(131_072)], 0);
  const signed = await account.signTransaction({
    type: "eip4844",
    chainId: hardhat.id,
    nonce,
    to: account.address,
    gas: 100_000n,
    maxFeePerGas: parseGwei("20"),
    maxPriorityFeePerGas: 1n,
    maxFeePerBlobGas: parseGwei("20"),
    blobVersionedHashes: [...sidecar.versionedHashes],
  });
  const serializedTransaction = bytesToHex(wrapBlobTransaction(hexToBytes(signed), sidecar));
  await clientsOf(node).reader.sendRawTransaction({ serializedTransaction });
}

describe("L1 of the devnet", () => {
  let folder: string;
  const running = new Set<L1Node>();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "onestep-l1-"));
  });
  afterEach(async () => {
    for (const node of running) await node.close();
    running.clear();
    rmSync(folder, { recursive: true });
  });

  async function start(options: Partial<L1NodeOptions> = {}): Promise<L1Node> {
    const node = await startL1Node(
      {
        hostname: "127.0.0.1",
        port: 0,
        chainId: 31337,
        blockInterval: undefined,
        journalPath: join(folder, "journal.jsonl"),
        forkUrl: undefined,
        ...options,
      },
      { logger },
    );
    running.add(node);
    return node;
  }

  async function killed(node: L1Node): Promise<void> {
    const gone = node.failure;
    process.kill(node.pid, "SIGKILL");
    expect((await gone).message).to.contain("SIGKILL");
    running.delete(node);
  }

  const blockHashes = async (node: L1Node): Promise<Hex[]> => {
    const { reader } = clientsOf(node);
    const count = Number(await reader.getBlockNumber()) + 1;
    const blocks = await Promise.all(
      Array.from({ length: count }, (_, number) => reader.getBlock({ blockNumber: BigInt(number) })),
    );
    return blocks.map(({ hash }) => hash);
  };

  it("mines a transaction at once, and an empty block when none came for an interval", async () => {
    const node = await start({ blockInterval: 1 });
    const { reader, wallet } = clientsOf(node);
    const hash = await wallet.sendTransaction({ to: alice, value: 1n });
    expect((await reader.getTransactionReceipt({ hash })).status).to.equal("success");
    const { number } = await reader.getBlock();
    await new Promise<void>((resolve) => {
      const stop = reader.watchBlockNumber({
        onBlockNumber(seen) {
          if (seen < number + 2n) return;
          stop();
          resolve();
        },
      });
    });
    expect((await reader.getBlock({ blockNumber: number + 2n })).transactions).to.be.empty;
  });

  it("takes the data of a call by both of its names, if they say the same", async () => {
    const node = await start();
    const { reader } = clientsOf(node);
    const [from] = await createWalletClient({ chain: hardhat, transport: http(node.url) }).getAddresses();
    const ask = (method: string, call: object, ...rest: readonly unknown[]): Promise<unknown> =>
      reader.request<{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }>({
        method,
        params: [{ from, to: alice, ...call }, ...rest],
      });
    const both = { data: "0x1234", input: "0x1234" };
    expect(await ask("eth_call", both, "latest")).to.equal("0x");
    expect(await ask("eth_estimateGas", both)).to.match(/^0x/);
    const hash = (await ask("eth_sendTransaction", both)) as Hex;
    expect((await reader.getTransaction({ hash })).input).to.equal("0x1234");
    const differing = await ask("eth_call", { ...both, input: "0x" }, "latest").catch(String);
    expect(differing).to.contain("duplicate field");
  });

  it("begins with the base fee it is told, and has it after a restart", async () => {
    const first = await start({ baseFee: 0 });
    const feeOf = async (node: L1Node) => (await clientsOf(node).reader.getBlock({ blockNumber: 0n })).baseFeePerGas;
    expect(await feeOf(first)).to.equal(0n);
    await clientsOf(first).wallet.sendTransaction({ to: alice, value: 1n });
    const hashes = await blockHashes(first);
    await killed(first);
    const second = await start({ baseFee: 7 });
    expect(await feeOf(second)).to.equal(0n);
    expect(await blockHashes(second)).to.eql(hashes);
  });

  it("has the same blocks, state and receipts after a kill, whatever made them", async () => {
    const first = await start();
    const { wallet, cheats } = clientsOf(first);
    await wallet.sendTransaction({ to: alice, value: parseEther("1") });
    await cheats.setBalance({ address: bob, value: 77n });
    await cheats.setNonce({ address: carol, nonce: 5 });
    await cheats.mine({ blocks: 3, interval: 100 });
    // By an account the node signs for, and by one it only impersonates.
    const unlocked = createWalletClient({ chain: hardhat, transport: http(first.url) });
    const [second] = await unlocked.getAddresses().then((addresses) => addresses.slice(1));
    await unlocked.sendTransaction({ account: second!, to: alice, value: 2n, gasPrice: parseEther("0.00000001") });
    await cheats.impersonateAccount({ address: alice });
    await unlocked.sendTransaction({ account: alice, to: carol, value: 3n });
    await cheats.stopImpersonatingAccount({ address: alice });
    // Several in a block, one of which reverts (creation with an INVALID opcode).
    await cheats.setAutomine(false);
    await wallet.sendTransaction({ to: alice, value: 4n, gas: 21_000n, nonce: 1 });
    const reverting = await wallet.sendTransaction({ data: "0xfe", gas: 100_000n, nonce: 2 });
    await cheats.mine({ blocks: 1 });
    await cheats.setAutomine(true);
    await sendBlob(first, 3);
    const before = await blockHashes(first);
    expect(before).to.have.length(9);
    await killed(first);

    const restarted = await start();
    expect(restarted.restoredBlocks).to.equal(8);
    expect(await blockHashes(restarted)).to.eql(before);
    const after = clientsOf(restarted);
    expect(await after.reader.getBalance({ address: bob })).to.equal(77n);
    expect(await after.reader.getTransactionCount({ address: carol })).to.equal(5);
    expect((await after.reader.getTransactionReceipt({ hash: reverting })).status).to.equal("reverted");
    await after.wallet.sendTransaction({ to: alice, value: 5n });
    expect(await after.reader.getBlockNumber()).to.equal(9n);
  });

  it("keeps a shifted clock over a restart", async () => {
    const first = await start();
    await clientsOf(first).cheats.increaseTime({ seconds: 86_400 });
    await clientsOf(first).cheats.mine({ blocks: 1 });
    await first.close();
    const restarted = await start();
    await clientsOf(restarted).cheats.mine({ blocks: 1 });
    const { timestamp } = await clientsOf(restarted).reader.getBlock();
    expect(Number(timestamp) - Date.now() / 1000).to.be.within(86_400 - 600, 86_400 + 600);
  });

  it("leaves out what a snapshot's revert undid", async () => {
    const first = await start();
    const { wallet, cheats } = clientsOf(first);
    await wallet.sendTransaction({ to: alice, value: 1n });
    const id = await cheats.snapshot();
    await wallet.sendTransaction({ to: bob, value: 1n });
    await cheats.revert({ id });
    await wallet.sendTransaction({ to: carol, value: 1n });
    const before = await blockHashes(first);
    await first.close();
    const restarted = await start();
    expect(await blockHashes(restarted)).to.eql(before);
    expect(await clientsOf(restarted).reader.getBalance({ address: bob })).to.equal(0n);
    expect(await clientsOf(restarted).reader.getBalance({ address: carol })).to.equal(1n);
  });

  it("drops a last entry that a crash cut short, and refuses any other damage by its line", async () => {
    const first = await start();
    await clientsOf(first).wallet.sendTransaction({ to: alice, value: 1n });
    const before = await blockHashes(first);
    await first.close();
    const path = join(folder, "journal.jsonl");
    appendFileSync(path, '{"kind":"block","number":2,"ha');
    const restarted = await start();
    expect(await blockHashes(restarted)).to.eql(before);
    await clientsOf(restarted).wallet.sendTransaction({ to: alice, value: 1n });
    await restarted.close();
    const again = await start();
    expect(again.restoredBlocks).to.equal(2);
    await again.close();

    writeFileSync(path, readFileSync(path, "utf8").replace('"kind":"block"', '"kind":"blok"'));
    expect(await start().catch((error: unknown) => String(error))).to.contain("journal.jsonl:2: not a journal entry");
  });

  it("refuses a journal whose blocks come out differently", async () => {
    const first = await start();
    const { wallet } = clientsOf(first);
    await wallet.sendTransaction({ to: alice, value: 1n });
    await first.close();
    const path = join(folder, "journal.jsonl");
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(/"timestamp":(\d+),"clock"/, (_, t) => `"timestamp":${Number(t) + 1},"clock"`),
    );
    expect(await start().catch((error: unknown) => String(error))).to.match(
      /cannot be restored: block 1 came out as 0x/,
    );
  });

  it("refuses a data directory of another chain, and a fork in place of a chain of its own", async () => {
    await (await start()).close();
    expect(await start({ chainId: 1337 }).catch((error: unknown) => String(error))).to.contain(
      "chain id 31337, asked for is 1337",
    );
    expect(await start({ forkUrl: "http://127.0.0.1:1" }).catch((error: unknown) => String(error))).to.contain(
      "an L1 that is not a fork",
    );
  });

  it("forks another chain at the same block again after a restart", async () => {
    const origin = await start({ journalPath: undefined, blockInterval: undefined });
    await clientsOf(origin).wallet.sendTransaction({ to: alice, value: 9n });
    const fork = await start({ forkUrl: origin.url });
    expect(await clientsOf(fork).reader.getBalance({ address: alice })).to.equal(9n);
    await clientsOf(fork).wallet.sendTransaction({ to: alice, value: 1n });
    await killed(fork);
    await clientsOf(origin).wallet.sendTransaction({ to: alice, value: 100n });
    const restarted = await start({ forkUrl: origin.url });
    expect(await clientsOf(restarted).reader.getBalance({ address: alice })).to.equal(10n);
  });

  it("forks at the block that is asked for, under the origin's chain id if told to, and holds to both after a restart", async () => {
    const origin = await start({ journalPath: undefined, chainId: 4242 });
    const onOrigin = createWalletClient({ transport: http(origin.url), account });
    const block = 1;
    for (const value of [9n, 100n]) await onOrigin.sendTransaction({ to: alice, value, chain: null });
    const options = { forkUrl: origin.url, forkBlockNumber: block, chainId: "origin" } as const;
    const fork = await start(options);
    expect(await clientsOf(fork).reader.getChainId()).to.equal(4242);
    expect(await clientsOf(fork).reader.getBalance({ address: alice })).to.equal(9n);
    await fork.close();

    const refusals = {
      "holds a fork at block 1, asked for is 2 (--fork-block-number)": { ...options, forkBlockNumber: 2 },
      "holds an L1 with chain id 4242, asked for is 31337": { ...options, chainId: 31337 },
    };
    for (const [words, other] of Object.entries(refusals)) {
      expect(await start(other).catch((error: unknown) => String(error))).to.contain(words);
    }
    expect(await clientsOf(await start(options)).reader.getBalance({ address: alice })).to.equal(9n);
  }).timeout(30_000);

  it("refuses a block that the forked chain does not have, and an origin's chain id without an origin", async () => {
    const origin = await start({ journalPath: undefined });
    const beyond = await start({ journalPath: undefined, forkUrl: origin.url, forkBlockNumber: 7 }).catch(String);
    expect(beyond).to.contain(`--fork-block-number: expected a block of ${origin.url}, whose latest is 0, got 7`);
    expect(await start({ journalPath: undefined, chainId: "origin" }).catch(String)).to.contain("needs a --fork");
  });

  describe("a fork whose upstream fails", () => {
    const failures: Readonly<Record<string, ProxyReply>> = {
      "it cannot be reached": { kind: "reset" },
      'answered eth_getBlockByNumber with the error "rate limited"': rpcErrorReply(-32000, "rate limited"),
      "answered eth_getBlockByNumber with HTTP 503": httpReply(503, "no"),
      "answered eth_getBlockByNumber with HTTP 200 and no block": httpReply(200, "<html>"),
      "The response reported error": { kind: "result", result: { number: "0x1" } },
    };
    for (const [words, reply] of Object.entries(failures)) {
      it(`is refused with its name, without its key, and what to check: ${words}`, async () => {
        const proxy = await startHostileL1Proxy(
          () => Promise.resolve(rpcErrorReply(-32000, "no such account")),
          [answersTo(["eth_getBlockByNumber"], reply)],
        );
        const journalPath = undefined;
        const error = await start({ forkUrl: `${proxy.url}/v1/secret?key=secret`, journalPath }).catch(String);
        expect(error).to.contain(`the L1 forks ${proxy.url} (--fork), which failed`).and.to.contain(words);
        expect(error).to.contain("Check that").and.not.to.contain("secret");
        await proxy.close();
      }).timeout(30_000);
    }

    for (const journal of [true, false]) {
      it(`says so in the answers it cannot give, ${journal ? "recorded" : "not recorded"}`, async () => {
        const origin = await start({ journalPath: undefined });
        const proxy = await startHostileL1Proxy(upstreamAt(origin.url));
        const fork = await start({
          forkUrl: `${proxy.url}/secret`,
          ...(journal ? {} : { journalPath: undefined }),
        });
        proxy.faults = [() => rpcErrorReply(-32000, "rate limited")];
        const error = await clientsOf(fork).reader.getBalance({ address: bob }).catch(String);
        expect(error).to.contain(`the L1 forks ${proxy.url} (--fork)`).and.to.contain("rate limited");
        expect(error).not.to.contain("secret");
        await proxy.close();
      });
    }
  });

  it("mines on a fork of a chain whose clock is ahead", async () => {
    const origin = await start({ journalPath: undefined, blockInterval: undefined });
    await clientsOf(origin).cheats.increaseTime({ seconds: 3600 });
    await clientsOf(origin).wallet.sendTransaction({ to: alice, value: 9n });
    const fork = await start({ forkUrl: origin.url });
    await clientsOf(fork).wallet.sendTransaction({ to: alice, value: 1n });
    const [forked, mined] = [
      await clientsOf(fork).reader.getBlock({ blockNumber: 1n }),
      await clientsOf(fork).reader.getBlock(),
    ];
    expect(mined.timestamp > forked.timestamp).to.equal(true);
    await killed(fork);
    const restarted = await start({ forkUrl: origin.url });
    expect((await clientsOf(restarted).reader.getBlock({ blockHash: mined.hash })).number).to.equal(mined.number);
  });

  it("refuses a journal that another L1 is writing", async () => {
    await start();
    const error = await start().catch((thrown: unknown) => String(thrown));
    expect(error).to.contain("journal.jsonl is in use by another process");
  });

  it("says which port is in use", async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    const error = await start({ port, journalPath: undefined }).catch((thrown: unknown) => String(thrown));
    expect(error).to.contain(`cannot listen on 127.0.0.1:${port}`).and.to.contain("EADDRINUSE");
  });

  it("ends with the process that started it, even when that is killed", async () => {
    const program = `
      import { startL1Node } from ${JSON.stringify(new URL("../../src/devnet/index.ts", import.meta.url).href)};
      const node = await startL1Node({ hostname: "127.0.0.1", port: 0, chainId: 31337 }, { logger: { info() {} } });
      process.stdout.write(String(node.pid));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [pid] = (await once(parent.stdout, "data")).map(Number);
    parent.kill("SIGKILL");
    // The pipe to the grandchild closes with it: poll for its end, as it is not a child of this process.
    const alive = (): boolean => {
      try {
        process.kill(pid!, 0);
        return true;
      } catch {
        return false;
      }
    };
    while (alive()) await new Promise((resolve) => setImmediate(resolve));
  });
});
