import { chmodSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const SOLC = createRequire(import.meta.url).resolve("solc");

/** How a stand-in for a native compiler behaves. */
export interface SolcWrapper {
  /** What it says is its version. */
  readonly version: string;
  /** JavaScript that runs on the compiler's output, `output`. */
  readonly then?: string;
  /** JavaScript that runs instead of compiling, whose output is the compiler's. */
  readonly instead?: string;
  /** Whether it may be executed. */
  readonly isExecutable?: boolean;
}

/** The file in which a wrapper counts how often it compiled: a line for each time. */
export const compilationsOf = (path: string): string => `${path}.compilations`;

/**
 * Writes an executable that has the options of native solc, with the npm package's compiler in it. Gives its path.
 */
export function writeSolcWrapper(folder: string, name: string, wrapper: SolcWrapper): string {
  const path = join(folder, name);
  const { version, then = "", isExecutable = true } = wrapper;
  const compiling = `let output = JSON.parse(require(${JSON.stringify(SOLC)}).compile(readFileSync(0, "utf8")));
  ${then}
  process.stdout.write(JSON.stringify(output));`;
  writeFileSync(
    path,
    `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
if (process.argv.includes("--version")) {
  console.log(${JSON.stringify(`solc, the solidity compiler commandline interface\nVersion: ${version}`)});
} else if (process.argv.includes("--standard-json")) {
  appendFileSync(${JSON.stringify(compilationsOf(path))}, "compiled\\n");
  ${wrapper.instead ?? compiling}
} else process.exit(2);
`,
  );
  chmodSync(path, isExecutable ? 0o755 : 0o644);
  return path;
}
