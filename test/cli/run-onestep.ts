import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/onestep.js", import.meta.url));
export const KEY = `0x${"ab".repeat(32)}`;

/** Runs the command to its end. */
export function onestep(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ONESTEP_"));
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...Object.fromEntries(inherited), NODE_OPTIONS: "", ...environment },
  });
  return { status, stdout, stderr };
}
