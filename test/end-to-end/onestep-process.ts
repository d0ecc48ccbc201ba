import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { engineEnvironment } from "../engine.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/onestep.js", import.meta.url));
const LONGEST_START = 120_000;

/** A running `onestep` command that may not be ready. */
export interface SpawnedOnestep {
  readonly pid: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Whether it still runs. */
  readonly running: boolean;
  /** Everything it logged. */
  log(): string;
}

/** A running `onestep` command. */
export interface OnestepProcess<Info> extends SpawnedOnestep {
  /** What it wrote to its info file when it was ready. */
  readonly info: Info;
}

export interface OnestepProcessOptions {
  /** The program and the arguments before those of `onestep`; this clone's if undefined. */
  readonly command?: readonly [program: string, ...args: string[]];
  /** As on the command line: the role and its flags. */
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Written by the process when it is ready. */
  readonly infoFile: string;
}

/** Starts a command, without waiting for anything. */
export function spawnOnestep(options: OnestepProcessOptions): SpawnedOnestep {
  const { infoFile } = options;
  mkdirSync(dirname(infoFile), { recursive: true });
  rmSync(infoFile, { force: true });
  const output: string[] = [];
  const [program, ...args] = options.command ?? [process.execPath, PROGRAM];
  const child = spawn(program, [...args, ...options.arguments, "--info-file", infoFile], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...withoutSettings(process.env), ...engineEnvironment(), ...options.environment, NODE_OPTIONS: "" },
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const exited = once(child, "exit");
  return {
    pid: pidOf(child),
    async kill() {
      child.kill("SIGKILL");
      if (!gone()) await exited;
    },
    async stop() {
      child.kill("SIGTERM");
      if (!gone()) await exited;
      return child.exitCode;
    },
    get running() {
      return !gone();
    },
    log: () => output.join(""),
  };
}

/** Starts a command and waits until it is ready. Throws with its log if it ends before. */
export async function startOnestep<Info>(options: OnestepProcessOptions): Promise<OnestepProcess<Info>> {
  const { infoFile } = options;
  const spawned = spawnOnestep(options);
  try {
    await until(`${options.arguments[0] ?? ""} to be ready`, LONGEST_START, async () => {
      if (!spawned.running) throw new Error(`it ended with exit code ${(await spawned.stop()) ?? "none: killed"}`);
      return existsSync(infoFile);
    });
  } catch (error) {
    await spawned.kill();
    throw new Error(`onestep ${options.arguments.join(" ")}: ${String(error)}\n${spawned.log()}`);
  }
  const info = JSON.parse(readFileSync(infoFile, "utf8")) as Info;
  return Object.assign(spawned, { info });
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("the process did not start");
  return child.pid;
}

/** The environment without settings of the one who runs the tests; which engine to test, `engineEnvironment` has understood. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("ONESTEP_")));
}

/** Resolves when `condition` holds; throws after `timeout` milliseconds, naming what it waited for. */
export async function until(what: string, timeout: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeout / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A path in a folder of its own under `root`. */
export function folderIn(root: string, ...path: readonly string[]): string {
  const folder = join(root, ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
}
