import { Registry } from "prom-client";
import { privateKeyToAccount } from "viem/accounts";
import { maximumBlockBytesFor } from "../batcher/index.ts";
import { toAddress } from "../primitives/index.ts";
import type { Hex, Logger } from "../primitives/index.ts";
import {
  openNode,
  openReplicaPool,
  startBatcherRole,
  startChallengerRole,
  startFeedClient,
  startProposerRole,
  startRpcRole,
  startSequencerRole,
} from "../roles/index.ts";
import type { RunningNode } from "../roles/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { chooseSequencerMode } from "../sequencer/index.ts";
import { defineCommand } from "./command.ts";
import { writeInfoFile } from "./info-file.ts";
import { runService } from "./lifecycle.ts";
import {
  batcherSettings,
  challengerSettings,
  feedClientSettings,
  nodeSettings,
  operatorKeySetting,
  optionalRpcSettings,
  proposerSettings,
  rpcSettings,
  sequencerSettings,
} from "./role-settings.ts";
import { readRollupConfigSetting } from "./rollup-config-setting.ts";
import { httpUrlText, privateKeyText } from "./setting-types.ts";
import { SettingsError, optionalSetting, requiredSetting, secret, switchSetting } from "./settings.ts";
import type { SettingValues } from "./settings.ts";

/** Milliseconds after which an orderly stop is given up. */
export const STOP_TIMEOUT = 30_000;

type NodeValues = SettingValues<typeof nodeSettings>;

/** Runs a node with what `addRole` adds to it, until the process is told to stop. */
export async function runRole(
  values: NodeValues,
  { logger }: { readonly logger: Logger },
  addRole: (node: RunningNode) => Promise<object>,
  { traces = false, operatorKey }: { readonly traces?: boolean; readonly operatorKey?: Hex } = {},
): Promise<void> {
  const config = readRollupConfigSetting(values.rollupConfig);
  if (operatorKey !== undefined) requireOperator(operatorKey, config);
  const instruments = { logger, metrics: new Registry() };
  await runService(
    async (signal) => {
      const node = await openNode(
        {
          config,
          dataDirectory: values.dataDir,
          l1RpcUrl: values.l1RpcUrl,
          l1BeaconUrl: values.l1BeaconUrl,
          l1PollInterval: values.l1PollInterval,
          l1FinalityDepth: values.l1FinalityDepth,
          l1LongestSilence: values.l1LongestSilence === 0 ? undefined : values.l1LongestSilence,
          engine: values.engine,
          shadow: values.shadow,
          traces,
          signal,
        },
        instruments,
      );
      try {
        const info = await addRole(node);
        if (values.infoFile !== undefined) writeInfoFile(values.infoFile, info);
        logger.info(info, "running");
        return node;
      } catch (error) {
        await node.close();
        throw error;
      }
    },
    { stopTimeout: STOP_TIMEOUT, settings: values },
    { logger },
  );
}

/** Followers drop blocks that another key has signed, and the Inbox refuses another's batches. */
function requireOperator(key: Hex, { parameters: { operator } }: RollupConfig): void {
  const account = toAddress(privateKeyToAccount(key).address);
  if (account === operator) return;
  throw new SettingsError([
    `--operator-key: expected the key of the rollup's operator ${operator}, got that of ${account}`,
  ]);
}

/** The port of a role's own RPC server, if it has one. */
async function startOptionalRpc(
  node: RunningNode,
  values: { readonly host: string; readonly rpcPort: number | undefined },
) {
  if (values.rpcPort === undefined) return {};
  const pool = openReplicaPool(node, undefined);
  return startRpcRole(node, { host: values.host, port: values.rpcPort, pool });
}

export const nodeCommand = defineCommand({
  name: "node",
  summary: "follow the rollup and serve JSON-RPC",
  details:
    "Derives L2 from L1 alone and trusts nobody for it. With --feed-url it knows blocks before they are on L1, with " +
    "--sequencer-url it takes transactions and passes them on.",
  examples: [
    ["onestep node --rollup-config rollup.json --l1-rpc-url https://l1", "verifies L2 from L1"],
    ["onestep node --feed-url ws://sequencer:9546 --sequencer-url http://sequencer:9545", "an RPC replica"],
  ],
  settings: {
    ...nodeSettings,
    ...rpcSettings,
    ...feedClientSettings,
    sequencerUrl: optionalSetting(httpUrlText, {
      description: "JSON-RPC of the sequencer, to pass transactions on to; without it they are refused",
      placeholder: "url",
    }),
    traces: switchSetting("trace the chain too, for `onestep trace --block`: 32 bytes a unit of the chain on disk"),
  },
  run: (values, context) =>
    runRole(
      values,
      context,
      async (node) => {
        if (values.feedUrl !== undefined) startFeedClient(node, values.feedUrl);
        const pool = openReplicaPool(node, values.sequencerUrl);
        return startRpcRole(node, { host: values.host, port: values.rpcPort, pool });
      },
      { traces: values.traces },
    ),
});

export const sequencerCommand = defineCommand({
  name: "sequencer",
  summary: "order transactions into blocks",
  details: "Exactly one may run per rollup. Serves JSON-RPC, and the feed of signed blocks for followers.",
  examples: [
    [
      "ONESTEP_OPERATOR_KEY=0x… onestep sequencer --rollup-config rollup.json --l1-rpc-url https://l1",
      "a block a second",
    ],
    ["onestep sequencer --operator-key-file key --block-time 0", "a block as soon as there is a transaction"],
  ],
  settings: { ...nodeSettings, ...rpcSettings, ...operatorKeySetting, ...sequencerSettings },
  run: (values, context) =>
    runRole(
      values,
      context,
      async (node) => {
        const { mempool, feedPort } = await startSequencerRole(node, {
          operatorKey: values.operatorKey,
          mode: chooseSequencerMode(values),
          maximumBlockBytes: maximumBlockBytesFor(values.dataAvailability),
          messageConfirmations: values.messageConfirmations,
          host: values.host,
          feedPort: values.feedPort,
        });
        const rpc = await startRpcRole(node, { host: values.host, port: values.rpcPort, pool: mempool });
        return { ...rpc, feedUrl: `ws://${values.host}:${feedPort}` };
      },
      { operatorKey: values.operatorKey },
    ),
});

export const batcherCommand = defineCommand({
  name: "batcher",
  summary: "post L2 blocks to L1",
  details:
    "Exactly one may run per rollup, with the operator's key. Learns blocks from the sequencer's feed. If the operator is gone, anyone " +
    "orders and posts with `onestep self-sequence`.",
  examples: [
    [
      "ONESTEP_OPERATOR_KEY=0x… onestep batcher --rollup-config rollup.json --feed-url ws://sequencer:9546",
      "posts at least every minute",
    ],
  ],
  settings: {
    ...nodeSettings,
    ...optionalRpcSettings,
    ...feedClientSettings,
    ...operatorKeySetting,
    ...batcherSettings,
  },
  run: (values, context) =>
    runRole(
      values,
      context,
      async (node) => {
        if (values.feedUrl !== undefined) startFeedClient(node, values.feedUrl);
        if (
          values.dataAvailability !== "calldata" &&
          values.l1BeaconUrl === undefined &&
          values.blobServerPort === undefined
        ) {
          context.logger.warn(
            "batches may go into blobs, and no --l1-beacon-url says who serves those of this L1: where nobody does, give " +
              "--blob-server-port, and its address to the other nodes as --l1-beacon-url, or every other node stops at the first " +
              "blob; --data-availability calldata, for the sequencer too, does without",
          );
        }
        const { blobServerPort } = await startBatcherRole(node, {
          posterKey: values.operatorKey,
          dataKind: values.dataAvailability,
          interval: values.batchInterval,
          pollingInterval: values.l1PollInterval,
          host: values.host,
          blobServerPort: values.blobServerPort,
        });
        const beacon = blobServerPort === undefined ? {} : { beaconUrl: `http://${values.host}:${blobServerPort}` };
        return { ...(await startOptionalRpc(node, values)), ...beacon };
      },
      { operatorKey: values.operatorKey },
    ),
});

export const proposerCommand = defineCommand({
  name: "proposer",
  summary: "claim L2 states on L1 and confirm them",
  details:
    "Anyone may run it. A claim takes a bond, which moves on to the proposer's next claim. With --retire it comes back " +
    "when the last is confirmed.",
  examples: [["ONESTEP_PROPOSER_KEY=0x… onestep proposer --rollup-config rollup.json", "a claim an hour at most"]],
  settings: {
    ...nodeSettings,
    ...optionalRpcSettings,
    proposerKey: secret(
      requiredSetting(privateKeyText, { description: "private key that puts up bonds", placeholder: "key" }),
    ),
    ...proposerSettings,
  },
  run: (values, context) =>
    runRole(
      values,
      context,
      async (node) => {
        await startProposerRole(node, {
          proposerKey: values.proposerKey,
          interval: values.proposeInterval,
          retiring: values.retire,
          pollingInterval: values.l1PollInterval,
        });
        return startOptionalRpc(node, values);
      },
      { traces: true },
    ),
});

export const challengerCommand = defineCommand({
  name: "challenger",
  summary: "dispute wrong claims on L1",
  details:
    "Anyone may run it, with one key. It derives L2 from L1, judges every claim, and where one is wrong proposes the right one if that is " +
    "missing and plays the dispute until it is won. It needs no folder that was there before. /ready tells what it is alarmed by.",
  examples: [
    ["ONESTEP_CHALLENGER_KEY=0x… onestep challenger --rollup-config rollup.json", "disputes whatever is wrong"],
    ["onestep challenger --rollup-config rollup.json --watch-only --rpc-port 9547", "an alarm, without a key"],
  ],
  settings: { ...nodeSettings, ...optionalRpcSettings, ...challengerSettings },
  run: (values, context) => {
    const { challengerKey, dryRun, watchOnly, spendPerDispute, spendInAll } = values;
    if (challengerKey === undefined && !watchOnly) {
      throw new SettingsError(["--challenger-key: expected a private key, unless with --watch-only"]);
    }
    return runRole(
      values,
      context,
      async (node) => {
        await startChallengerRole(node, {
          challengerKey: watchOnly ? undefined : challengerKey,
          mode: watchOnly ? "watch-only" : dryRun ? "dry-run" : "play",
          spendingLimits: { perDispute: spendPerDispute, total: spendInAll },
          hasProposer: false,
          pollingInterval: values.l1PollInterval,
        });
        return startOptionalRpc(node, values);
      },
      { traces: true },
    );
  },
});
