import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Folder for what a fork's upstream has answered, which a later start need not ask again: in the user's cache, as the folder of an
 * installed package may be read only; where that cannot be written, one that is gone when this process is.
 */
export function forkCacheFolder({ XDG_CACHE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv = process.env): string {
  const folder = join(XDG_CACHE_HOME ?? LOCALAPPDATA ?? join(homedir(), ".cache"), "onestep", "fork");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    const temporary = mkdtempSync(join(tmpdir(), "onestep-fork-"));
    process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
    return temporary;
  }
}
