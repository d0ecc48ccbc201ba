import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { startOnestep } from "../../test/end-to-end/onestep-process.ts";
import { createJsonRpc } from "./json-rpc.ts";

export type PeerName = "onestep" | "anvil" | "hardhat node";
export const PEERS: readonly PeerName[] = ["onestep", "anvil", "hardhat node"];

export interface Peer {
  readonly url: string;
  /** Set for Onestep. */
  readonly devnet?: { readonly info: DevnetInfo; readonly folder: string };
  stop(): Promise<void>;
}

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const PATIENCE = 60_000;

/** Starts a peer with its own defaults; its data, if it keeps any, goes to a temporary folder. */
export async function startPeer(name: PeerName): Promise<Peer> {
  return name === "onestep" ? startOnestepDevnet() : startProgram(name);
}

async function startOnestepDevnet(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "onestep-throughput-"));
  const devnet = await startOnestep<DevnetInfo>({
    arguments: [
      ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
      // As calldata each byte posted is one that was needed; a blob is paid for whole.
      ...["--data-dir", join(folder, "devnet"), "--data-availability", "calldata"],
    ],
    infoFile: join(folder, "devnet.json"),
  });
  return {
    url: devnet.info.l2.rpcUrl,
    devnet: { info: devnet.info, folder },
    async stop() {
      await devnet.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProgram(name: "anvil" | "hardhat node"): Promise<Peer> {
  const port = name === "anvil" ? 18_545 : 18_546;
  const url = `http://127.0.0.1:${port}`;
  const child =
    name === "anvil"
      ? spawn("anvil", ["--port", String(port), "--silent"], { stdio: "ignore" })
      : spawn("hardhat", ["node", "--port", String(port)], { cwd: PROJECT, stdio: "ignore" });
  await waitForAnswer(url, child, name);
  return {
    url,
    async stop() {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    },
  };
}

async function waitForAnswer(url: string, child: ChildProcess, name: string): Promise<void> {
  const rpc = createJsonRpc(url);
  for (const deadline = Date.now() + PATIENCE; ;) {
    try {
      await rpc.call("eth_chainId");
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${name} does not answer at ${url}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The version of a peer as its package says. */
export function peerVersion(name: PeerName): string {
  const path =
    name === "onestep"
      ? "package.json"
      : `node_modules/${name === "anvil" ? "@foundry-rs/anvil" : "hardhat"}/package.json`;
  return (JSON.parse(readFileSync(join(PROJECT, path), "utf8")) as { version: string }).version;
}
