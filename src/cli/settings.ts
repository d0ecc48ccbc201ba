import { readFileSync } from "node:fs";
import { z } from "zod";

/** One option of a command: a flag, an environment variable and a key of the configuration file. */
export interface Setting<T> {
  readonly description: string;
  /** Name of the value in `--help`; undefined makes the flag a switch. */
  readonly placeholder: string | undefined;
  /** Reads the value's text. Its messages say what was expected. */
  readonly schema: z.ZodType<T, string>;
  /** Text of the value when none is given; undefined leaves the setting undefined, unless it is required. */
  readonly fallback: string | undefined;
  readonly required: boolean;
  /** Never shown in messages, and may be given as a file too (`--<name>-file`). */
  readonly secret: boolean;
}

// A setting of any type; only ever read through its own schema.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Settings = Readonly<Record<string, Setting<any>>>;

/** What the settings of a command come to. */
export type SettingValues<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** Settings that are missing, unknown or have a bad value: one line each, naming the value and what was expected. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "SettingsError";
    this.problems = problems;
  }
}

interface SettingTraits {
  readonly description: string;
  readonly placeholder?: string;
}

/** A setting with a default. */
export function setting<T>(
  schema: z.ZodType<T, string>,
  traits: SettingTraits & { readonly fallback: string },
): Setting<T> {
  return { placeholder: "value", ...traits, schema, required: false, secret: false };
}

/** A setting that may stay undefined. */
export function optionalSetting<T>(schema: z.ZodType<T, string>, traits: SettingTraits): Setting<T | undefined> {
  return { placeholder: "value", ...traits, schema, fallback: undefined, required: false, secret: false };
}

/** A setting without which the command does not start. */
export function requiredSetting<T>(schema: z.ZodType<T, string>, traits: SettingTraits): Setting<T> {
  return { placeholder: "value", ...traits, schema, fallback: undefined, required: true, secret: false };
}

/** A flag that is off unless given. */
export function switchSetting(description: string): Setting<boolean> {
  return {
    description,
    placeholder: undefined,
    schema: booleanText,
    fallback: "false",
    required: false,
    secret: false,
  };
}

/** A secret, such as a private key: also read from the file that `--<name>-file` names, so that it stays out of argv. */
export function secret<T>(of: Setting<T>): Setting<T> {
  return { ...of, secret: true };
}

const booleanText = z
  .enum(["true", "false", "1", "0"], { error: "expected true or false" })
  .transform((text) => text === "true" || text === "1");

/** `dataDir` → `data-dir` */
export function flagName(key: string): string {
  return key
    .replace(/[A-Z]|(?<=[a-z])\d/g, (character) => `-${character.toLowerCase()}`)
    .replace(/^(l)-([12])/, "$1$2");
}

/** `dataDir` → `ONESTEP_DATA_DIR` */
export function environmentName(key: string): string {
  return `ONESTEP_${flagName(key).replaceAll("-", "_").toUpperCase()}`;
}

/** Where settings are read from, nearest first: flags, environment, configuration file. */
export interface SettingSources {
  /** By key of the setting (and `<key>File` for secrets). */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined;
}

/**
 * Settles every setting from the nearest source that has it: flag, environment variable, configuration file, default.
 * Throws a SettingsError listing everything that is wrong.
 */
export function resolveSettings<S extends Settings>(settings: S, sources: SettingSources): SettingValues<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(settings)) {
    try {
      values[key] = resolveSetting(key, definition, sources);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values as SettingValues<S>;
}

function resolveSetting<T>(key: string, definition: Setting<T>, sources: SettingSources): T | undefined {
  const found = findText(key, sources) ?? (definition.secret ? findSecretFile(key, sources) : undefined);
  if (found === undefined) {
    if (definition.fallback !== undefined) return definition.schema.parse(definition.fallback);
    if (!definition.required) return undefined;
    const file = definition.secret ? ` or --${flagName(key)}-file` : "";
    throw new SettingsError([
      `--${flagName(key)}${file} is required (or ${environmentName(key)}, or "${key}" in the configuration file): ` +
        definition.description,
    ]);
  }
  const parsed = definition.schema.safeParse(found.text);
  if (parsed.success) return parsed.data;
  const shown = definition.secret ? "the given secret" : JSON.stringify(found.text);
  throw new SettingsError(parsed.error.issues.map((issue) => `${found.origin}: ${issue.message}, got ${shown}`));
}

interface FoundText {
  readonly text: string;
  /** How the user would name the place. */
  readonly origin: string;
}

function findText(key: string, { flags, environment, file }: SettingSources): FoundText | undefined {
  const flag = flags[key];
  if (flag !== undefined) return { text: String(flag), origin: `--${flagName(key)}` };
  const variable = environment[environmentName(key)];
  if (variable !== undefined && variable !== "") return { text: variable, origin: environmentName(key) };
  const value = file?.values[key];
  if (file === undefined || value === undefined || value === null) return undefined;
  const origin = `"${key}" in ${file.path}`;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return { text: String(value), origin };
  }
  throw new SettingsError([`${origin}: expected a string, number or boolean, got ${JSON.stringify(value)}`]);
}

function findSecretFile(key: string, sources: SettingSources): FoundText | undefined {
  const path = findText(`${key}File`, sources);
  if (path === undefined) return undefined;
  try {
    return { text: readFileSync(path.text, "utf8").trim(), origin: `${path.origin} (${path.text})` };
  } catch (error) {
    throw new SettingsError([`${path.origin}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/**
 * Reads a JSON configuration file. One file may serve all roles, so any of `knownKeys` is accepted, and anything else
 * refused. Throws a SettingsError.
 */
export function readConfigurationFile(
  path: string,
  knownKeys: ReadonlySet<string>,
): { readonly path: string; readonly values: Readonly<Record<string, unknown>> } {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new SettingsError([`--config ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(json);
  if (!parsed.success) throw new SettingsError([`--config ${path}: expected a JSON object`]);
  const unknown = Object.keys(parsed.data).filter((key) => !knownKeys.has(key));
  if (unknown.length > 0) {
    throw new SettingsError(unknown.map((key) => `"${key}" in ${path}: there is no such setting`));
  }
  return { path, values: parsed.data };
}
