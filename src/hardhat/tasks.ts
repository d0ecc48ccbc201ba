import { emptyTask, task } from "hardhat/config";
import { HardhatPluginError } from "hardhat/plugins";
import { ArgumentType } from "hardhat/types/arguments";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { TaskDefinition } from "hardhat/types/tasks";
import type { RegistrableCommand } from "../cli/index.ts";
import { userCommands } from "../cli/index.ts";
import { readNetworkSettings } from "./network-settings.ts";

export const PLUGIN_ID = "onestep";

/** Settings that the networks of the configuration give, or environment variables: no options of tasks. */
const NETWORK_SETTINGS: readonly string[] = ["rpcUrl", "l1RpcUrl"];

/**
 * The users' commands as tasks: `hardhat onestep deposit 0.1ether` is `onestep deposit 0.1ether` with the networks of the configuration.
 */
export const tasks: readonly TaskDefinition[] = [
  emptyTask(PLUGIN_ID, "Deposits, withdrawals, forced messages and the state of a Onestep rollup").build(),
  ...userCommands.flatMap((command) => tasksOf(command, [PLUGIN_ID])),
];

function tasksOf(command: RegistrableCommand, group: readonly string[]): readonly TaskDefinition[] {
  const id = [...group, command.name];
  if (command.commands.length > 0) {
    return [
      emptyTask(id, sentence(command.summary)).build(),
      ...command.commands.flatMap((inner) => tasksOf(inner, id)),
    ];
  }
  const { argument } = command;
  let builder = task(id, sentence(command.summary));
  if (argument !== undefined) {
    const { name, description, optional = false } = argument;
    builder = builder.addPositionalArgument({
      name,
      description,
      // Hardhat takes an argument for optional only if it has a default.
      ...(optional ? { defaultValue: "" } : {}),
    });
  }
  for (const [name, { description, placeholder }] of Object.entries(command.settings)) {
    if (NETWORK_SETTINGS.includes(name)) continue;
    builder =
      placeholder === undefined
        ? builder.addFlag({ name, description })
        : builder.addOption({ name, description, type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined });
  }
  return [
    builder
      .setAction(() =>
        Promise.resolve({
          default: (given: Readonly<Record<string, unknown>>, environment: HardhatRuntimeEnvironment) =>
            run(command, given, environment),
        }),
      )
      .build(),
  ];
}

async function run(
  command: RegistrableCommand,
  given: Readonly<Record<string, unknown>>,
  environment: HardhatRuntimeEnvironment,
): Promise<void> {
  const { argument } = command;
  const text = argument === undefined ? undefined : given[argument.name];
  const flags = Object.fromEntries(
    Object.keys(command.settings).flatMap((key) => {
      const value = given[key];
      // A switch that was not given is false to Hardhat, and could be set by its environment variable.
      return typeof value === "string" || value === true ? [[key, value]] : [];
    }),
  );
  const isGiven = (key: string): boolean => key in flags;
  try {
    await command.invoke(
      { flags, environment: process.env, file: await readNetworkSettings(command.settings, isGiven, environment) },
      typeof text === "string" && text !== "" ? text : undefined,
    );
  } catch (error) {
    throw new HardhatPluginError(PLUGIN_ID, error instanceof Error ? error.message : String(error), error as Error);
  }
}

/** As Hardhat's own: with a capital. */
function sentence(summary: string): string {
  return `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}`;
}
