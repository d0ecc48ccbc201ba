import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPublicClient, http } from "viem";
import { maximumBlockBytesFor } from "../batcher/index.ts";
import type { DataKind } from "../batcher/index.ts";
import { createPace, unlessAborted } from "../concurrency/index.ts";
import { createRollup, formatRollupConfig, readRollupConfig, verifyRollupConfig } from "../deployment/index.ts";
import type { DeploymentPreset } from "../deployment/index.ts";
import { inboxAbi } from "../l1/index.ts";
import type { Address, Hex, Instruments } from "../primitives/index.ts";
import type { EngineName } from "../reference/index.ts";
import {
  createClosers,
  openNode,
  openSequencer,
  startBatcher,
  startBlobServer,
  startChallengerRole,
  startFeed,
  startProposerRole,
  openRpc,
} from "../roles/index.ts";
import type { Closers, RunningNode } from "../roles/index.ts";
import { rejected } from "../rpc/index.ts";
import { USER_PREDEPLOYS, l1BridgesOf } from "../rollup/index.ts";
import type { L1Bridges, RollupConfig } from "../rollup/index.ts";
import { chooseSequencerMode } from "../sequencer/index.ts";
import { derivedKeys, faucetAccount, hardhatKeys, userAccounts } from "./accounts.ts";
import type { DevnetKeys } from "./accounts.ts";
import { createDevnetControl } from "./control.ts";
import { fundOnL1, fundOnL2 } from "./funding.ts";
import { startL1Node } from "./l1-node.ts";
import type { L1Node } from "./l1-node.ts";
import { startRestartableRoles } from "./restartable-roles.ts";
import { deployWellKnownContracts } from "./well-known-contracts.ts";
import { L1_JOURNAL, NODE_FOLDER, ROLLUP_CONFIG, StateFileError, dumpRunning, restoreState } from "./state-file.ts";

export type DevnetL1 =
  | {
      readonly kind: "hardhat";
      /** 0 takes any free port. */
      readonly port: number;
      /** Of the chain; `origin` for that of the chain it forks. */
      readonly chainId: number | "origin";
      /** Seconds without a transaction after which an empty block is mined. */
      readonly blockTime: number;
      /** Wei per gas of the first block of an L1 that is no fork. */
      readonly baseFee: number;
      /** Chain to fork. */
      readonly forkUrl: string | undefined;
      /** Its block to continue from; its latest if undefined. */
      readonly forkBlockNumber: number | undefined;
    }
  | {
      readonly kind: "external";
      readonly rpcUrl: string;
      readonly beaconUrl: string | undefined;
      /** 32 bytes; pays for everything. */
      readonly deployerKey: Hex;
    };

export interface DevnetOptions {
  readonly l1: DevnetL1;
  readonly host: string;
  /** 0 takes any free port; so for the other ports. */
  readonly rpcPort: number;
  readonly feedPort: number;
  readonly blobServerPort: number;
  /** Where everything is kept; undefined for a temporary folder. */
  readonly dataDirectory: string | undefined;
  /** A state file to begin with; L1 and L2 then have the chain ids that it says. */
  readonly restoreFrom?: string | undefined;
  readonly l2ChainId: number;
  /** Whether a rollup that is deployed anew gets a chain id of its own, in the place of `l2ChainId`; one that is there keeps its. */
  readonly freshChainId?: boolean | undefined;
  readonly preset: DeploymentPreset;
  /** Seconds between blocks; 0 makes one as soon as there is something to put into it. */
  readonly blockTime: number;
  /** Whether blocks are made when there is nothing to put into them: every `blockTime`, or when none came for a second. */
  readonly emptyBlocks: boolean;
  /** Seconds of age of the oldest block not posted at which a batch is posted. */
  readonly batchInterval: number;
  readonly dataKind: DataKind;
  /** Least seconds of L1 time between claims. */
  readonly proposeInterval: number;
  /** Whether L2 has the contracts that tools look for on every chain; on an L1 of its own. */
  readonly wellKnownContracts: boolean;
  /** Wei that each user account gets on L2 by a deposit; on an external L1 the deployer's is the only one. */
  readonly l2Balance: bigint;
  /** Wei that operator, proposer and challenger are given on an external L1, besides bonds. */
  readonly roleBalance: bigint;
  /** What executes L2. */
  readonly engine: EngineName;
  /** Whether the other engine executes everything too; the devnet fails at the first difference. */
  readonly shadow: boolean;
}

/** Everything a user or a program needs to know of a running devnet. */
export interface DevnetInfo {
  readonly l1: { readonly rpcUrl: string; readonly chainId: number };
  readonly l2: {
    readonly rpcUrl: string;
    readonly webSocketUrl: string;
    readonly feedUrl: string;
    /** The blobs posted from here, as a beacon API. */
    readonly beaconUrl: string;
    readonly chainId: number;
  };
  readonly contracts: RollupConfig["contracts"];
  /** Messenger and token bridges on L1. */
  readonly l1Bridges: L1Bridges;
  readonly predeploys: typeof USER_PREDEPLOYS;
  readonly roles: Readonly<Record<"operator" | "proposer" | "challenger", Address>>;
  readonly challengePeriod: number;
  /** Accounts with ETH on L2; keys where they are well known. */
  readonly accounts: readonly { readonly address: Address; readonly privateKey: Hex | undefined }[];
  /** The configuration file that other nodes of this rollup are started with. */
  readonly rollupConfig: string;
}

export interface Devnet {
  readonly info: DevnetInfo;
  /** Resolves with the reason if a part can no longer run. */
  readonly failure: Promise<Error>;
  close(): Promise<void>;
}

/** Looks at an L1 on this machine, which tells of its blocks; seconds between looks at one elsewhere. */
const LOCAL_PACE = { quick: 0.5, slow: 5, patience: 20 };
const REMOTE_POLL_INTERVAL = 4;
/** Seconds without an L1 block after which a start that waits for one says so; twice the time between Ethereum's, and a little. */
const L1_SILENCE = 30;
/** A Hardhat network calls every block final; one more block is waited for, so that the heads are seen apart. */
const HARDHAT_FINALITY_DEPTH = 1;
/** How tools that look for a development node by its name know one: Hardhat's network helpers refuse others. */
const CLIENT_VERSION = "HardhatNetwork/onestep-devnet/0.1.0";

/**
 * Starts an L1, unless there is one, and every role of a rollup on it in this process. Aborting the signal ends a start
 * that is under way, with its reason.
 */
export async function startDevnet(
  options: DevnetOptions,
  instruments: Instruments,
  signal: AbortSignal,
): Promise<Devnet> {
  const closers = createClosers(instruments);
  try {
    return await unlessAborted(start(options, instruments, closers, signal), signal);
  } catch (error) {
    await closers.closeAll().catch(() => undefined);
    throw error;
  }
}

async function start(
  given: DevnetOptions,
  instruments: Instruments,
  closers: Closers,
  signal: AbortSignal,
): Promise<Devnet> {
  const { host } = given;
  const folder = openFolder(given.dataDirectory, closers);
  const options = given.restoreFrom === undefined ? given : await restoreOptions(given, given.restoreFrom, folder);
  const l1 = await openL1(options, folder, instruments, closers);
  const local = options.l1.kind === "hardhat";
  const keys = options.l1.kind === "hardhat" ? hardhatKeys() : derivedKeys(options.l1.deployerKey);
  const users = userAccounts();
  const accounts = local ? users : [{ address: keys.deployer.address, privateKey: undefined }];
  const configPath = join(folder, ROLLUP_CONFIG);
  const config = await openRollup(options, { l1RpcUrl: l1.url, keys, configPath }, instruments);
  if (!local) {
    const { roleBalance, l2Balance } = options;
    const { claimBond, unitBond } = config.parameters;
    const needs = {
      operator: roleBalance,
      proposer: roleBalance + claimBond,
      challenger: roleBalance + unitBond,
      l2Balance,
    };
    await fundOnL1({ l1RpcUrl: l1.url, keys, deployedAt: config.l1StartBlock, needs }, instruments);
  }
  const pace = createPace(LOCAL_PACE);
  l1.onBlock(pace.wake);
  const pollInterval = local ? pace : REMOTE_POLL_INTERVAL;
  const node = await openNode(
    {
      config,
      dataDirectory: join(folder, NODE_FOLDER),
      l1RpcUrl: l1.url,
      l1BeaconUrl: options.l1.kind === "external" ? options.l1.beaconUrl : undefined,
      l1PollInterval: pollInterval,
      l1FinalityDepth: local ? HARDHAT_FINALITY_DEPTH : undefined,
      l1ClockMayBeMoved: local,
      engine: options.engine,
      shadow: options.shadow,
      traces: true,
      signal,
    },
    instruments,
  );
  closers.add("node", () => node.close());
  // Somebody who has sent something waits for what follows from it; nobody waits for what follows from a block for L1's context.
  node.chain.events.on("block", ({ transactions }) => {
    if (transactions.length > 0) pace.quicken();
    else pace.wake();
  });
  node.chain.events.on("safe", pace.wake);
  node.chain.events.on("finalized", pace.wake);
  const operatorKey = keys.operator.privateKey;
  const { feedPort } = await startFeed(node, { operatorKey, host, feedPort: options.feedPort });
  const blobServerPort = await startBlobServer(node, { host, blobServerPort: options.blobServerPort });
  const { blockTime, emptyBlocks } = options;
  const roles = await startRestartableRoles(node, async (scope) => {
    const { mempool, sequencer } = await openSequencer(scope, {
      mode: chooseSequencerMode({ blockTime, emptyBlocks }),
      messageConfirmations: local ? 0 : 1,
      maximumBlockBytes: maximumBlockBytesFor(options.dataKind),
    });
    const batcher = await startBatcher(scope, {
      posterKey: operatorKey,
      dataKind: options.dataKind,
      interval: options.batchInterval,
      pollingInterval: pollInterval,
    });
    await startProposerRole(scope, {
      proposerKey: keys.proposer.privateKey,
      interval: options.proposeInterval,
      pollingInterval: pollInterval,
    });
    await startChallengerRole(scope, {
      challengerKey: keys.challenger.privateKey,
      mode: "play",
      hasProposer: true,
      pollingInterval: pollInterval,
    });
    return { mempool, sequencer, batcher };
  });
  const known: { info?: DevnetInfo } = {};
  const control = local
    ? createDevnetControl({
        node,
        roles,
        l1RpcUrl: l1.url,
        accounts: users,
        faucet: faucetAccount().address,
        automatic: chooseSequencerMode({ blockTime: 0, emptyBlocks }),
        hasFreshChainId: options.freshChainId === true,
        info: () => {
          if (known.info === undefined) throw rejected("the devnet is starting");
          return known.info;
        },
        // No block is made meanwhile.
        dump: () => node.chain.exclusive(() => dumpRunning(folder, node.database)),
      })
    : undefined;
  const rpc = await openRpc(node, {
    host,
    port: options.rpcPort,
    pool: roles.pool,
    devnet: control,
    clientVersion: local ? CLIENT_VERSION : undefined,
  });
  if (options.l2Balance > 0n) {
    await fundOnL2(
      {
        l1RpcUrl: l1.url,
        inbox: config.contracts.inbox,
        funder: keys.funder,
        deployedAt: config.l1StartBlock,
        recipients: [...accounts.map(({ address }) => address), ...(local ? [faucetAccount().address] : [])],
        amount: options.l2Balance,
      },
      instruments,
    );
    await untilMessagesAreOnL2(node, l1.url);
    if (local && options.wellKnownContracts) {
      await deployWellKnownContracts({ rpcUrl: rpc.url, payer: faucetAccount() }, instruments);
    }
  }
  const info: DevnetInfo = {
    l1: { rpcUrl: l1.url, chainId: config.l1ChainId },
    l2: {
      rpcUrl: rpc.url,
      webSocketUrl: rpc.webSocketUrl,
      feedUrl: `ws://${host}:${feedPort}`,
      beaconUrl: `http://${host}:${blobServerPort ?? ""}`,
      chainId: config.genesis.chainId,
    },
    contracts: config.contracts,
    l1Bridges: l1BridgesOf(config.genesis),
    predeploys: USER_PREDEPLOYS,
    roles: {
      operator: keys.operator.address,
      proposer: keys.proposer.address,
      challenger: keys.challenger.address,
    },
    challengePeriod: config.parameters.challengePeriod,
    accounts,
    rollupConfig: configPath,
  };
  known.info = info;
  await control?.ready();
  // Not waited for: on a busy machine the first estimate of gas would take longer than a call may.
  rpc.prepare();
  return {
    info,
    failure: Promise.race([l1.failure, node.failure]),
    close: () => closers.closeAll(),
  };
}

/** Resolves when L2 has consumed every message that the Inbox has now. */
async function untilMessagesAreOnL2(node: RunningNode, l1RpcUrl: string): Promise<void> {
  const { chain, client, config, instruments } = node;
  const address = config.contracts.inbox;
  const count = Number(await client.readContract({ address, abi: inboxAbi, functionName: "messageCount" }));
  await new Promise<void>((resolve) => {
    const silence = setInterval(() => {
      const { l1HeadAge: age = 0 } = node.syncStatus();
      if (age < L1_SILENCE) return;
      clearInterval(silence);
      instruments.logger.warn(
        // Without path and query, in which keys of hosted endpoints stand.
        `waiting for a block of L1: ${new URL(l1RpcUrl).origin} has had none for ${Math.floor(age)} s. A node that mines only when there are ` +
          "transactions does not do; make it mine at intervals (anvil: --block-time 1)",
      );
    }, 1000);
    const end = (): void => {
      clearInterval(silence);
      chain.events.off("block", look);
    };
    const look = (): void => {
      if (chain.latest().nextMessage < count) return;
      end();
      resolve();
    };
    chain.events.on("block", look);
    node.onClose("wait for deposits", end);
    look();
  });
}

/** Fills the folder from a state file, and gives the options with which its devnet goes on. */
async function restoreOptions(options: DevnetOptions, path: string, folder: string): Promise<DevnetOptions> {
  const { l1 } = options;
  if (l1.kind === "external") throw new StateFileError(`${path} holds an L1 too: it cannot be restored on another`);
  const { l1ChainId, l2ChainId } = await restoreState(path, folder);
  return { ...options, l2ChainId, l1: { ...l1, chainId: l1ChainId } };
}

/** The data directory, or a temporary one that is gone when the devnet is. */
function openFolder(dataDirectory: string | undefined, closers: Closers): string {
  if (dataDirectory !== undefined) {
    mkdirSync(dataDirectory, { recursive: true });
    return dataDirectory;
  }
  const folder = mkdtempSync(join(tmpdir(), "onestep-devnet-"));
  closers.add("temporary folder", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function openL1(
  { l1, host }: DevnetOptions,
  folder: string,
  instruments: Instruments,
  closers: Closers,
): Promise<Pick<L1Node, "url" | "onBlock" | "failure">> {
  if (l1.kind === "external") {
    return { url: l1.rpcUrl, onBlock: () => undefined, failure: new Promise(() => undefined) };
  }
  const node = await startL1Node(
    {
      hostname: host,
      port: l1.port,
      chainId: l1.chainId,
      baseFee: l1.baseFee,
      blockInterval: l1.blockTime,
      journalPath: join(folder, L1_JOURNAL),
      forkUrl: l1.forkUrl,
      forkBlockNumber: l1.forkBlockNumber,
    },
    instruments,
  );
  closers.add("L1", () => node.close());
  if (node.restoredBlocks > 0) instruments.logger.info({ blocks: node.restoredBlocks }, "L1 restored");
  return node;
}

/** Below 2^48, as some wallets take no greater one, and above the ids that chains of the world have chosen for themselves. */
function freshChainId(): number {
  return 2 ** 40 + randomInt(2 ** 40);
}

/** The rollup that the data directory knows, which must be the one on L1; or a new one. */
async function openRollup(
  options: DevnetOptions,
  { l1RpcUrl, keys, configPath }: { readonly l1RpcUrl: string; readonly keys: DevnetKeys; readonly configPath: string },
  instruments: Instruments,
): Promise<RollupConfig> {
  if (!existsSync(configPath)) {
    const config = await createRollup(
      {
        l1RpcUrl,
        deployerKey: keys.deployer.privateKey,
        operator: keys.operator.address,
        feeRecipient: keys.operator.address,
        l2ChainId: options.freshChainId === true ? freshChainId() : options.l2ChainId,
        preset: options.preset,
      },
      instruments,
    );
    // Whole or not at all: a kill while writing must not leave half a configuration.
    writeFileSync(`${configPath}.new`, formatRollupConfig(config));
    renameSync(`${configPath}.new`, configPath);
    return config;
  }
  const config = readRollupConfig(configPath);
  if (options.freshChainId !== true && config.genesis.chainId !== options.l2ChainId) {
    throw new Error(
      `${configPath} is of an L2 with chain id ${config.genesis.chainId}, asked for is ${options.l2ChainId}`,
    );
  }
  await verifyRollupConfig(createPublicClient({ transport: http(l1RpcUrl) }), config);
  return config;
}
