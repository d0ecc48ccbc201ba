import { ENGINE_NAMES } from "../reference/index.ts";
import {
  choiceText,
  etherText,
  hostText,
  httpUrlText,
  integerText,
  pathText,
  portText,
  privateKeyText,
  secondsText,
  webSocketUrlText,
} from "./setting-types.ts";
import { optionalSetting, requiredSetting, secret, setting, switchSetting } from "./settings.ts";

/** What executes L2. */
export const engineSettings = {
  engine: setting(choiceText(ENGINE_NAMES), {
    description: "what executes L2: the machine that also proves it, or ethereumjs",
    placeholder: "name",
    fallback: "machine",
  }),
  shadow: switchSetting("execute everything on the other engine too, and stop at the first difference, with a report"),
};

/** Settings that every role has: it is a node first. */
export const nodeSettings = {
  ...engineSettings,
  rollupConfig: requiredSetting(pathText, {
    description: "configuration file that `onestep deploy` wrote",
    placeholder: "path",
  }),
  dataDir: setting(pathText, {
    description: "folder of the database; created if missing, rebuilt from L1 if lost",
    placeholder: "path",
    fallback: "data",
  }),
  l1RpcUrl: setting(httpUrlText, {
    description: "JSON-RPC endpoint of L1",
    placeholder: "url",
    fallback: "http://127.0.0.1:8545",
  }),
  l1BeaconUrl: optionalSetting(httpUrlText, {
    description: "beacon API that serves the blobs of L1; needed where batches are posted as blobs",
    placeholder: "url",
  }),
  l1PollInterval: setting(secondsText(0.01), {
    description: "how often L1 is asked for new blocks",
    placeholder: "seconds",
    fallback: "2",
  }),
  l1LongestSilence: setting(secondsText(), {
    description:
      "without a new L1 block for so long the role is not ready; 0 for an L1 that mines with transactions only",
    placeholder: "seconds",
    fallback: "180",
  }),
  l1FinalityDepth: optionalSetting(integerText(0), {
    description: "blocks on top of an L1 block that make it final; default: what L1 calls finalized",
    placeholder: "blocks",
  }),
  infoFile: optionalSetting(pathText, {
    description: "JSON file to write when everything runs, with the addresses of all servers",
    placeholder: "path",
  }),
  host: setting(hostText, {
    description: "address that servers listen on",
    placeholder: "address",
    fallback: "127.0.0.1",
  }),
};

/** JSON-RPC of roles that users talk to. */
export const rpcSettings = {
  rpcPort: setting(portText, {
    description: "port of the JSON-RPC server, HTTP and WebSocket, with /metrics, /health and /ready; 0 for any",
    placeholder: "port",
    fallback: "9545",
  }),
};

/** JSON-RPC of roles that only their operator looks at. */
export const optionalRpcSettings = {
  rpcPort: optionalSetting(portText, {
    description: "port of the JSON-RPC server, with /metrics, /health and /ready; none by default, 0 for any",
    placeholder: "port",
  }),
};

/** Following the sequencer's feed, ahead of L1. */
export const feedClientSettings = {
  feedUrl: optionalSetting(webSocketUrlText, {
    description: "feed of the sequencer; without it blocks are known when their batch is on L1",
    placeholder: "url",
  }),
};

export const operatorKeySetting = {
  operatorKey: secret(
    requiredSetting(privateKeyText, { description: "private key of the rollup's operator", placeholder: "key" }),
  ),
};

export const sequencerSettings = {
  blockTime: setting(secondsText(), {
    description: "a block every so many seconds if there is something to put into it; 0 makes one as soon as there is",
    placeholder: "seconds",
    fallback: "1",
  }),
  emptyBlocks: switchSetting(
    "make blocks with nothing in them too: every --block-time, or with 0 when none came for a second",
  ),
  dataAvailability: setting(choiceText(["auto", "calldata", "blobs"]), {
    description: "where the batcher puts the data; calldata keeps each block, and transaction, below 64 KiB",
    placeholder: "kind",
    fallback: "auto",
  }),
  messageConfirmations: setting(integerText(0), {
    description: "L1 blocks on top of a deposit's before it is executed on L2",
    placeholder: "blocks",
    fallback: "4",
  }),
  feedPort: setting(portText, {
    description: "port of the feed of signed blocks; 0 for any",
    placeholder: "port",
    fallback: "9546",
  }),
};

export const batcherSettings = {
  batchInterval: setting(secondsText(), {
    description: "age of the oldest unposted block at which a batch is posted",
    placeholder: "seconds",
    fallback: "60",
  }),
  dataAvailability: setting(choiceText(["auto", "calldata", "blobs"]), {
    description: "where batches put their data: calldata, blobs, or whichever costs less at the time",
    placeholder: "kind",
    fallback: "auto",
  }),
  blobServerPort: optionalSetting(portText, {
    description: "serve the blobs posted from here as a beacon API, for an L1 that does not; 0 for any port",
    placeholder: "port",
  }),
};

export const proposerSettings = {
  proposeInterval: setting(secondsText(), {
    description: "least L1 time between a claim and the next",
    placeholder: "seconds",
    fallback: "3600",
  }),
  retire: switchSetting("propose nothing more, and get the bond of the last claim back once it is confirmed"),
};

export const challengerSettings = {
  challengerKey: secret(
    optionalSetting(privateKeyText, {
      description: "private key that plays and puts up bonds; not needed to watch only",
      placeholder: "key",
    }),
  ),
  dryRun: switchSetting("log the moves that are due, and make none"),
  watchOnly: switchSetting("judge claims and raise alarms; look for no moves"),
  spendPerDispute: optionalSetting(etherText, {
    description: "most that may be at stake in one dispute: bonds that are not back, and fees; default: no limit",
    placeholder: "eth",
  }),
  spendInAll: optionalSetting(etherText, {
    description: "most that may be at stake in all disputes under way; default: no limit",
    placeholder: "eth",
  }),
};
