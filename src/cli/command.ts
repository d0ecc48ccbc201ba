import { type Command, Option } from "commander";
import type { z } from "zod";
import type { Logger } from "../primitives/index.ts";
import { LOG_FORMATS, LOG_LEVELS, createLogger } from "./logging.ts";
import { choiceText } from "./setting-types.ts";
import {
  type SettingSources,
  type SettingValues,
  type Settings,
  SettingsError,
  environmentName,
  flagName,
  readConfigurationFile,
  resolveSettings,
  setting,
} from "./settings.ts";

/** What stands behind the name of a command, without a flag. */
export interface ArgumentDefinition<Argument> {
  readonly name: string;
  readonly description: string;
  /** Reads the text. Its messages say what was expected. */
  readonly schema: z.ZodType<Argument, string>;
  /** Whether it may be left out: it is undefined then, which `Argument` must allow. */
  readonly optional?: boolean;
}

/** A subcommand of `onestep`, or of a group of them. */
export interface CommandDefinition<S extends Settings, Argument = undefined, Second = undefined> {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [commandLine: string, explanation: string])[];
  readonly argument?: ArgumentDefinition<Argument>;
  /** Stands behind the other. */
  readonly secondArgument?: ArgumentDefinition<Second>;
  readonly settings: S;
  run(
    values: SettingValues<S>,
    context: { readonly logger: Logger; readonly argument: Argument; readonly secondArgument: Second },
  ): Promise<void>;
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
  readonly name: string;
  readonly summary: string;
  readonly settings: Settings;
  readonly argument: Pick<ArgumentDefinition<unknown>, "name" | "description" | "optional"> | undefined;
  /** Those of a group, the default one first; a command by itself has none. */
  readonly commands: readonly RegistrableCommand[];
  register(program: Command, options: RegistrationOptions): void;
  /** Runs it with settings and argument as texts. Rejects with a SettingsError if they make no sense. Not of a group. */
  invoke(sources: SettingSources, argument: string | undefined): Promise<void>;
}

export interface RegistrationOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keys that a configuration file may have: one file may serve several commands. */
  readonly configurationKeys: ReadonlySet<string>;
  /** Whether it runs where no command of its group is named. */
  readonly isDefault?: boolean;
}

export function defineCommand<S extends Settings, Argument = undefined, Second = undefined>(
  definition: CommandDefinition<S, Argument, Second>,
): RegistrableCommand {
  return {
    name: definition.name,
    summary: definition.summary,
    settings: definition.settings,
    argument: definition.argument,
    commands: [],
    register: (program, options) => {
      registerCommand(program, definition, options);
    },
    invoke: (sources, argument) => runCommand(definition, sources, [argument]),
  };
}

/** A subcommand with subcommands of its own; the first runs where none is named. */
export function defineCommandGroup({
  name,
  summary,
  details,
  commands,
  showsFirst,
}: Pick<CommandDefinition<Settings>, "name" | "summary" | "details"> & {
  /** Whether the group's help has that of its first command too. */
  readonly showsFirst?: boolean;
  readonly commands: readonly [RegistrableCommand, ...RegistrableCommand[]];
}): RegistrableCommand {
  return {
    name,
    summary,
    argument: undefined,
    commands,
    invoke: () => Promise.reject(new Error(`${name} is a group of commands`)),
    settings: Object.assign({}, ...commands.map(({ settings }) => settings)) as Settings,
    register: (program, options) => {
      const group = program.command(name).summary(summary).description(describe({ summary, details }));
      for (const [index, command] of commands.entries()) {
        command.register(group, { ...options, isDefault: index === 0 });
      }
      group.addHelpText("after", `\nWithout a command it is \`onestep ${name} ${commands[0].name}\`.`);
      // The settings of the one that most people mean.
      const [first] = group.commands;
      if (showsFirst === true && first !== undefined) group.addHelpText("after", () => `\n${helpOf(first)}`);
    },
  };
}

/** A command's help with all that is added to it. */
function helpOf(command: Command): string {
  const output = command.configureOutput();
  let help = "";
  command.configureOutput({ ...output, writeOut: (text) => (help += text) });
  command.outputHelp();
  command.configureOutput(output);
  return help.trimEnd();
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
function registerCommand<S extends Settings, Argument, Second>(
  program: Command,
  definition: CommandDefinition<S, Argument, Second>,
  options: RegistrationOptions,
): void {
  const command = program
    .command(definition.name, { isDefault: options.isDefault === true })
    .summary(definition.summary)
    .description(describe(definition))
    .allowExcessArguments(false);
  for (const argument of [definition.argument, definition.secondArgument]) {
    if (argument === undefined) continue;
    command.argument(argument.optional === true ? `[${argument.name}]` : `<${argument.name}>`, argument.description);
  }
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
  command.action(async () => {
    const path = command.opts<Record<string, string | boolean>>()["config"] ?? options.environment["ONESTEP_CONFIG"];
    const file =
      typeof path === "string" && path !== "" ? readConfigurationFile(path, options.configurationKeys) : undefined;
    const sources = { flags: byKey(command, settings), environment: options.environment, file };
    await runCommand(definition, sources, command.args);
  });
}

async function runCommand<S extends Settings, Argument, Second>(
  definition: CommandDefinition<S, Argument, Second>,
  sources: SettingSources,
  [argumentText, secondText]: readonly (string | undefined)[],
): Promise<void> {
  const argument = readArgument(definition.argument, argumentText);
  const secondArgument = readArgument(definition.secondArgument, secondText);
  const values = resolveSettings(definition.settings, sources);
  const { logLevel, logFormat } = resolveSettings(loggingSettings, sources);
  const logger = createLogger({ level: logLevel, format: logFormat });
  await definition.run(values, { logger, argument, secondArgument });
}

function describe({ summary, details }: { readonly summary: string; readonly details?: string | undefined }): string {
  return [summary, details].filter((text) => text !== undefined).join("\n\n");
}

/** Throws a SettingsError. Where no argument is defined it is undefined, which is its type then. */
function readArgument<Argument>(
  definition: ArgumentDefinition<Argument> | undefined,
  text: string | undefined,
): Argument {
  if (definition === undefined || (definition.optional === true && text === undefined)) return undefined as Argument;
  const parsed = definition.schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new SettingsError(
    parsed.error.issues.map(({ message }) => `<${definition.name}>: ${message}, got ${JSON.stringify(text)}`),
  );
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
  const given = new Map(command.options.map((option) => [option.long?.slice(2) ?? "", valueOf(command, option)]));
  const flags: Record<string, string | boolean> = {};
  for (const key of Object.keys(settings).flatMap((name) => [name, `${name}File`])) {
    const value = given.get(flagName(key));
    if (value !== undefined) flags[key] = value;
  }
  return flags;
}

/** To commander `--no-wait` is `wait`, which is true unless the flag is given: here it is a flag as others are. */
function valueOf(command: Command, option: Option): string | boolean | undefined {
  const name = option.attributeName();
  if (option.negate) return command.getOptionValueSource(name) === "cli" ? true : undefined;
  return command.getOptionValue(name) as string | boolean | undefined;
}
