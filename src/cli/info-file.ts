import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a JSON file whole or not at all, so that its existence says that the writer is ready. */
export function writeInfoFile(path: string, info: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(info, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}
