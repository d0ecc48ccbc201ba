#!/usr/bin/env node
// The `onestep` command. Plain JavaScript, so that any Node.js can start it and is told if it is too old. In a clone the program is
// TypeScript that runs on the Node.js pinned in package.json, and this file hands over to that one where the running one is older.
// In the npm package the program is compiled.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import nodeModule from "node:module";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "src", "cli", "index.ts");
const isClone = existsSync(source);

/** The oldest Node.js that runs TypeScript as it is written here. */
const OLDEST_NODE_OF_CLONE = [24, 0];

/** @param {readonly number[]} oldest major and minor version */
function isAtLeast([major, minor]) {
  const [runningMajor, runningMinor] = process.versions.node.split(".").map(Number);
  return runningMajor > major || (runningMajor === major && runningMinor >= minor);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`onestep: ${message}\n`);
  process.exit(1);
}

/** Node.js that the package runs on, as its manifest says: `>=22.13`. */
function oldestNodeOfPackage() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return /^>=(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number);
}

/**
 * Where compiled code is kept between starts: half the work of a start. Not in the folder for temporary files, where anybody could
 * put code. A package below node_modules may be read only, and so may everything.
 */
function compileCacheFolder() {
  const modules = isClone ? join(root, "node_modules") : dirname(root);
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const own = XDG_CACHE_HOME ?? LOCALAPPDATA ?? (homedir() && join(homedir(), ".cache"));
  const folders = [
    ...(basename(modules) === "node_modules" ? [join(modules, ".cache", "onestep-compiled")] : []),
    ...(own ? [join(own, "onestep", "compiled")] : []),
  ];
  return folders.find((folder) => {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The process that started this one, and, where Linux tells, the one that started that: a shell may stand between npm and here. */
function ancestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    // The name before it, in parentheses, may hold anything.
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]}`;
  } catch {
    return String(process.ppid);
  }
}

/**
 * Calls when npm, which started this, is gone: killed, it passes nothing on, and what it ran would go on unseen with its ports.
 * @param {() => void} stop
 */
function onceOrphaned(stop) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const first = ancestors();
  const check = setInterval(() => {
    if (ancestors() === first) return;
    clearInterval(check);
    stop();
  }, 1_000).unref();
}

/** Runs the program in this process. */
async function run() {
  onceOrphaned(() => process.kill(process.pid, "SIGTERM"));
  const cache = compileCacheFolder();
  if (cache !== undefined) {
    // The processes started from here are told by their environment.
    const { directory } = nodeModule.enableCompileCache(cache);
    if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;
  }
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  const program = isClone ? source : join(root, "dist", "cli", "index.js");
  const { main } = await import(pathToFileURL(program).href);
  await main(process.argv);
}

/** Runs the program on the Node.js that the clone has installed. */
function handOver() {
  const pinned = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(pinned)) {
    fail(
      `Node.js ${process.version} is too old (≥ ${OLDEST_NODE_OF_CLONE[0]} is needed) and the pinned one is not installed; ` +
        "run `npm run setup` first",
    );
  }
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal signals the whole process group; anything sent to this process alone is passed on.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  onceOrphaned(() => child.kill("SIGTERM"));
  child.on("error", (error) => fail(`cannot start ${pinned}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (isClone) {
  if (isAtLeast(OLDEST_NODE_OF_CLONE)) await run();
  else handOver();
} else {
  const oldest = oldestNodeOfPackage();
  if (!isAtLeast(oldest)) fail(`Node.js ${process.version} is too old: ≥ ${oldest.join(".")} is needed`);
  await run();
}
