import { startRpcRole, startSelfSequencerRole } from "../roles/index.ts";
import { chooseSequencerMode } from "../sequencer/index.ts";
import { defineCommand } from "./command.ts";
import { runRole } from "./role-commands.ts";
import { batcherSettings, nodeSettings, rpcSettings, sequencerSettings } from "./role-settings.ts";
import { privateKeyText } from "./setting-types.ts";
import { requiredSetting, secret } from "./settings.ts";

export const selfSequenceCommand = defineCommand({
  name: "self-sequence",
  summary: "order and post transactions while the operator is silent",
  details:
    "Anyone may run it, with a key of their own and no data from before. It derives L2 from L1 and takes transactions. Once the operator " +
    "has posted nothing for the self-sequencing delay, it builds blocks and posts them as batches, until the operator posts again. " +
    "/ready says what it waits for. Others may do the same: count on what is safe, that is, on L1.",
  examples: [
    [
      "ONESTEP_POSTER_KEY=0x… onestep self-sequence --rollup-config rollup.json --l1-rpc-url https://l1",
      "goes on where the operator stopped",
    ],
    ["onestep self-sequence --poster-key-file key --batch-interval 1", "a batch as soon as there is a block"],
  ],
  settings: {
    ...nodeSettings,
    ...rpcSettings,
    posterKey: secret(
      requiredSetting(privateKeyText, {
        description: "private key that posts batches: any but the operator's, with ETH for gas",
        placeholder: "key",
      }),
    ),
    blockTime: sequencerSettings.blockTime,
    messageConfirmations: sequencerSettings.messageConfirmations,
    ...batcherSettings,
  },
  run: (values, context) =>
    runRole(values, context, async (node) => {
      const { mempool, blobServerPort } = await startSelfSequencerRole(node, {
        posterKey: values.posterKey,
        mode: chooseSequencerMode({ blockTime: values.blockTime, emptyBlocks: false }),
        dataKind: values.dataAvailability,
        batchInterval: values.batchInterval,
        pollingInterval: values.l1PollInterval,
        messageConfirmations: values.messageConfirmations,
        host: values.host,
        blobServerPort: values.blobServerPort,
      });
      const rpc = await startRpcRole(node, { host: values.host, port: values.rpcPort, pool: mempool });
      return blobServerPort === undefined ? rpc : { ...rpc, beaconUrl: `http://${values.host}:${blobServerPort}` };
    }),
});
