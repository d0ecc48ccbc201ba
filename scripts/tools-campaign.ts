// `npm run campaign:tools`: a devnet, and what users of ordinary tools do on it, with these tools themselves.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DevnetInfo } from "../src/devnet/index.ts";
import { startOnestep } from "../test/end-to-end/onestep-process.ts";
import { readOptions, refuse } from "./options.ts";

const FOLDER = fileURLToPath(new URL("../compatibility/", import.meta.url));
const LOCK = join(FOLDER, "package-lock.json");
const INSTALLED = join(FOLDER, "node_modules", ".onestep-install");

const tools = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, "program.mjs")));

const HELP = `npm run campaign:tools -- [tool ...]

Installs what compatibility/ locks (about 800 MB, once), starts a devnet, and runs a program of each tool on it, as its users write
them. Ends with code 1 if one fails.

tools: ${tools.join(" ")} (default: all)
--help`;

const { positionals } = readOptions(HELP, {}, { takesPaths: true });
for (const name of positionals) {
  if (!tools.includes(name)) refuse(`no such tool: ${name}; expected one of ${tools.join(", ")}`);
}

/** Runs a command of npm in compatibility/; gives its exit code. */
async function npm(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const child = spawn("npm", args, {
    cwd: FOLDER,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
    shell: process.platform === "win32",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

const lockHash = createHash("sha256").update(readFileSync(LOCK)).digest("hex");
if (!existsSync(INSTALLED) || readFileSync(INSTALLED, "utf8") !== lockHash) {
  console.log("installing the tools (once; about a minute) …");
  if ((await npm(["ci"])) !== 0) process.exit(1);
  writeFileSync(INSTALLED, lockHash);
}

const scratch = mkdtempSync(join(tmpdir(), "onestep-tools-"));
const counterSource = join(FOLDER, "Counter.sol");
const counter = join(scratch, "Counter.json");
writeFileSync(counter, JSON.stringify(compile(counterSource)));

const devnet = await startOnestep<DevnetInfo>({
  arguments: ["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
  infoFile: join(scratch, "devnet.json"),
});
const failed: string[] = [];
try {
  const { l1, l2, contracts, accounts } = devnet.info;
  for (const tool of positionals.length === 0 ? tools : positionals) {
    console.log(`\n${tool}`);
    const started = performance.now();
    const code = await npm(["run", "--silent", "try", "--workspace", tool], {
      L1_RPC_URL: l1.rpcUrl,
      L2_RPC_URL: l2.rpcUrl,
      L2_WEBSOCKET_URL: l2.webSocketUrl,
      L2_CHAIN_ID: String(l2.chainId),
      PRIVATE_KEY: accounts[0]!.privateKey!,
      INBOX: contracts.inbox,
      COUNTER: counter,
      COUNTER_SOURCE: counterSource,
    });
    console.log(`${code === 0 ? "passed" : "FAILED"} after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
    if (code !== 0) failed.push(tool);
  }
} finally {
  await devnet.stop();
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(", ")}\n${devnet.log()}`);
  process.exitCode = 1;
}
rmSync(scratch, { recursive: true, force: true });

/** The artifact of the one contract in a file. */
function compile(path: string): { readonly abi: unknown; readonly bytecode: string } {
  const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };
  const input = {
    language: "Solidity",
    sources: { source: { content: readFileSync(path, "utf8") } },
    settings: { outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } },
  };
  const { contracts } = JSON.parse(solc.compile(JSON.stringify(input))) as {
    contracts: { source: Record<string, { abi: unknown; evm: { bytecode: { object: string } } }> };
  };
  const [contract] = Object.values(contracts.source);
  return { abi: contract!.abi, bytecode: `0x${contract!.evm.bytecode.object}` };
}
