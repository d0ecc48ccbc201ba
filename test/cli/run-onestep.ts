import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/onestep.js", import.meta.url));
export const KEY = `0x${"ab".repeat(32)}` as const;

/** Runs the command to its end, while this process goes on and can answer it. */
export async function startOnestep(args: readonly string[]) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ONESTEP_"));
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...Object.fromEntries(inherited), NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const status = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr, lines: stdout.trimEnd().split("\n") };
}

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
