import { type RegistrableCommand, defineCommand } from "./command.ts";
import { portText, privateKeyText } from "./setting-types.ts";
import { optionalSetting, requiredSetting, secret, setting, switchSetting } from "./settings.ts";

export const commands: readonly RegistrableCommand[] = [
  defineCommand({
    name: "try",
    summary: "try it",
    examples: [["onestep try", "tries"]],
    settings: { l1RpcUrl: setting(portText, { description: "a port", fallback: "12" }), key: secret(requiredSetting(privateKeyText, { description: "the key" })), on: switchSetting("whether"), may: optionalSetting(portText, { description: "maybe" }) },
    async run(values, { logger }) { logger.info(values); },
  }),
];
