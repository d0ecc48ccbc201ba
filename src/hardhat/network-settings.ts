import type { HttpNetworkAccountsConfig, HttpNetworkConfig } from "hardhat/types/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { bytesToHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";

/** Networks of a configuration by which a rollup is reached; `onestepNetworks` makes them. */
const L2_NETWORK = "onestep";
const L1_NETWORK = "onestepL1";

/**
 * What the networks of a Hardhat configuration say of a command's settings, after flags and environment variables: the endpoints, and the
 * first account's key. The key is only asked for if the command takes one that was not given: a keystore asks for its password.
 */
export async function readNetworkSettings(
  settings: Readonly<Record<string, unknown>>,
  isGiven: (key: string) => boolean,
  { config }: Pick<HardhatRuntimeEnvironment, "config">,
): Promise<{ readonly path: string; readonly values: Readonly<Record<string, string>> }> {
  const l2 = httpNetwork(config.networks[L2_NETWORK]);
  const l1 = httpNetwork(config.networks[L1_NETWORK]);
  const needsKey =
    "privateKey" in settings &&
    !isGiven("privateKey") &&
    !["ONESTEP_PRIVATE_KEY", "ONESTEP_PRIVATE_KEY_FILE"].some((name) => (process.env[name] ?? "") !== "");
  const privateKey = needsKey ? ((await firstKey(l2?.accounts)) ?? (await firstKey(l1?.accounts))) : undefined;
  const values = {
    ...(l2 === undefined ? {} : { rpcUrl: await l2.url.getUrl() }),
    ...(l1 === undefined ? {} : { l1RpcUrl: await l1.url.getUrl() }),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
  return { path: `the networks ${L2_NETWORK} and ${L1_NETWORK} of the Hardhat configuration`, values };
}

function httpNetwork(
  network: HardhatRuntimeEnvironment["config"]["networks"][string] | undefined,
): HttpNetworkConfig | undefined {
  return network?.type === "http" ? network : undefined;
}

async function firstKey(accounts: HttpNetworkAccountsConfig | undefined): Promise<string | undefined> {
  if (accounts === undefined || accounts === "remote") return undefined;
  if (Array.isArray(accounts)) return accounts[0]?.getHexString();
  const { mnemonic, initialIndex, path, passphrase } = accounts;
  const account = mnemonicToAccount(await mnemonic.get(), {
    path: `${path}/${initialIndex}` as `m/44'/60'/${string}`,
    passphrase: await passphrase.get(),
  });
  const { privateKey } = account.getHdKey();
  return privateKey === null ? undefined : bytesToHex(privateKey);
}
