import { main } from "../../src/cli/index.ts";

/**
 * Runs the command inside this process, which takes no time to start, and while it can answer it. What others print meanwhile is
 * taken for the command's.
 */
export async function callOnestep(...args: readonly string[]) {
  const kept = { log: console.log, error: console.error, write: process.stderr.write.bind(process.stderr) };
  const { exitCode } = process;
  const [stdout, stderr]: [string[], string[]] = [[], []];
  console.log = (text: string) => stdout.push(text);
  console.error = (text: string) => stderr.push(text);
  process.stderr.write = (text: string | Uint8Array) => stderr.push(String(text)) > 0;
  process.exitCode = undefined;
  try {
    await main(["node", "onestep", ...args]);
    return { status: Number(process.exitCode ?? 0), stdout: stdout.join("\n"), stderr: stderr.join("\n") };
  } finally {
    Object.assign(console, { log: kept.log, error: kept.error });
    process.stderr.write = kept.write;
    process.exitCode = exitCode;
  }
}
