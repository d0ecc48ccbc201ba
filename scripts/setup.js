#!/usr/bin/env node
// Makes a fresh clone ready: dependencies as locked, then compiled contracts. Runs before `npm start` and `npm test`, on
// whatever Node.js the user has (≥ 20), so it is plain JavaScript with no dependency. Silent when nothing is to be done.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeModules = join(root, "node_modules");
const lockPath = join(root, "package-lock.json");
const installedLockPath = join(nodeModules, ".package-lock.json");
const installStampPath = join(nodeModules, ".onestep-install.json");
const buildStampPath = join(root, "cache", "onestep-build.json");
const pinnedNode = join(nodeModules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");

/** The oldest Node.js release line on which npm installs every package of the lock file (Hardhat's native part). */
const OLDEST_INSTALLING_NODE = 22;

/** @param {string} message */
function say(message) {
  process.stdout.write(`onestep: ${message}\n`);
}

/** @param {string} path @returns {any} */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {readonly string[]} paths */
function hashFiles(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(relative(root, path)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

/** @param {readonly string[] | undefined} allowed @param {string | undefined} actual */
function allows(allowed, actual) {
  if (allowed === undefined || actual === undefined) return true;
  if (allowed.includes(`!${actual}`)) return false;
  return allowed.every((entry) => entry.startsWith("!")) || allowed.includes(actual);
}

function cLibrary() {
  if (process.platform !== "linux") return undefined;
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/** Why the installed packages are not those of the lock file, or undefined if they are. */
function whyInstall() {
  const lock = readJson(lockPath);
  if (lock === undefined) throw new Error(`cannot read ${lockPath}`);
  const installed = readJson(installedLockPath);
  if (installed === undefined) return "dependencies are not installed";
  // Optional packages may be missing for good (no build for this machine) once the setup itself has installed.
  const settled = readJson(installStampPath)?.lock === hashFiles([lockPath]);
  const libc = cLibrary();
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "" || entry.link) continue;
    const present = installed.packages[path];
    if (present !== undefined) {
      if (present.version !== entry.version) return `${path} is ${present.version}, the lock file has ${entry.version}`;
      continue;
    }
    const forThisMachine =
      allows(entry.os, process.platform) && allows(entry.cpu, process.arch) && allows(entry.libc, libc);
    if (forThisMachine && !(settled && entry.optional)) return `${path} is missing`;
  }
  if (!existsSync(pinnedNode)) return "the pinned Node.js is missing";
  return undefined;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function run(command, args, env) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: env ?? process.env,
    shell: process.platform === "win32",
  });
  if (error !== undefined) throw new Error(`${command} ${args.join(" ")} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed with ${signal ?? `exit code ${status}`}`);
}

/** @param {string} reason */
function install(reason) {
  say(`installing dependencies, since ${reason} (once; about a minute) …`);
  const major = Number(process.versions.node.split(".")[0]);
  // npm leaves out optional packages whose `engines` exclude the running Node.js, and Hardhat's native part is one.
  if (major >= OLDEST_INSTALLING_NODE) run("npm", ["ci", "--loglevel=notice"]);
  else run("npx", ["-y", "-p", "node@24", "npm", "ci", "--loglevel=notice"]);
  writeFileSync(installStampPath, `${JSON.stringify({ lock: hashFiles([lockPath]) })}\n`);
}

/** @param {string} folder @param {string} extension @returns {string[]} */
function filesIn(folder, extension) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function contractsFingerprint() {
  return hashFiles([...filesIn(join(root, "contracts"), ".sol"), join(root, "hardhat.config.ts"), lockPath]);
}

function build() {
  const fingerprint = contractsFingerprint();
  const built = existsSync(join(root, "artifacts")) && existsSync(join(root, "types"));
  if (built && readJson(buildStampPath)?.contracts === fingerprint) return;
  say("compiling contracts (once; up to a few minutes) …");
  rmSync(buildStampPath, { force: true });
  const path = `${join(nodeModules, ".bin")}${delimiter}${process.env.PATH ?? ""}`;
  run(pinnedNode, [join(nodeModules, "hardhat", "dist", "src", "cli.js"), "build"], {
    ...process.env,
    PATH: path,
  });
  mkdirSync(dirname(buildStampPath), { recursive: true });
  writeFileSync(buildStampPath, `${JSON.stringify({ contracts: fingerprint })}\n`);
}

/** Brings dependencies and compiled contracts up to date. Throws an Error that says which command failed. */
export function setup() {
  const reason = whyInstall();
  if (reason !== undefined) {
    install(reason);
    const still = whyInstall();
    if (still !== undefined) throw new Error(`after installing, ${still}`);
  }
  build();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    setup();
  } catch (error) {
    process.stderr.write(`onestep: setup failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
