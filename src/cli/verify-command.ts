import { createPublicClient, http } from "viem";
import { differencesOf, isEqual, verifyRollup } from "../deployment/index.ts";
import type { RollupReport } from "../deployment/index.ts";
import { errorText, isAnswer, isUnanswered } from "../l1/index.ts";
import type { Address } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { defineCommand } from "./command.ts";
import { formatJson, formatTable } from "./output.ts";
import { readRollupConfigSetting } from "./rollup-config-setting.ts";
import { addressText, httpUrlText, pathText } from "./setting-types.ts";
import { SettingsError, optionalSetting, setting, switchSetting } from "./settings.ts";
import type { SettingValues } from "./settings.ts";

const settings = {
  rollup: optionalSetting(addressText, { description: "Rollup contract on L1", placeholder: "address" }),
  rollupConfig: optionalSetting(pathText, {
    description: "configuration file that `onestep deploy` wrote; its parameters and genesis are compared too",
    placeholder: "path",
  }),
  l1RpcUrl: setting(httpUrlText, {
    description: "JSON-RPC endpoint of L1, which is believed",
    placeholder: "url",
    fallback: "http://127.0.0.1:8545",
  }),
  json: switchSetting("print JSON"),
};

export const verifyCommand = defineCommand({
  name: "verify",
  summary: "compare a rollup on L1 with this build, contract by contract",
  details:
    "Compares the code of each contract, every immutable in it, the transaction that created the Rollup and with it all that was in " +
    "storage at first, and the genesis claim. With a configuration file also all parameters, and the genesis: its hash is computed again, " +
    "and its predeploys must be this build's. Ends with exit code 1 if anything differs.",
  examples: [
    ["onestep verify --rollup-config rollup.json --l1-rpc-url https://l1", "a configuration that was handed over"],
    ["onestep verify --rollup 0x… --l1-rpc-url https://l1 --json", "the contracts alone, for scripts"],
  ],
  settings,
  async run(values) {
    const report = await verify(chooseRollup(values), values.l1RpcUrl);
    const differences = differencesOf(report.subjects);
    const isCompared = values.rollupConfig !== undefined;
    console.log(
      values.json ? formatJson({ ...report, differences, genesisCompared: isCompared }) : describe(report, isCompared),
    );
    if (differences.length === 0) return;
    throw new Error(`the rollup ${report.rollup} differs from this build: ${differences.join("; ")}`);
  },
});

function chooseRollup({ rollup, rollupConfig }: SettingValues<typeof settings>): Address | RollupConfig {
  if (rollupConfig === undefined) {
    if (rollup === undefined) throw new SettingsError(["--rollup or --rollup-config is required"]);
    return rollup;
  }
  const config = readRollupConfigSetting(rollupConfig);
  if (rollup === undefined || rollup === config.contracts.rollup) return config;
  throw new SettingsError([`--rollup: ${rollupConfig} is of the rollup ${config.contracts.rollup}, got ${rollup}`]);
}

async function verify(of: Address | RollupConfig, url: string): Promise<RollupReport> {
  try {
    return await verifyRollup(createPublicClient({ transport: http(url) }), of);
  } catch (error) {
    if (!isUnanswered(error) || isAnswer(error)) throw error;
    // Providers put keys in the rest of the URL.
    const endpoint = new URL(url).origin;
    throw new Error(`the L1 endpoint ${endpoint} does not answer: ${errorText(error).replaceAll(url, endpoint)}`);
  }
}

function describe({ rollup, l1ChainId, creation, subjects }: RollupReport, isGenesisCompared: boolean): string {
  const rows = subjects.flatMap(({ subject, address, checks }) => [
    ["", subject, address ?? ""],
    ...checks.map((check) => [
      isEqual(check) ? "ok" : "DIFFERS",
      `  ${check.what}`,
      isEqual(check) ? check.actual : `${check.actual}, expected ${check.expected}`,
    ]),
  ]);
  const count = differencesOf(subjects).length;
  return [
    `Rollup ${rollup} on L1 ${l1ChainId}${creation === undefined ? "" : `, created by transaction ${creation}`}`,
    "",
    formatTable(rows),
    "",
    ...(isGenesisCompared ? [] : ["The genesis was not compared: that takes --rollup-config."]),
    count === 0 ? "Nothing differs from this build." : `${count} of these differ from this build.`,
  ].join("\n");
}
