export { SettingsError } from "./settings.ts";
export type { RegistrableCommand } from "./command.ts";
export { userCommands } from "./user-commands.ts";

/** Runs the `onestep` command. What runs a rollup is loaded with it, and not by those who only want the users' commands. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = await import("./main.ts");
  await program.main(argv);
}
