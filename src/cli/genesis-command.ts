import { describeGenesis, l1BridgeAddresses } from "../deployment/index.ts";
import type { GenesisDescription } from "../deployment/index.ts";
import { createGenesis, genesisBlock, loadPredeployCode } from "../rollup/index.ts";
import type { Genesis } from "../rollup/index.ts";
import { defineCommand } from "./command.ts";
import { choosePreset, networkSettings, presetSettings } from "./deploy-command.ts";
import { formatJson, formatTable } from "./output.ts";
import { readRollupConfigSetting } from "./rollup-config-setting.ts";
import { addressText, pathText } from "./setting-types.ts";
import { SettingsError, optionalSetting, switchSetting } from "./settings.ts";
import type { SettingValues } from "./settings.ts";

const settings = {
  rollupConfig: optionalSetting(pathText, {
    description: "configuration file that `onestep deploy` wrote; the genesis is that one, whatever else is given",
    placeholder: "path",
  }),
  operator: optionalSetting(addressText, {
    description: "account that may post batches; the fee recipient unless another is given",
    placeholder: "address",
  }),
  rollup: optionalSetting(addressText, {
    description: "address of the Rollup on L1, which is or will be there",
    placeholder: "address",
  }),
  ...networkSettings,
  ...presetSettings,
  json: switchSetting("print JSON"),
};

export const genesisCommand = defineCommand({
  name: "genesis",
  summary: "print the machine's first state, the genesis block, and the hash of every contract's code",
  details:
    "Takes the settings of `onestep deploy` that the genesis depends on, or a configuration file, and asks no network. The output " +
    "is the same on each run and machine: of contracts that L1 fills immutables into it has the hash of the code with zeros there. " +
    "Hashes of code depend on the sources, the compiler and its settings, and with the predeploys' so does the genesis block.",
  examples: [
    [
      "onestep genesis --rollup 0x… --operator 0x… --genesis-timestamp 1800000000",
      "what `onestep deploy` with the same settings would deploy",
    ],
    ["onestep genesis --rollup-config rollup.json --json", "of a rollup that has been deployed, for scripts"],
  ],
  settings,
  async run(values) {
    const description = describeGenesis(await chooseGenesis(values));
    console.log(values.json ? formatJson(description) : describe(description));
  },
});

async function chooseGenesis(values: SettingValues<typeof settings>): Promise<Genesis> {
  if (values.rollupConfig !== undefined) {
    const { genesis, genesisHash } = readRollupConfigSetting(values.rollupConfig);
    const { hash } = genesisBlock(genesis);
    if (hash === genesisHash) return genesis;
    throw new Error(
      `${values.rollupConfig} contradicts itself: its genesisHash is ${genesisHash}, its genesis gives ${hash}`,
    );
  }
  const timestamp = values.genesisTimestamp;
  const feeRecipient = values.feeRecipient ?? values.operator;
  const missing = [
    ...(feeRecipient === undefined ? ["--operator or --fee-recipient is required without --rollup-config"] : []),
    ...(values.rollup === undefined ? ["--rollup is required without --rollup-config"] : []),
    ...(timestamp === undefined ? ["--genesis-timestamp is required without --rollup-config"] : []),
  ];
  if (feeRecipient === undefined || timestamp === undefined || values.rollup === undefined)
    throw new SettingsError(missing);
  const { gasPerSecond } = choosePreset(values.preset, values);
  const predeployCode = await loadPredeployCode();
  const l1Bridges = l1BridgeAddresses(values.rollup);
  return createGenesis({
    chainId: values.l2ChainId,
    timestamp,
    gasPerSecond,
    feeRecipient,
    l1Bridges,
    predeployCode,
  });
}

function describe({ machineStateHash, stateHash, genesisHash, header, contracts }: GenesisDescription): string {
  return [
    formatTable([
      ["machine state", machineStateHash],
      ["state", stateHash],
      ["genesis block", genesisHash],
    ]),
    "",
    "Header of the genesis block",
    // The bloom is 256 zeros; JSON has it.
    formatTable(
      Object.entries(header)
        .filter(([name]) => name !== "logsBloom")
        .map(([name, value]) => [`  ${name}`, String(value)]),
    ),
    "",
    "Code of the contracts",
    formatTable([
      ["  contract", "on", "bytes", "keccak256", "address"],
      ...contracts.map(({ name, layer, size, codeHash, address }) => [
        `  ${name}`,
        layer,
        String(size),
        codeHash,
        address ?? "",
      ]),
    ]),
  ].join("\n");
}
