import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Compiler, CompilerInput, CompilerOutput } from "hardhat/types/solidity";

/**
 * What was compiled in a build that has not come to its end: Hardhat keeps nothing of one that was interrupted, or in which one
 * contract has an error. The next build takes it from here.
 */
export interface CompilationOutputs {
  read(key: string): Promise<CompilerOutput | undefined>;
  write(key: string, output: CompilerOutput): Promise<void>;
  /** After a build that came to its end. */
  clear(): Promise<void>;
}

/** Name of what a compiler makes of an input. */
export function compilationKey({ longVersion }: Pick<Compiler, "longVersion">, input: CompilerInput): string {
  return createHash("sha256").update(longVersion).update("\0").update(JSON.stringify(input)).digest("hex");
}

/** Keeps outputs in a folder, each in a file that is whole or not there. */
export function openCompilationOutputs(folder: string): CompilationOutputs {
  const fileOf = (key: string): string => join(folder, `${key}.json`);
  return {
    async read(key) {
      try {
        return JSON.parse(await readFile(fileOf(key), "utf8")) as CompilerOutput;
      } catch {
        return undefined;
      }
    },
    async write(key, output) {
      await mkdir(folder, { recursive: true });
      const file = fileOf(key);
      await writeFile(`${file}.${process.pid}.new`, JSON.stringify(output));
      await rename(`${file}.${process.pid}.new`, file);
    },
    async clear() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
