import { addressText, httpUrlText, pathText, privateKeyText, secondsText } from "./setting-types.ts";
import { optionalSetting, requiredSetting, secret, setting, switchSetting } from "./settings.ts";

// Settings of the commands for users of a rollup. The defaults are those of a devnet on this machine.

/** Both layers. */
export const layerSettings = {
  l1RpcUrl: setting(httpUrlText, {
    description: "JSON-RPC endpoint of L1",
    placeholder: "url",
    fallback: "http://127.0.0.1:8545",
  }),
  rpcUrl: setting(httpUrlText, {
    description: "JSON-RPC of a node of the rollup, L2",
    placeholder: "url",
    fallback: "http://127.0.0.1:9545",
  }),
  rollupConfig: optionalSetting(pathText, {
    description: "configuration of the rollup that you trust (`onestep verify`); default: what the L2 endpoint says",
    placeholder: "path",
  }),
};

export const jsonSetting = {
  json: switchSetting("print one JSON document on standard output, and progress elsewhere"),
};

export const privateKeySetting = {
  privateKey: secret(
    requiredSetting(privateKeyText, {
      description: "private key of the account that sends and pays",
      placeholder: "key",
    }),
  ),
};

export const waitSettings = {
  noWait: switchSetting("do not wait: end as soon as everything that can be done now is sent"),
  timeout: optionalSetting(secondsText(1), {
    description: "longest wait; what was sent stays sent. Default: no limit",
    placeholder: "seconds",
  }),
};

export const recipientSetting = (description: string) =>
  optionalSetting(addressText, { description, placeholder: "address" });
