import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createPublicClient, createTestClient, createWalletClient, http, parseEther } from "viem";
import type { Address, Hash } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { createRollup } from "../../src/deployment/create-rollup.ts";
import { DEPLOYMENT_PRESETS, formatRollupConfig } from "../../src/deployment/index.ts";
import { startL1Node } from "../../src/devnet/index.ts";
import type { DevnetInfo, L1Node } from "../../src/devnet/index.ts";
import { inboxAbi } from "../../src/l1/index.ts";
import { toAddress } from "../../src/primitives/index.ts";
import type { RollupConfig } from "../../src/rollup/index.ts";
import { KEYS } from "../l1-transactions/l1-fixture.ts";
import {
  alters,
  fails,
  givesNoBlooms,
  hasNoFinality,
  hasNoTransactionIndex,
  hidesLogs,
  httpReply,
  lacks,
  limitsLogRange,
  limitsRequests,
  rpcErrorReply,
  shouts,
  startHostileL1Proxy,
  upstreamAt,
} from "../l1/hostile-l1-proxy.ts";
import type { Fault, HostileL1Proxy, ProxyReply } from "../l1/hostile-l1-proxy.ts";
import { spawnOnestep, startOnestep, until } from "./onestep-process.ts";
import type { OnestepProcess, SpawnedOnestep } from "./onestep-process.ts";

const [DEPLOYER_KEY, OPERATOR_KEY, USER_KEY] = KEYS as readonly [`0x${string}`, `0x${string}`, `0x${string}`];
const PATIENCE = 120_000;
/** Milliseconds a role may take to stop on a busy machine; a stop is given up after 30 s. */
const AT_ONCE = 10_000;

interface RoleInfo {
  readonly url: string;
  readonly feedUrl: string;
  readonly beaconUrl: string;
}

/** Everything a provider may do that has kept a node from working, at once. */
function everything(): readonly Fault[] {
  let isFirst = true;
  return [
    (_call, next) => (isFirst ? ((isFirst = false), rpcErrorReply(-32000, "rate limited")) : next()),
    limitsRequests(15),
    fails(23, { kind: "reset" }),
    fails(29, httpReply(200, "<html>One moment, please…</html>")),
    fails(31, httpReply(200, '{"jsonrpc":"2.0","id":1,"result":{"number":"0x1')),
    fails(37, httpReply(502, "Bad Gateway")),
    hasNoFinality(),
    hasNoTransactionIndex(rpcErrorReply(-32000, "transaction indexing is in progress")),
    limitsLogRange(10, httpReply(503, "Service Unavailable")),
    lacks("eth_blobBaseFee", "eth_feeHistory", "eth_maxPriorityFeePerGas", "web3_clientVersion"),
    takesNoBlockHash,
    alters(["eth_getLogs"], (logs) => (logs as readonly object[]).map((log) => ({ ...log, blockHash: null }))),
    givesNoBlooms(null),
    shouts,
  ];
}

/** Neither in a filter of logs nor in a call. */
const takesNoBlockHash: Fault = ({ method, params }, next) =>
  (method === "eth_getLogs" && JSON.stringify(params).includes("blockHash")) ||
  (method === "eth_call" && typeof params[1] === "object")
    ? rpcErrorReply(-32602, "invalid params: blockHash is not supported")
    : next();

describe("L1 providers that are not like a node of one's own", function () {
  this.timeout(300_000);

  let folder: string;
  let l1: L1Node;
  let config: RollupConfig;
  let sequencer: OnestepProcess<RoleInfo>;
  let batcher: OnestepProcess<RoleInfo>;
  const proxies: HostileL1Proxy[] = [];
  const processes: SpawnedOnestep[] = [];

  const environment = { ONESTEP_OPERATOR_KEY: OPERATOR_KEY };
  const operator = toAddress(privateKeyToAccount(OPERATOR_KEY).address);
  let nodes = 0;

  const commandLine = (role: string, l1Url: string, flags: readonly string[]) => {
    // Sequencer and batcher go on with what they had.
    const name = role === "node" ? `node-${nodes++}` : role;
    return {
      arguments: [
        ...[role, "--rollup-config", join(folder, "rollup.json"), "--data-dir", join(folder, name)],
        ...["--l1-rpc-url", l1Url, "--l1-poll-interval", "0.4", "--log-format", "json", ...flags],
      ],
      environment,
      infoFile: join(folder, `${name}.json`),
    };
  };
  async function start(role: string, l1Url: string, ...flags: readonly string[]): Promise<OnestepProcess<RoleInfo>> {
    const started = await startOnestep<RoleInfo>(commandLine(role, l1Url, flags));
    processes.push(started);
    return started;
  }
  async function startProxy(faults: readonly Fault[]): Promise<HostileL1Proxy> {
    const proxy = await startHostileL1Proxy(upstreamAt(l1.url), faults);
    proxies.push(proxy);
    return proxy;
  }
  const startReplica = (l1Url: string, ...flags: readonly string[]) =>
    start("node", l1Url, "--rpc-port", "0", ...flags);

  const l2 = (process: OnestepProcess<RoleInfo>) => createPublicClient({ transport: http(process.info.url) });
  const safe = async (process: OnestepProcess<RoleInfo>) => l2(process).getBlock({ blockTag: "safe" });
  async function hashOf(process: OnestepProcess<RoleInfo>, number: bigint): Promise<Hash | undefined> {
    return (
      await l2(process)
        .getBlock({ blockNumber: number })
        .catch(() => undefined)
    )?.hash;
  }
  async function ready(
    process: OnestepProcess<RoleInfo>,
  ): Promise<{ readonly ready: boolean; readonly reason?: string }> {
    const response = await fetch(new URL("/ready", process.info.url));
    const body = (await response.json()) as { ready: boolean; reason?: string };
    expect(response.status).to.equal(body.ready ? 200 : 503);
    return body;
  }
  /** Failed looks at L1 so far. */
  async function failedLooks(process: OnestepProcess<RoleInfo>): Promise<number> {
    const metrics = await (await fetch(new URL("/metrics", process.info.url))).text();
    const counts = metrics.matchAll(/^onestep_l1_read_errors_total\{.*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }
  const warnings = (process: SpawnedOnestep, words: string): readonly string[] =>
    process
      .log()
      .split("\n")
      .filter((line) => line.includes('"level":"warn"') && line.includes(words));
  async function expectToStopAtOnce(process: SpawnedOnestep): Promise<void> {
    const begun = Date.now();
    expect(await process.stop(), process.log()).to.equal(0);
    expect(Date.now() - begun).to.be.lessThan(AT_ONCE);
  }

  /** Deposits, which is L2 activity that every node derives from L1. */
  async function deposit(recipient: Address): Promise<void> {
    const wallet = createWalletClient({
      chain: hardhat,
      transport: http(l1.url),
      account: privateKeyToAccount(USER_KEY),
    });
    await wallet.writeContract({
      address: config.contracts.inbox,
      abi: inboxAbi,
      functionName: "depositEther",
      args: [recipient],
      value: parseEther("1"),
    });
  }
  /** Deposits until so many further batches are derived from L1 by the sequencer's node. */
  async function makeBatches(count: number): Promise<void> {
    for (let made = 0; made < count; made++) {
      const before = (await safe(sequencer)).number;
      await deposit(operator);
      await until("a batch", PATIENCE, async () => (await safe(sequencer)).number > before);
    }
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "onestep-hostile-l1-"));
    const logger = pino({ level: "silent" });
    l1 = await startL1Node(
      { hostname: "127.0.0.1", port: 0, chainId: 31337, blockInterval: 1, journalPath: undefined, forkUrl: undefined },
      { logger },
    );
    config = await createRollup(
      {
        l1RpcUrl: l1.url,
        deployerKey: DEPLOYER_KEY,
        operator,
        feeRecipient: operator,
        l2ChainId: 424_243,
        preset: DEPLOYMENT_PRESETS.devnet,
      },
      { logger },
    );
    writeFileSync(join(folder, "rollup.json"), formatRollupConfig(config));
    const cheats = createTestClient({ chain: hardhat, transport: http(l1.url), mode: "hardhat" });
    // One by one: what hardhat_mine adds at once is not linked by parent hashes.
    for (let mined = 0; mined < 60; mined++) await cheats.mine({ blocks: 1 });
  });
  after(async () => {
    for (const process of processes) await process.kill();
    for (const proxy of proxies) await proxy.close();
    await l1.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const running of processes) process.stderr.write(`--- ${running.pid}\n${running.log()}\n`);
  });

  it("have a sequencer start, a batcher post calldata, and a replica from nothing reach the same blocks", async () => {
    const [sequencers, batchers, replicas] = [
      await startProxy(everything()),
      // Its own transactions are new, and found.
      await startProxy([...everything().slice(0, 7), ...everything().slice(8)]),
      await startProxy(everything()),
    ];
    const servers = ["--rpc-port", "0", "--feed-port", "0", "--block-time", "0", "--message-confirmations", "0"];
    sequencer = await start("sequencer", sequencers.url, ...servers);
    batcher = await start(
      ...(["batcher", batchers.url, "--feed-url", sequencer.info.feedUrl, "--batch-interval", "1"] as const),
      ...["--data-availability", "auto", "--rpc-port", "0", "--blob-server-port", "0"],
    );
    await until("the sequencer to be ready", PATIENCE, async () => (await ready(sequencer)).ready);
    await makeBatches(2);
    expect(batcher.log()).to.contain('"dataKind":"calldata"').and.not.to.contain('"dataKind":"blobs"');

    const head = await safe(sequencer);
    const replica = await startReplica(replicas.url);
    await until("the replica to have the sequencer's block", PATIENCE, async () => {
      return (await hashOf(replica, head.number)) === head.hash;
    });
    await until("the replica to be ready", PATIENCE, async () => (await ready(replica)).ready);
    expect(warnings(replica, "names no final block")).to.have.length(1);
    expect((await l2(replica).getBlock({ blockTag: "finalized" })).number).to.equal(0n);
    await expectToStopAtOnce(replica);
  });

  it("that hide logs have a replica say so and not be ready, and be once they give them", async () => {
    const proxy = await startProxy([hidesLogs]);
    const replica = await startReplica(proxy.url);
    await until("failed looks at L1", PATIENCE, async () => (await failedLooks(replica)) >= 2);
    const { ready: isReady, reason } = await ready(replica);
    expect(isReady).to.equal(false);
    expect(reason).to.match(/^the L1 endpoint hides logs: at L1 block \d+ the Inbox has \d+ batches and \d+ messages/);
    expect(await l2(replica).getBlockNumber()).to.equal(0n);
    expect(
      await l2(replica).request<{ Method: "rollup_syncStatus"; Parameters: []; ReturnType: object }>({
        method: "rollup_syncStatus",
        params: [],
      }),
    ).to.include({ synced: false, reason });
    expect(warnings(replica, "hides logs")).to.have.length(1);
    expect(warnings(replica, "use an L1 endpoint that gives all logs")).to.have.length(1);

    const head = await safe(sequencer);
    proxy.faults = [];
    await until("the replica to be ready", PATIENCE, async () => (await ready(replica)).ready);
    expect(await hashOf(replica, head.number)).to.equal(head.hash);
    await expectToStopAtOnce(replica);
  });

  it("that answer and stay at a block have a replica say so and not be ready, until L1 goes on", async () => {
    let frozen: ProxyReply | undefined;
    const staysAtBlock: Fault = async ({ method, params }, next) => {
      if (method !== "eth_getBlockByNumber" || params[0] !== "latest") return next();
      frozen ??= await next();
      return frozen;
    };
    const proxy = await startProxy([]);
    const replica = await startReplica(proxy.url, "--l1-longest-silence", "3");
    await until("the replica to be ready", PATIENCE, async () => (await ready(replica)).ready);
    proxy.faults = [staysAtBlock];
    await until("the replica not to be ready", PATIENCE, async () => !(await ready(replica)).ready);
    expect((await ready(replica)).reason).to.match(
      /^L1 has had no new block for \d+ s: its endpoint stays at block \d+$/,
    );
    proxy.faults = [];
    await until("the replica to be ready again", PATIENCE, async () => (await ready(replica)).ready);
    proxy.faults = [() => ({ kind: "reset" })];
    await until("the replica not to be ready without L1", PATIENCE, async () => !(await ready(replica)).ready);
    await expectToStopAtOnce(replica);
  });

  it("that are gone at the start are waited for, and a signal ends the waiting at once", async () => {
    const proxy = await startProxy([() => httpReply(503, "no")]);
    const waiting = spawnOnestep(commandLine("node", proxy.url, ["--rpc-port", "0"]));
    processes.push(waiting);
    await until("the replica to say what it waits for", PATIENCE, () =>
      waiting.log().includes(`waiting for the L1 endpoint ${proxy.url}`),
    );
    await expectToStopAtOnce(waiting);

    proxy.faults = [() => ({ kind: "silence" })];
    const starting = startReplica(proxy.url);
    await until("a question", PATIENCE, () => proxy.calls.length > 1);
    proxy.faults = [];
    proxy.disconnect();
    const replica = await starting;
    await until("the replica to be ready", PATIENCE, async () => (await ready(replica)).ready);
    proxy.faults = [() => ({ kind: "silence" })];
    const asked = proxy.calls.length;
    await until("another question", PATIENCE, () => proxy.calls.length > asked);
    await expectToStopAtOnce(replica);
  });

  it("whose blobs no source has are one line that says what helps, and keep no replica from stopping", async () => {
    await batcher.stop();
    batcher = await start(
      ...(["batcher", l1.url, "--feed-url", sequencer.info.feedUrl, "--batch-interval", "1"] as const),
      ...["--data-availability", "blobs", "--rpc-port", "0", "--blob-server-port", "0"],
    );
    await deposit(operator);
    await until("a batch of blobs", PATIENCE, () => batcher.log().includes('"dataKind":"blobs"'));
    const replica = await startReplica(l1.url);
    await until("failed looks at L1", PATIENCE, async () => (await failedLooks(replica)) >= 2);
    expect(warnings(replica, "blob")).to.have.length(1);
    expect(warnings(replica, "--l1-beacon-url must name a beacon API that has these blobs")).to.have.length(1);
    expect((await ready(replica)).reason).to.equal("L1 has not been read to its head yet");
    await expectToStopAtOnce(replica);

    // A beacon API that has them no more, and one that does not answer.
    for (const fault of [
      () => httpReply(404, '{"code":404,"message":"not found"}'),
      () => ({ kind: "silence" }) as const,
    ]) {
      const beacon = await startProxy([fault]);
      const other = await startReplica(l1.url, "--l1-beacon-url", beacon.url);
      await until("the beacon API to be asked", PATIENCE, () => beacon.calls.length > 1);
      await expectToStopAtOnce(other);
    }

    const helped = await startReplica(l1.url, "--l1-beacon-url", batcher.info.beaconUrl);
    await until("the replica to be ready", PATIENCE, async () => (await ready(helped)).ready);
    const head = await safe(helped);
    expect(await hashOf(sequencer, head.number)).to.equal(head.hash);
    expect(head.number > (await safe(sequencer)).number).to.equal(true);
    for (const role of [helped, batcher, sequencer]) await expectToStopAtOnce(role);
  });

  it("whose blobs no source has keep no devnet that waits for its deposits from stopping", async () => {
    const dataDirectory = join(folder, "devnet");
    const devnet = {
      arguments: [
        ...["devnet", "--l1-rpc-url", l1.url, "--data-dir", dataDirectory, "--data-availability", "blobs"],
        ...["--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0", "--log-format", "json"],
      ],
      environment: { ONESTEP_DEPLOYER_KEY: DEPLOYER_KEY },
      infoFile: join(folder, "devnet.json"),
    };
    const first = await startOnestep<DevnetInfo>(devnet);
    processes.push(first);
    const client = createPublicClient({ transport: http(first.info.l2.rpcUrl) });
    await until("a batch", PATIENCE, async () => (await client.getBlock({ blockTag: "safe" })).number > 0n);
    await expectToStopAtOnce(first);
    rmSync(join(dataDirectory, "node"), { recursive: true });

    const second = spawnOnestep(devnet);
    processes.push(second);
    await until("the missing blobs to be said", PATIENCE, () => second.log().includes("no blob source has all blobs"));
    await expectToStopAtOnce(second);
  });
});
