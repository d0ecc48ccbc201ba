import { Registry } from "prom-client";
import { DEFAULT_L2_CHAIN_ID } from "../deployment/index.ts";
import { startDevnet } from "../devnet/index.ts";
import type { DevnetOptions } from "../devnet/index.ts";
import { defineCommand, defineCommandGroup } from "./command.ts";
import { choosePreset, presetSettings } from "./deploy-command.ts";
import { describeDevnet } from "./devnet-banner.ts";
import { fastForwardCommand } from "./devnet-fast-forward.ts";
import { faucetCommand } from "./devnet-faucet.ts";
import { snapshotCommand } from "./devnet-snapshot.ts";
import { writeInfoFile } from "./info-file.ts";
import { runService } from "./lifecycle.ts";
import { STOP_TIMEOUT } from "./role-commands.ts";
import { batcherSettings, engineSettings, nodeSettings, rpcSettings, sequencerSettings } from "./role-settings.ts";
import {
  chainIdText,
  choiceText,
  etherText,
  httpUrlText,
  integerText,
  l1ChainIdText,
  pathText,
  portText,
  privateKeyText,
  secondsText,
} from "./setting-types.ts";
import { SettingsError, optionalSetting, secret, setting, switchSetting } from "./settings.ts";
import type { SettingValues } from "./settings.ts";

const settings = {
  dataDir: optionalSetting(pathText, {
    description: "folder that keeps L1 and L2 between runs; default: a temporary one",
    placeholder: "path",
  }),
  restore: optionalSetting(pathText, {
    description: "begin with the L1 and L2 of a file that onestep devnet snapshot wrote, chain ids included",
    placeholder: "file",
  }),
  l1Port: setting(portText, {
    description: "port of the L1 it starts; 0 for any",
    placeholder: "port",
    fallback: "8545",
  }),
  l1ChainId: setting(l1ChainIdText, {
    description: "chain id of the L1 it starts; `origin` for that of the chain it forks",
    placeholder: "id",
    fallback: "31337",
  }),
  l1BlockTime: setting(secondsText(0.1), {
    description: "an empty L1 block is mined when none came for so long; transactions are mined at once",
    placeholder: "seconds",
    fallback: "2",
  }),
  l1BaseFee: setting(integerText(0, 1_000_000_000_000), {
    description:
      "base fee of the first L1 block it mines, unless it forks a chain; with 0 the data of L2 transactions costs nothing, and a " +
      "transfer takes 21,000 gas as on other chains",
    placeholder: "wei",
    fallback: "0",
  }),
  fork: optionalSetting(httpUrlText, {
    description: "JSON-RPC endpoint of a chain that the L1 it starts forks",
    placeholder: "url",
  }),
  forkBlockNumber: optionalSetting(integerText(0), {
    description: "block of the chain of --fork to continue from; default: its latest",
    placeholder: "number",
  }),
  l1RpcUrl: optionalSetting(httpUrlText, {
    description: "use this L1 instead of starting one; needs --deployer-key",
    placeholder: "url",
  }),
  l1BeaconUrl: nodeSettings.l1BeaconUrl,
  deployerKey: secret(
    optionalSetting(privateKeyText, {
      description: "account that pays for contracts, batches, bonds and deposits on the L1 of --l1-rpc-url",
      placeholder: "key",
    }),
  ),
  roleBalance: setting(etherText, {
    description: "what operator and proposer are given on the L1 of --l1-rpc-url",
    placeholder: "ether",
    fallback: "0.5",
  }),
  l2ChainId: setting(chainIdText, {
    description: "chain id of L2",
    placeholder: "id",
    fallback: String(DEFAULT_L2_CHAIN_ID),
  }),
  freshChainId: switchSetting(
    "a new L2 gets a chain id of its own, so that wallets and indexers do not take it for another",
  ),
  l2Balance: optionalSetting(etherText, {
    description: "deposited for each account on L2; default: 500, and 0.1 for the deployer with --l1-rpc-url",
    placeholder: "ether",
  }),
  bare: switchSetting(
    "leave out the contracts that tools look for on every chain: Multicall3, Permit2, CreateX, EntryPoint 0.7 and 0.8",
  ),
  ...rpcSettings,
  feedPort: sequencerSettings.feedPort,
  blobServerPort: setting(portText, {
    description: "port that serves the blobs posted from here, as a beacon API; 0 for any",
    placeholder: "port",
    fallback: "9547",
  }),
  host: nodeSettings.host,
  infoFile: nodeSettings.infoFile,
  blockTime: setting(secondsText(), { ...sequencerSettings.blockTime, placeholder: "seconds", fallback: "0" }),
  emptyBlocks: sequencerSettings.emptyBlocks,
  batchInterval: setting(secondsText(), { ...batcherSettings.batchInterval, placeholder: "seconds", fallback: "4" }),
  dataAvailability: setting(choiceText(["auto", "calldata", "blobs"]), {
    ...batcherSettings.dataAvailability,
    placeholder: "kind",
    fallback: "auto",
  }),
  proposeInterval: setting(secondsText(), {
    description: "least L1 time between a claim and the next",
    placeholder: "seconds",
    fallback: "4",
  }),
  ...engineSettings,
  ...presetSettings,
};

const startCommand = defineCommand({
  name: "start",
  summary: "run L1, L2 and every role on this machine",
  details:
    "Starts a Hardhat network as L1 (or uses another), deploys the contracts, runs sequencer, batcher, proposer and " +
    "JSON-RPC in one process, deposits ETH for the ten well-known Hardhat accounts, and prints what a wallet needs.",
  examples: [
    ["onestep devnet", "L1 on port 8545, L2 on port 9545, nothing kept"],
    ["onestep devnet --data-dir data", "goes on where it stopped"],
    ["onestep devnet --restore state", "begins with what onestep devnet snapshot has kept"],
    ["onestep devnet --fork https://l1 --fork-block-number 9000000", "L1 is a fork of another chain at a block"],
    ["onestep devnet --l1-rpc-url https://l1 --deployer-key-file key", "on an L1 that exists"],
  ],
  settings,
  async run(values, { logger }) {
    const options = devnetOptions(values);
    const instruments = { logger, metrics: new Registry() };
    await runService(
      async (signal) => {
        const devnet = await startDevnet(options, instruments, signal);
        if (values.infoFile !== undefined) writeInfoFile(values.infoFile, devnet.info);
        process.stdout.write(describeDevnet(devnet.info));
        return devnet;
      },
      { stopTimeout: STOP_TIMEOUT, settings: values },
      { logger },
    );
  },
});

export const devnetCommand = defineCommandGroup({
  name: "devnet",
  summary: "run L1, L2 and every role on this machine; move its time, give ETH, keep its state",
  commands: [startCommand, fastForwardCommand, faucetCommand, snapshotCommand],
  showsFirst: true,
});

function devnetOptions(values: SettingValues<typeof settings>): DevnetOptions {
  const { l1RpcUrl, deployerKey, l1BeaconUrl: beaconUrl, fork: forkUrl } = values;
  if (l1RpcUrl !== undefined && forkUrl !== undefined) {
    throw new SettingsError(["--fork and --l1-rpc-url exclude each other: the one starts an L1, the other uses one"]);
  }
  if (values.forkBlockNumber !== undefined && forkUrl === undefined) {
    throw new SettingsError(["--fork-block-number needs a --fork: the endpoint of the chain whose block it is"]);
  }
  if (values.l1ChainId === "origin" && forkUrl === undefined) {
    throw new SettingsError(["--l1-chain-id origin needs a --fork: the endpoint of the chain whose id it is"]);
  }
  if (values.restore !== undefined && l1RpcUrl !== undefined) {
    throw new SettingsError(["--restore and --l1-rpc-url exclude each other: what is restored has its own L1"]);
  }
  if (values.restore !== undefined && values.freshChainId) {
    throw new SettingsError(["--restore and --fresh-chain-id exclude each other: what is restored has its chain id"]);
  }
  if (l1RpcUrl !== undefined && deployerKey === undefined) {
    throw new SettingsError([
      "--l1-rpc-url needs --deployer-key or --deployer-key-file: an account with ETH on that L1",
    ]);
  }
  const hardhat = {
    kind: "hardhat",
    port: values.l1Port,
    chainId: values.l1ChainId,
    blockTime: values.l1BlockTime,
    baseFee: values.l1BaseFee,
    forkUrl,
    forkBlockNumber: values.forkBlockNumber,
  } as const;
  const ether = 10n ** 18n;
  return {
    l1:
      l1RpcUrl !== undefined && deployerKey !== undefined
        ? { kind: "external", rpcUrl: l1RpcUrl, beaconUrl, deployerKey }
        : hardhat,
    host: values.host,
    rpcPort: values.rpcPort,
    feedPort: values.feedPort,
    blobServerPort: values.blobServerPort,
    dataDirectory: values.dataDir,
    restoreFrom: values.restore,
    l2ChainId: values.l2ChainId,
    freshChainId: values.freshChainId,
    preset: choosePreset("devnet", values),
    blockTime: values.blockTime,
    emptyBlocks: values.emptyBlocks,
    batchInterval: values.batchInterval,
    dataKind: values.dataAvailability,
    proposeInterval: values.proposeInterval,
    engine: values.engine,
    shadow: values.shadow,
    l2Balance: values.l2Balance ?? (l1RpcUrl === undefined ? 500n * ether : ether / 10n),
    roleBalance: values.roleBalance,
    wellKnownContracts: !values.bare,
  };
}
