import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  keccak256,
  parseAbi,
  parseEther,
  parseGwei,
  toHex,
} from "viem";
import type { Address, Hash, Hex } from "viem";
import { mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { createRollup } from "../../src/deployment/create-rollup.ts";
import { DEPLOYMENT_PRESETS, formatRollupConfig } from "../../src/deployment/index.ts";
import { startL1Node } from "../../src/devnet/index.ts";
import type { L1Node } from "../../src/devnet/index.ts";
import type { RollupConfig } from "../../src/rollup/index.ts";
import { startOnestep, until } from "./onestep-process.ts";
import type { OnestepProcess } from "./onestep-process.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const L2_CHAIN_ID = 424_242;
const PATIENCE = 120_000;
/** Seconds by which L1's clock is moved at each kill: less than what makes a message overdue. */
const CLOCK_STEP = 20;

export const ROLES = ["sequencer", "batcher", "proposer", "node"] as const;
/** The challenger is a role of rollups with disputes. */
export type Role = (typeof ROLES)[number] | "challenger";

interface RoleInfo {
  readonly url?: string;
  readonly feedUrl?: string;
  readonly beaconUrl?: string;
}

/** A rollup whose roles are processes of their own. */
export interface SeparateRoles {
  readonly l1: L1Node;
  readonly config: RollupConfig;
  /** JSON-RPC endpoints; the same over restarts. Without a node the sequencer's is that of both. */
  readonly sequencerUrl: string;
  readonly nodeUrl: string;
  /** Kills a role at once and starts it again on its data directory, or on an empty one. */
  killAndRestart(role: Role, folder?: "kept" | "emptied"): Promise<void>;
  /** Starts a node that has an empty folder and nothing but L1. */
  startFollower(name: string): Promise<{ readonly url: string; stop(): Promise<number | null> }>;
  /** SIGTERM to every role that runs; exit codes. */
  stop(): Promise<Readonly<Partial<Record<Role, number | null>>>>;
  /** Kills whatever still runs. */
  abandon(): Promise<void>;
  logs(): string;
}

/** Of the account of an L1 that `startL1Node` funds, up to 19. */
export function keyOf(index: number): Hex {
  const { privateKey } = mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey();
  if (privateKey === null) throw new Error("a derived account has a private key");
  return toHex(privateKey);
}

const DEPLOYER = keyOf(10);
const OPERATOR = keyOf(11);
const PROPOSER = keyOf(12);
export const CHALLENGER = keyOf(13);

export interface SeparateRolesOptions {
  /** Where batches put their data; "both": in blobs, and from the batcher's first restart on in calldata. */
  readonly dataAvailability: "calldata" | "blobs" | "both";
  /** Seconds; default: the shortest there is, one for each move of a dispute. */
  readonly challengePeriod?: number;
  /** Roles beside the sequencer and the batcher; default: the proposer and the node. */
  readonly others?: readonly Role[];
}

/** Starts an L1, deploys a rollup to it, and starts its roles with data directories under `folder`. */
export async function startSeparateRoles(
  folder: string,
  { dataAvailability, challengePeriod = 63, others = ["proposer", "node"] }: SeparateRolesOptions,
): Promise<SeparateRoles> {
  const logger = pino({ level: "silent" });
  const l1 = await startL1Node(
    { hostname: "127.0.0.1", port: 0, chainId: 31337, blockInterval: 1, journalPath: undefined, forkUrl: undefined },
    { logger },
  );
  const config = await createRollup(
    {
      l1RpcUrl: l1.url,
      deployerKey: DEPLOYER,
      operator: privateKeyToAccount(OPERATOR).address.toLowerCase() as Address,
      feeRecipient: privateKeyToAccount(OPERATOR).address.toLowerCase() as Address,
      l2ChainId: L2_CHAIN_ID,
      preset: { ...DEPLOYMENT_PRESETS.devnet, challengePeriod, contextInterval: 5 },
    },
    { logger },
  );
  const configPath = join(folder, "rollup.json");
  writeFileSync(configPath, formatRollupConfig(config));

  const processes = new Map<Role, OnestepProcess<RoleInfo>>();
  const pastLogs: string[] = [];
  // Ports are taken as they come at the first start, and asked for again at each restart, as addresses stay in the world.
  const ports = { rpc: "0", feed: "0", blobs: "0", nodeRpc: "0" };
  const postsBlobs = (): boolean =>
    dataAvailability === "blobs" || (dataAvailability === "both" && !processes.has("batcher"));
  const portOf = (url: string | undefined): string => new URL(url ?? "").port;

  const common = (name: string): string[] => [
    ...["--rollup-config", configPath, "--data-dir", join(folder, name), "--l1-rpc-url", l1.url],
    ...["--l1-poll-interval", "0.1", "--l1-finality-depth", "1", "--log-level", "debug"],
  ];
  const feed = (): string[] => ["--feed-url", `ws://127.0.0.1:${ports.feed}`];
  const beacon = (): string[] => ["--l1-beacon-url", `http://127.0.0.1:${ports.blobs}`];
  const commandLine: Readonly<Record<Role, () => string[]>> = {
    sequencer: () => [
      ...["sequencer", ...common("sequencer"), ...(ports.blobs === "0" ? [] : beacon())],
      ...["--rpc-port", ports.rpc, "--feed-port", ports.feed, "--block-time", "0", "--message-confirmations", "0"],
    ],
    batcher: () => [
      ...["batcher", ...common("batcher"), ...feed(), "--blob-server-port", ports.blobs],
      ...["--batch-interval", "1", "--data-availability", postsBlobs() ? "blobs" : "calldata"],
    ],
    proposer: () => ["proposer", ...common("proposer"), ...beacon(), "--propose-interval", "1"],
    challenger: () => ["challenger", ...common("challenger"), ...beacon()],
    node: () => [
      ...["node", ...common("node"), ...beacon(), ...feed()],
      ...["--rpc-port", ports.nodeRpc, "--sequencer-url", `http://127.0.0.1:${ports.rpc}`],
    ],
  };
  const environment: Readonly<Record<string, string>> = {
    ONESTEP_OPERATOR_KEY: OPERATOR,
    ONESTEP_PROPOSER_KEY: PROPOSER,
    ONESTEP_CHALLENGER_KEY: CHALLENGER,
  };

  async function start(role: Role): Promise<OnestepProcess<RoleInfo>> {
    const infoFile = join(folder, `${role}.json`);
    const started = await startOnestep<RoleInfo>({ arguments: commandLine[role](), environment, infoFile });
    processes.set(role, started);
    return started;
  }

  async function abandon(): Promise<void> {
    for (const process of processes.values()) await process.kill();
    await l1.close();
  }

  try {
    // The sequencer begins without a beacon API, as the batcher that serves it needs the sequencer's feed.
    const sequencer = await start("sequencer");
    ports.rpc = portOf(sequencer.info.url);
    ports.feed = portOf(sequencer.info.feedUrl);
    const batcher = await start("batcher");
    ports.blobs = portOf(batcher.info.beaconUrl);
    await sequencer.stop();
    await start("sequencer");
    for (const role of others) {
      const { info } = await start(role);
      if (role === "node") ports.nodeRpc = portOf(info.url);
    }
  } catch (error) {
    await abandon();
    throw error;
  }
  return {
    l1,
    config,
    sequencerUrl: `http://127.0.0.1:${ports.rpc}`,
    nodeUrl: `http://127.0.0.1:${others.includes("node") ? ports.nodeRpc : ports.rpc}`,
    async killAndRestart(role, kept = "kept") {
      const process = processes.get(role);
      await process?.kill();
      pastLogs.push(`--- ${role}, killed\n${process?.log() ?? ""}`);
      if (kept === "emptied") rmSync(join(folder, role), { recursive: true, force: true });
      await start(role);
    },
    async startFollower(name) {
      const infoFile = join(folder, `${name}.json`);
      const started = await startOnestep<{ readonly url: string }>({
        arguments: ["node", ...common(name), ...beacon(), "--rpc-port", "0"],
        infoFile,
      });
      return { url: started.info.url, stop: () => started.stop() };
    },
    async stop() {
      const codes: Partial<Record<Role, number | null>> = {};
      for (const [role, process] of processes) codes[role] = await process.stop();
      return codes;
    },
    abandon,
    logs: () => [...pastLogs, ...[...processes].map(([role, process]) => `--- ${role}\n${process.log()}`)].join("\n"),
  };
}

/** Numbers that look random and are the same for the same seed. */
export function createRandom(seed: string): (below: number) => number {
  let state = keccak256(toHex(seed));
  return (below) => {
    state = keccak256(state);
    return Number(BigInt(state) % BigInt(below));
  };
}

/** A client of L2, with the methods of the rollup. @param timeout milliseconds for an answer */
export function l2ClientOf(url: string, timeout = 5_000) {
  const client = createPublicClient({ transport: http(url, { retryCount: 0, timeout }), pollingInterval: 50 });
  const rollup = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
    client.request<{ Method: string; Parameters: readonly unknown[]; ReturnType: T }>({ method, params });
  return {
    client,
    rollup,
    async head(tag: "latest" | "safe"): Promise<number> {
      return Number((await client.getBlock({ blockTag: tag })).number);
    },
    async hashAt(number: number): Promise<Hash | undefined> {
      const block = await client.getBlock({ blockNumber: BigInt(number) }).catch(() => undefined);
      return block?.hash;
    },
  };
}

const inboxAbi = parseAbi(["function depositEther(address to) payable returns (bytes32)"]);

/** Deposits ETH for accounts and waits until L2 has it. */
export async function depositFor(roles: SeparateRoles, recipients: readonly Address[]): Promise<void> {
  const transport = http(roles.l1.url);
  const account = privateKeyToAccount(keyOf(0));
  const wallet = createWalletClient({ chain: hardhat, transport, account });
  for (const recipient of recipients) {
    await wallet.writeContract({
      address: roles.config.contracts.inbox,
      abi: inboxAbi,
      functionName: "depositEther",
      args: [recipient],
      value: parseEther("10"),
    });
  }
  const { client } = l2ClientOf(roles.nodeUrl);
  await until("the deposits on L2", PATIENCE, async () => {
    const balances = await Promise.all(recipients.map((address) => client.getBalance({ address })));
    return balances.every((balance) => balance > 0n);
  });
}

/** Transactions sent one after another by one account, again until they are acknowledged. */
export interface Load {
  /** Hashes the sequencer or the replica acknowledged, in order. */
  readonly acknowledged: readonly Hash[];
  stop(): Promise<void>;
}

export function startLoad(privateKey: Hex, urls: readonly string[]): Load {
  const account = privateKeyToAccount(privateKey);
  const acknowledged: Hash[] = [];
  let stopped = false;
  const run = async (): Promise<void> => {
    for (let nonce = 0; !stopped; nonce++) {
      const raw = await account.signTransaction({
        chainId: L2_CHAIN_ID,
        nonce,
        to: account.address,
        value: 1n,
        gas: 200_000n,
        maxFeePerGas: parseGwei("1000"),
        maxPriorityFeePerGas: 1n,
        type: "eip1559",
      });
      const hash = keccak256(raw);
      for (let attempt = 0; ; attempt++) {
        const { client } = l2ClientOf(urls[(nonce + attempt) % urls.length] ?? "");
        try {
          await client.sendRawTransaction({ serializedTransaction: raw });
          acknowledged.push(hash);
          break;
        } catch (error) {
          // Without an answer it may have been taken all the same: then its nonce is used, or it is known.
          if (/nonce too low|already known/i.test(String(error))) {
            acknowledged.push(hash);
            break;
          }
          if (stopped) return;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }
  };
  const running = run();
  return {
    acknowledged,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Remembers every block hash that nodes ever gave, and throws when one of them gives another for the same number. */
export function startWatching(urls: readonly string[]): {
  readonly seen: ReadonlyMap<number, Hash>;
  stop(): Promise<void>;
} {
  const seen = new Map<number, Hash>();
  let stopped = false;
  const watch = async (url: string): Promise<void> => {
    const node = l2ClientOf(url);
    let next = 1;
    while (!stopped) {
      const latest = await node.head("latest").catch(() => 0);
      for (; next <= latest; next++) {
        const hash = await node.hashAt(next);
        if (hash === undefined) break;
        const before = seen.get(next);
        if (before !== undefined && before !== hash) {
          throw new Error(`block ${next} was ${before}, and ${url} has ${hash}`);
        }
        seen.set(next, hash);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const watching = Promise.all(urls.map(watch));
  watching.catch(() => undefined);
  return {
    seen,
    async stop() {
      stopped = true;
      await watching;
    },
  };
}

/** Mines L1 blocks so that what waits for depth or time goes on. */
export async function passL1Time(l1Url: string, seconds: number): Promise<void> {
  const cheats = createTestClient({ chain: hardhat, transport: http(l1Url), mode: "hardhat" });
  await cheats.increaseTime({ seconds });
  await cheats.mine({ blocks: 1 });
}

export interface KillReport {
  readonly kills: Readonly<Record<(typeof ROLES)[number], number>>;
  readonly transactions: number;
  readonly blocks: number;
  readonly batches: number;
}

/**
 * Kills roles at moments that the seed decides while transactions come in, then checks: every acknowledged transaction is
 * in a safe block, once; no block hash ever given by a node has changed; no batch was posted twice; and a node with
 * nothing but L1 has the same chain. Throws what does not hold.
 */
export async function killRoles(
  roles: SeparateRoles,
  options: {
    readonly kills: number;
    readonly seed: string;
    /** Milliseconds that a role runs at most before the next kill. */
    readonly longestPause: number;
    readonly report?: (line: string) => void;
  },
): Promise<KillReport> {
  const random = createRandom(options.seed);
  const senders = [keyOf(1), keyOf(2)];
  await depositFor(
    roles,
    senders.map((key) => privateKeyToAccount(key).address),
  );
  const sequencer = l2ClientOf(roles.sequencerUrl);
  const node = l2ClientOf(roles.nodeUrl);
  const watching = startWatching([roles.sequencerUrl, roles.nodeUrl]);
  const loads = senders.map((key) => startLoad(key, [roles.sequencerUrl, roles.nodeUrl]));
  const kills = { sequencer: 0, batcher: 0, proposer: 0, node: 0 };
  for (let kill = 0; kill < options.kills; kill++) {
    // Every role has its turn; when it comes within the pause is left to chance.
    const role = ROLES[kill % ROLES.length] ?? "node";
    const pause = random(options.longestPause);
    await new Promise((resolve) => setTimeout(resolve, pause));
    await roles.killAndRestart(role);
    kills[role] += 1;
    // Claims are confirmed among the kills, though nobody waits for their challenge period.
    await passL1Time(roles.l1.url, CLOCK_STEP);
    options.report?.(
      `kill ${kill + 1}/${options.kills}: ${role} after ${pause} ms; block ${await sequencer.head("latest")}`,
    );
  }
  await Promise.all(loads.map((load) => load.stop()));
  const acknowledged = loads.flatMap((load) => load.acknowledged);

  const receipts = new Map<Hash, number>();
  await until("every acknowledged transaction in a safe block", PATIENCE, async () => {
    const safe = await node.head("safe");
    for (const hash of acknowledged) {
      if (receipts.has(hash)) continue;
      const receipt = await node.client.getTransactionReceipt({ hash }).catch(() => undefined);
      if (receipt === undefined || Number(receipt.blockNumber) > safe) return false;
      receipts.set(hash, Number(receipt.blockNumber));
    }
    return true;
  });
  await watching.stop();

  const safe = await node.head("safe");
  await until("the sequencer to know what is safe", PATIENCE, async () => (await sequencer.head("safe")) >= safe);
  const follower = await roles.startFollower(`follower-${options.seed}`);
  try {
    const fresh = l2ClientOf(follower.url);
    await until("the new follower to derive the chain", PATIENCE, async () => (await fresh.head("safe")) >= safe);
    let empty = 0;
    const found: Hash[] = [];
    for (let number = 1; number <= safe; number++) {
      const [own, derived, replica] = await Promise.all([
        sequencer.client.getBlock({ blockNumber: BigInt(number) }),
        fresh.hashAt(number),
        node.hashAt(number),
      ]);
      const expected = watching.seen.get(number) ?? own.hash;
      for (const [name, hash] of Object.entries({ sequencer: own.hash, follower: derived, node: replica })) {
        if (hash !== expected)
          throw new Error(`block ${number} was seen as ${expected}, the ${name} has ${hash ?? "none"}`);
      }
      if (own.transactions.length === 0) empty += 1;
      found.push(...own.transactions);
    }
    for (const hash of acknowledged) {
      const times = found.filter((transaction) => transaction === hash).length;
      if (times !== 1) throw new Error(`transaction ${hash} is in ${times} blocks`);
    }
    // A batch posted twice would leave blocks whose transactions were all skipped: only contexts make empty ones.
    const contexts = await contextCount(roles);
    if (empty > contexts) throw new Error(`${empty} blocks have no transaction, but there are ${contexts} contexts`);
    const { batchCount } = await fresh.rollup<{ batchCount: number }>("rollup_syncStatus");
    return { kills, transactions: acknowledged.length, blocks: safe, batches: batchCount };
  } finally {
    await follower.stop();
  }
}

const contextAbi = parseAbi([
  "event ContextEnqueued(uint256 indexed index, bytes32 messageHash, uint256 number, uint256 timestamp, uint256 baseFee, uint256 blobBaseFee, bytes32 parentHash)",
]);

async function contextCount(roles: SeparateRoles): Promise<number> {
  const client = createPublicClient({ transport: http(roles.l1.url) });
  const { inbox: address } = roles.config.contracts;
  const logs = await client.getContractEvents({
    address,
    abi: contextAbi,
    eventName: "ContextEnqueued",
    fromBlock: 0n,
  });
  return logs.length;
}
