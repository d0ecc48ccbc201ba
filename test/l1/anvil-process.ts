import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/** A running anvil, the other L1 node of the tests. */
export interface AnvilProcess {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts anvil with Osaka's rules on any free port, and what `args` say besides. */
export async function startAnvil(...args: readonly string[]): Promise<AnvilProcess> {
  const binary = createRequire(import.meta.url)
    .resolve("@foundry-rs/anvil/package.json")
    .replace("package.json", "bin.mjs");
  const anvil = spawn(process.execPath, [binary, "--port", "0", "--hardfork", "osaka", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(anvil, "exit");
  let port: string | undefined;
  for await (const line of createInterface(anvil.stdout)) {
    port = /Listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) break;
  }
  if (port === undefined) throw new Error("anvil ended before it listened");
  anvil.stdout.resume();
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      anvil.kill("SIGTERM");
      await exited;
    },
  };
}
