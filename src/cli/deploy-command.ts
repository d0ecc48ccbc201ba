import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DEPLOYMENT_PRESETS, formatRollupConfig, DEFAULT_L2_CHAIN_ID, createRollup } from "../deployment/index.ts";
import type { DeploymentPreset, DeploymentPresetName } from "../deployment/index.ts";
import { defineCommand } from "./command.ts";
import {
  addressText,
  chainIdText,
  choiceText,
  etherText,
  gasText,
  httpUrlText,
  integerText,
  pathText,
  privateKeyText,
} from "./setting-types.ts";
import { SettingsError, optionalSetting, requiredSetting, secret, setting } from "./settings.ts";

/** Settings that replace values of a preset. */
export const presetSettings = {
  forceInclusionDelay: optionalSetting(integerText(1, 31_536_000), {
    description: "age at which batches must read a message; default of the preset",
    placeholder: "seconds",
  }),
  selfSequencingDelay: optionalSetting(integerText(1, 31_536_000), {
    description: "silence of the operator after which anyone may post batches; default of the preset",
    placeholder: "seconds",
  }),
  contextInterval: optionalSetting(integerText(0), {
    description: "how often L2 is told of L1's block and fees; default of the preset",
    placeholder: "seconds",
  }),
  depositGasCapacity: optionalSetting(integerText(2 ** 24, 1_000_000_000_000).transform(BigInt), {
    description: "L2 gas of deposits that L1 takes at once without burning gas for it; default of the preset",
    placeholder: "gas",
  }),
  depositGasPerSecond: optionalSetting(integerText(0, 1_000_000_000_000).transform(BigInt), {
    description: "L2 gas of deposits that L1 takes a second without burning gas for it; default a quarter of the speed",
    placeholder: "gas",
  }),
  challengePeriod: optionalSetting(integerText(1, 31_536_000), {
    description: "time a claim must stand unrivaled; default of the preset",
    placeholder: "seconds",
  }),
  minimumResponseTime: optionalSetting(integerText(1, 31_536_000), {
    description:
      "time an answer in a dispute takes at least, of which the challenge period has 63; default of the preset",
    placeholder: "seconds",
  }),
  claimBond: optionalSetting(etherText, {
    description: "put up with a claim; default of the preset",
    placeholder: "ether",
  }),
  unitBond: optionalSetting(etherText, {
    description: "put up with the trace of a unit in a dispute; default of the preset",
    placeholder: "ether",
  }),
  gasPerSecond: optionalSetting(gasText, {
    description: "L2 gas a second that every node must be able to execute, whatever it is; default of the preset",
    placeholder: "gas",
  }),
};

/** What a new network is of. */
export const networkSettings = {
  feeRecipient: optionalSetting(addressText, {
    description: "L1 account that the L2 FeeVault pays to; default: the operator",
    placeholder: "address",
  }),
  l2ChainId: setting(chainIdText, {
    description: "chain id of L2",
    placeholder: "id",
    fallback: String(DEFAULT_L2_CHAIN_ID),
  }),
  genesisTimestamp: optionalSetting(integerText(0), {
    description: "time of the genesis block; default that of the latest L1 block, which it must not be after",
    placeholder: "seconds",
  }),
  preset: setting(choiceText(["production", "devnet"]), {
    description: "delays and bonds: production or devnet",
    placeholder: "name",
    fallback: "production",
  }),
};

type PresetOverrides = { readonly [K in keyof typeof presetSettings]: DeploymentPreset[K] | undefined };

/** A preset with what the settings replace in it. */
export function choosePreset(name: DeploymentPresetName, overrides: PresetOverrides): DeploymentPreset {
  const preset = DEPLOYMENT_PRESETS[name];
  const gasPerSecond = overrides.gasPerSecond ?? preset.gasPerSecond;
  return {
    forceInclusionDelay: overrides.forceInclusionDelay ?? preset.forceInclusionDelay,
    selfSequencingDelay: overrides.selfSequencingDelay ?? preset.selfSequencingDelay,
    contextInterval: overrides.contextInterval ?? preset.contextInterval,
    depositGasCapacity: overrides.depositGasCapacity ?? preset.depositGasCapacity,
    // The share of the presets, at whatever speed.
    depositGasPerSecond: overrides.depositGasPerSecond ?? gasPerSecond / 4n,
    challengePeriod: overrides.challengePeriod ?? preset.challengePeriod,
    minimumResponseTime: overrides.minimumResponseTime ?? preset.minimumResponseTime,
    claimBond: overrides.claimBond ?? preset.claimBond,
    unitBond: overrides.unitBond ?? preset.unitBond,
    claimTraceHeight: preset.claimTraceHeight,
    unitTraceHeight: preset.unitTraceHeight,
    gasPerSecond,
  };
}

export const deployCommand = defineCommand({
  name: "deploy",
  summary: "deploy a rollup's contracts to an L1 and write its configuration",
  details:
    "One L1 transaction of about 9.1 million gas; before it, unless --prover names a prover that is there, 21 of about 50 million " +
    "together for the one-step prover; after it four of about 12.4 million together for messenger and token bridges. Nothing deployed can be changed later: there is no owner. The " +
    "configuration file is what every role is started with (--rollup-config); it holds no secret. What was deployed is then compared " +
    "with this build, as `onestep verify` does.",
  examples: [
    [
      "ONESTEP_DEPLOYER_KEY=0x… onestep deploy --l1-rpc-url https://l1 --operator 0x… --output rollup.json",
      "deploys with the production preset",
    ],
    ["onestep deploy --deployer-key-file key --preset devnet --operator 0x… --challenge-period 90", "short delays"],
    ["onestep deploy --deployer-key-file key --operator 0x… --prover 0x…", "with the prover of another rollup"],
  ],
  settings: {
    l1RpcUrl: setting(httpUrlText, {
      description: "JSON-RPC endpoint of L1",
      placeholder: "url",
      fallback: "http://127.0.0.1:8545",
    }),
    deployerKey: secret(
      requiredSetting(privateKeyText, { description: "account that pays for the deployment", placeholder: "key" }),
    ),
    operator: requiredSetting(addressText, { description: "account that may post batches", placeholder: "address" }),
    ...networkSettings,
    ...presetSettings,
    prover: optionalSetting(addressText, {
      description: "one-step prover of this build that is on L1 already; default: another is deployed",
      placeholder: "address",
    }),
    output: setting(pathText, {
      description: "configuration file to write; must not exist",
      placeholder: "path",
      fallback: "rollup.json",
    }),
  },
  async run(values, { logger }) {
    if (existsSync(values.output)) {
      throw new SettingsError([`--output: ${values.output} exists already; its rollup would be forgotten`]);
    }
    requireWritableFolder(dirname(values.output));
    const config = await createRollup(
      {
        l1RpcUrl: values.l1RpcUrl,
        deployerKey: values.deployerKey,
        operator: values.operator,
        feeRecipient: values.feeRecipient ?? values.operator,
        l2ChainId: values.l2ChainId,
        preset: choosePreset(values.preset, values),
        genesisTimestamp: values.genesisTimestamp,
        prover: values.prover,
      },
      { logger },
    );
    const text = formatRollupConfig(config);
    try {
      writeFileSync(values.output, text, { flag: "wx" });
    } catch (error) {
      // It was paid for, and what its genesis holds is nowhere else.
      process.stdout.write(text);
      throw new Error(
        `the rollup is deployed, but its configuration could not be written to ${values.output}; it is printed above: keep it`,
        { cause: error },
      );
    }
    logger.info({ path: values.output }, "configuration written");
  },
});

/** Before anything is paid for. */
function requireWritableFolder(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError([
      `--output: expected a file in a folder that can be written, got one in ${folder}: ${reason}`,
    ]);
  }
}
