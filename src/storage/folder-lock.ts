import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "fs-native-extensions";
import { DatabaseOpenError } from "./errors.ts";

/**
 * Takes the folder (created if missing) for this process until the returned function is called. The operating system
 * holds the lock, so it ends with the process however that ends. Throws a DatabaseOpenError if another has it.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "lock");
  const file = openSync(path, "a+");
  if (!tryLock(file)) {
    closeSync(file);
    throw new DatabaseOpenError({ kind: "in-use", folder, processId: readHolder(path) });
  }
  ftruncateSync(file);
  writeSync(file, `${process.pid}\n`);
  return () => closeSync(file);
}

function readHolder(path: string): string {
  try {
    return `process ${readFileSync(path, "utf8").trim()}`;
  } catch {
    // Where locks are mandatory the holder's id cannot be read.
    return "of unknown id";
  }
}
