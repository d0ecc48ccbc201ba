import { existsSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { dumpFolder } from "../devnet/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import type { Hex } from "../primitives/index.ts";
import { askNode } from "./ask-node.ts";
import { defineCommand } from "./command.ts";
import { runningDevnetSettings } from "./devnet-settings.ts";
import { formatJson } from "./output.ts";
import { pathText } from "./setting-types.ts";
import { SettingsError, optionalSetting, switchSetting } from "./settings.ts";

const bytesSchema = z
  .string()
  .regex(/^0x([0-9a-f]{2})+$/)
  .transform((text) => hexToBytes(text as Hex));

export const snapshotCommand = defineCommand({
  name: "snapshot",
  summary: "write a devnet's L1 and L2 to one file, which onestep devnet --restore begins with",
  details:
    "Of the devnet that runs at --rpc-url, or of the data directory of one that does not run. The file holds all blocks of L1, the " +
    "configuration, and the node's database with what is not on L1 yet; it holds no keys but those that everybody knows.",
  examples: [
    ["onestep devnet snapshot state", "of the devnet that runs"],
    ["onestep devnet snapshot state --data-dir data", "of one that was stopped"],
    ["onestep devnet --restore state", "begins with it"],
  ],
  argument: { name: "file", description: "where to write it", schema: pathText },
  settings: {
    ...runningDevnetSettings,
    dataDir: optionalSetting(pathText, { description: "of a devnet that does not run", placeholder: "path" }),
    force: switchSetting("write over a file that exists"),
  },
  async run({ rpcUrl, json, dataDir, force }, { argument: file }) {
    if (existsSync(file) && !force) throw new SettingsError([`<file>: ${file} exists; --force writes over it`]);
    const state =
      dataDir === undefined
        ? bytesSchema.parse(await askNode(rpcUrl, "anvil_dumpState", []))
        : await dumpFolder(dataDir);
    // Whole or not at all.
    writeFileSync(`${file}.new`, state);
    renameSync(`${file}.new`, file);
    if (json) console.log(formatJson({ file, bytes: state.length }));
    else console.log(`${file}: ${state.length} bytes. Begin with it: onestep devnet --restore ${file}`);
  },
});
