import { readRollupConfig } from "../deployment/index.ts";
import type { RollupConfig } from "../rollup/index.ts";
import { SettingsError } from "./settings.ts";

/** Reads the configuration file that `--rollup-config` names. Throws a SettingsError if it is none. */
export function readRollupConfigSetting(path: string): RollupConfig {
  try {
    return readRollupConfig(path);
  } catch (error) {
    throw new SettingsError([`--rollup-config: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
