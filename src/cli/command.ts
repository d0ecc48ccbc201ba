import { type Command, Option } from "commander";
import type { Logger } from "../primitives/index.ts";
import { LOG_FORMATS, LOG_LEVELS, createLogger } from "./logging.ts";
import { choiceText } from "./setting-types.ts";
import {
  type SettingValues,
  type Settings,
  environmentName,
  flagName,
  readConfigurationFile,
  resolveSettings,
  setting,
} from "./settings.ts";

/** A subcommand of `onestep`. */
export interface CommandDefinition<S extends Settings> {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [commandLine: string, explanation: string])[];
  readonly settings: S;
  run(values: SettingValues<S>, context: { readonly logger: Logger }): Promise<void>;
}

const loggingSettings = {
  logLevel: setting(choiceText(LOG_LEVELS), {
    description: `least severe message that is logged: ${LOG_LEVELS.join(", ")}`,
    placeholder: "level",
    fallback: "info",
  }),
  logFormat: setting(choiceText(LOG_FORMATS), {
    description: "auto is pretty on a terminal and JSON lines otherwise; logs go to standard error",
    placeholder: "format",
    fallback: "auto",
  }),
};

/** A command whose kind of settings no longer matters. */
export interface RegistrableCommand {
  readonly settings: Settings;
  register(program: Command, options: RegistrationOptions): void;
}

export interface RegistrationOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keys that a configuration file may have: one file may serve several commands. */
  readonly configurationKeys: ReadonlySet<string>;
}

export function defineCommand<S extends Settings>(definition: CommandDefinition<S>): RegistrableCommand {
  return {
    settings: definition.settings,
    register: (program, options) => {
      registerCommand(program, definition, options);
    },
  };
}

/** Every key that the settings of some command have. */
export function configurationKeys(commands: readonly RegistrableCommand[]): ReadonlySet<string> {
  const keys = new Set<string>(Object.keys(loggingSettings));
  for (const { settings } of commands) {
    for (const [key, definition] of Object.entries(settings)) {
      keys.add(key);
      if (definition.secret) keys.add(`${key}File`);
    }
  }
  return keys;
}

/** Adds a subcommand to the program, with its settings as options that `--help` explains. */
function registerCommand<S extends Settings>(
  program: Command,
  definition: CommandDefinition<S>,
  options: RegistrationOptions,
): void {
  const command = program
    .command(definition.name)
    .summary(definition.summary)
    .description([definition.summary, definition.details].filter((text) => text !== undefined).join("\n\n"))
    .allowExcessArguments(false);
  const settings = { ...definition.settings, ...loggingSettings };
  for (const option of optionsOf(settings)) command.addOption(option);
  command.addOption(new Option("--config <path>", "JSON file with settings by name, as dataDir (env: ONESTEP_CONFIG)"));
  const width = Math.max(0, ...definition.examples.map(([line]) => line.length));
  command.addHelpText(
    "after",
    [
      "",
      "A flag wins over its environment variable, that over the configuration file, that over the default.",
      "",
      "Examples:",
      ...definition.examples.map(([line, explanation]) => `  $ ${line.padEnd(width)}  # ${explanation}`),
    ].join("\n"),
  );
  command.action(async (flags: Record<string, string | boolean>) => {
    const path = flags["config"] ?? options.environment["ONESTEP_CONFIG"];
    const file =
      typeof path === "string" && path !== "" ? readConfigurationFile(path, options.configurationKeys) : undefined;
    const sources = { flags: byKey(command, settings), environment: options.environment, file };
    const values = resolveSettings(settings, sources);
    const { logLevel, logFormat } = resolveSettings(loggingSettings, sources);
    await definition.run(values, { logger: createLogger({ level: logLevel, format: logFormat }) });
  });
}

function optionsOf(settings: Settings): Option[] {
  return Object.entries(settings).flatMap(([key, definition]) => {
    const flag = `--${flagName(key)}`;
    const hints = [`env: ${environmentName(key)}`];
    if (definition.required) hints.push("required");
    if (definition.fallback !== undefined && definition.placeholder !== undefined) {
      hints.push(`default: ${definition.fallback}`);
    }
    const described = `${definition.description} (${hints.join("; ")})`;
    if (definition.placeholder === undefined) return [new Option(flag, described)];
    const option = new Option(`${flag} <${definition.placeholder}>`, described);
    if (!definition.secret) return [option];
    return [
      option,
      new Option(`${flag}-file <path>`, `file that holds it, instead (env: ${environmentName(`${key}File`)})`),
    ];
  });
}

/** What was given as flags, by key of the setting; commander's own camel case differs where a digit is in the name. */
function byKey(command: Command, settings: Settings): Record<string, string | boolean> {
  const given = new Map(
    command.options.map((option) => [
      option.long?.slice(2) ?? "",
      command.getOptionValue(option.attributeName()) as string | boolean | undefined,
    ]),
  );
  const flags: Record<string, string | boolean> = {};
  for (const key of Object.keys(settings).flatMap((name) => [name, `${name}File`])) {
    const value = given.get(flagName(key));
    if (value !== undefined) flags[key] = value;
  }
  return flags;
}
