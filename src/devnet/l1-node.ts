import { fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Instruments } from "../primitives/index.ts";

export interface L1NodeOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Of the chain; `origin` for that of the chain it forks. */
  readonly chainId: number | "origin";
  /** Wei per gas of the first block, unless it forks another chain; undefined for the network's own, one gwei. */
  readonly baseFee?: number | undefined;
  /** Seconds without a transaction after which an empty block is mined; undefined mines with transactions only. */
  readonly blockInterval: number | undefined;
  /** Where the chain is recorded, to be the same after a restart; undefined keeps it in memory. */
  readonly journalPath: string | undefined;
  /** JSON-RPC endpoint of a chain to continue. */
  readonly forkUrl: string | undefined;
  /** Its block to continue from; its latest if undefined. */
  readonly forkBlockNumber?: number | undefined;
}

/** What the L1's process tells its parent. */
export type L1NodeMessage =
  | { readonly kind: "ready"; readonly port: number; readonly pid: number; readonly restoredBlocks: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "waiting"; readonly for: string }
  /** A block that was not mined just because none came. */
  | { readonly kind: "block" };

export interface L1Node {
  readonly url: string;
  /** Id of its process. */
  readonly pid: number;
  /** Blocks that were there before this start. */
  readonly restoredBlocks: number;
  /** Calls for each block that was not mined just because none came for a while. */
  onBlock(listener: () => void): void;
  /** Resolves with the reason if the process ends without `close`. */
  readonly failure: Promise<Error>;
  close(): Promise<void>;
}

/** Starts a Hardhat network with Osaka rules in a process of its own. Throws if it cannot start, with its reason. */
export async function startL1Node(options: L1NodeOptions, { logger }: Pick<Instruments, "logger">): Promise<L1Node> {
  const child = fork(fileURLToPath(new URL("./l1-process.ts", import.meta.url)), {
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface(stream).on("line", (line) => logger.info({ source: "l1" }, line));
  }
  let closing = false;
  let reason: string | undefined;
  const failure = new Promise<Error>((resolve) => {
    child.once("exit", (code, signal) => {
      if (!closing) resolve(new Error(`the L1 node stopped: ${reason ?? signal ?? `exit code ${code ?? "unknown"}`}`));
    });
  });
  const ready = new Promise<Extract<L1NodeMessage, { kind: "ready" }>>((resolve) => {
    child.on("message", (message: L1NodeMessage) => {
      if (message.kind === "ready") resolve(message);
      else if (message.kind === "waiting") logger.warn(`waiting for ${message.for}`);
      else if (message.kind === "failed") reason = message.message;
    });
  });
  child.send(options);
  const started = await Promise.race([ready, failure]);
  if (started instanceof Error) throw started;
  return {
    url: `http://${options.hostname}:${started.port}`,
    pid: started.pid,
    restoredBlocks: started.restoredBlocks,
    onBlock(listener) {
      child.on("message", ({ kind }: L1NodeMessage) => {
        if (kind === "block") listener();
      });
    },
    failure,
    async close() {
      closing = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}
