import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import { configurationKeys } from "./command.ts";
import { commands } from "./commands.ts";
import { errorMessage } from "./error-message.ts";
import { ExitError, USAGE_ERROR } from "./exit-codes.ts";
import { SettingsError } from "./settings.ts";

/**
 * Runs the `onestep` command; ends the process with exit code 0, 1 (failed), 2 (bad command line or settings) or 3 (too early: to be
 * tried again).
 */
export async function main(argv: readonly string[]): Promise<void> {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const { version, description } = z.object({ version: z.string(), description: z.string() }).parse(manifest);
  const program = new Command("onestep")
    .description(description)
    .version(version)
    .helpCommand("help [command]", "explain a command")
    .configureHelp({ helpWidth: 120 })
    .exitOverride();
  const options = { environment: process.env, configurationKeys: configurationKeys(commands) };
  for (const command of commands) command.register(program, options);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version are "errors" with code 0; the others have been written to standard error by commander.
    return error.exitCode === 0 ? 0 : USAGE_ERROR;
  }
  if (error instanceof SettingsError) {
    process.stderr.write(`${error.problems.map((problem) => `onestep: ${problem}`).join("\n")}\n`);
    return USAGE_ERROR;
  }
  process.stderr.write(`onestep: ${errorMessage(error)}\n`);
  return error instanceof ExitError ? error.exitCode : 1;
}
