import { createPublicClient, http } from "viem";
import type { Check, RollupReport } from "../deployment/index.ts";
import type { Address } from "../primitives/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { defineCommand } from "./command.ts";
import { formatJson, formatTable } from "./output.ts";
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
    // Takes a while to load, which only this command has to wait for.
    const { differencesOf } = await import("../deployment/index.ts");
    const report = await verify(await chooseRollup(values), values.l1RpcUrl);
    const differences = differencesOf(report.subjects);
    const isCompared = values.rollupConfig !== undefined;
    console.log(
      values.json
        ? formatJson({ ...report, differences, genesisCompared: isCompared })
        : describe(report, { differences: differences.length, isGenesisCompared: isCompared }),
    );
    if (differences.length === 0) return;
    throw new Error(`the rollup ${report.rollup} differs from this build: ${differences.join("; ")}`);
  },
});

async function chooseRollup({ rollup, rollupConfig }: SettingValues<typeof settings>): Promise<Address | RollupConfig> {
  if (rollupConfig === undefined) {
    if (rollup === undefined) throw new SettingsError(["--rollup or --rollup-config is required"]);
    return rollup;
  }
  const { readRollupConfigSetting } = await import("./rollup-config-setting.ts");
  const config = readRollupConfigSetting(rollupConfig);
  if (rollup === undefined || rollup === config.contracts.rollup) return config;
  throw new SettingsError([`--rollup: ${rollupConfig} is of the rollup ${config.contracts.rollup}, got ${rollup}`]);
}

async function verify(of: Address | RollupConfig, url: string): Promise<RollupReport> {
  const [{ verifyRollup }, { errorText, isAnswer, isUnanswered }] = await Promise.all([
    import("../deployment/index.ts"),
    import("../l1/index.ts"),
  ]);
  try {
    return await verifyRollup(createPublicClient({ transport: http(url) }), of);
  } catch (error) {
    if (!isUnanswered(error) || isAnswer(error)) throw error;
    // Providers put keys in the rest of the URL.
    const endpoint = new URL(url).origin;
    throw new Error(`the L1 endpoint ${endpoint} does not answer: ${errorText(error).replaceAll(url, endpoint)}`);
  }
}

function describe(
  { rollup, l1ChainId, creation, subjects }: RollupReport,
  { differences, isGenesisCompared }: { readonly differences: number; readonly isGenesisCompared: boolean },
): string {
  const isEqual = ({ expected, actual }: Check): boolean => expected === actual;
  const rows = subjects.flatMap(({ subject, address, checks }) => [
    ["", subject, address ?? ""],
    ...checks.map((check) => [
      isEqual(check) ? "ok" : "DIFFERS",
      `  ${check.what}`,
      isEqual(check) ? check.actual : `${check.actual}, expected ${check.expected}`,
    ]),
  ]);
  return [
    `Rollup ${rollup} on L1 ${l1ChainId}${creation === undefined ? "" : `, created by transaction ${creation}`}`,
    "",
    formatTable(rows),
    "",
    ...(isGenesisCompared ? [] : ["The genesis was not compared: that takes --rollup-config."]),
    differences === 0 ? "Nothing differs from this build." : `${differences} of these differ from this build.`,
  ].join("\n");
}
