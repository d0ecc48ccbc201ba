import { readFileSync } from "node:fs";
import { z } from "zod";
import { rollupConfigSchema } from "../rollup/index.ts";
import type { RollupConfig } from "../rollup/index.ts";

/** Reads a configuration file. Throws an Error that names the file and what is wrong with it. */
export function readRollupConfig(path: string): RollupConfig {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(
      `cannot read the rollup's configuration ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const parsed = rollupConfigSchema.safeParse(json);
  if (!parsed.success) throw new Error(`${path} is no configuration of a rollup: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
