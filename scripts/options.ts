import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ readonly allowPositionals: true; readonly options: Options }>
>;

/**
 * Options and paths that a command of `npm run` was given. Ends the process where `--help` is among them, which prints
 * `help`, and where there is one that the command does not have.
 */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  help: string,
  options: Options,
  { takesPaths = false }: { readonly takesPaths?: boolean } = {},
): Parsed<Options> {
  if (process.argv.includes("--help")) {
    console.log(help);
    process.exit();
  }
  try {
    return parseArgs<{ readonly allowPositionals: true; readonly options: Options }>({
      allowPositionals: takesPaths as true,
      options,
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** A natural number above 0 that an option was given; ends the process if it is none. */
export function positiveInteger(option: string, value: string, expected: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) refuse(`${option}: expected ${expected}, got ${value}`);
  return number;
}

/** A natural number that an option was given; ends the process if it is none. */
export function naturalNumber(option: string, value: string, expected: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) refuse(`${option}: expected ${expected}, got ${value}`);
  return number;
}

/** Ends the process: what it was given makes no sense. */
export function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}
