#!/usr/bin/env node
// Makes a fresh clone ready: dependencies as locked, then compiled contracts. Runs before `npm start` and `npm test`, on
// whatever Node.js the user has (≥ 20), so it is plain JavaScript with no dependency. Silent when nothing is to be done.
//
//   setup.js            all contracts and their tests
//   setup.js start      what `npm start` does not have without a compiler: the contracts of L2. The code of those on L1 is in the
//                       repository; it is compiled only if it was made from other sources than these.
//   setup.js package    what the npm package contains
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeModules = join(root, "node_modules");
const lockPath = join(root, "package-lock.json");
const installedLockPath = join(nodeModules, ".package-lock.json");
const installStampPath = join(nodeModules, ".onestep-install.json");
/** SHA-256 of each file that the generated code of the contracts on L1 was made from. */
const generatedSourcesPath = join(root, "src", "l1", "abi", "sources.json");
const buildStampPath = join(root, "cache", "onestep-build.json");
const pinnedNode = join(nodeModules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");

/** The oldest Node.js release line on which npm installs every package of the lock file (Hardhat's native part). */
const OLDEST_INSTALLING_NODE = 22;

/** Folders in contracts/ of what is deployed or stands in genesis. */
const DEPLOYED = ["l1", "l2", "machine", "bridges/tokens"];

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

/** @param {readonly string[]} folders in contracts/ @returns {string[]} the files that stand in them directly */
function contractsIn(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, "contracts", folder))
      .filter((name) => name.endsWith(".sol"))
      .map((name) => join("contracts", folder, name)),
  );
}

/** What `setup` compiles, from the most to the least: files, and all that they are made from. No files are all, with their tests. */
const builds = {
  all: () => ({ files: [], sources: filesIn(join(root, "contracts"), ".sol") }),
  package: () => ({
    files: contractsIn(...DEPLOYED, "l1/interfaces", "l2/interfaces", "bridges/interfaces"),
    sources: deployedSources(),
  }),
  start: () => ({ files: contractsIn("l2"), sources: deployedSources() }),
};

/** All that what is deployed may be made from. */
function deployedSources() {
  return filesIn(join(root, "contracts"), ".sol").filter((path) => !path.startsWith(join(root, "contracts", "test")));
}

/** The first file that is not as it was when the code in src/l1/abi was made from it, or undefined if all are. */
function changedSource() {
  const hashes = readJson(generatedSourcesPath);
  if (hashes === undefined) return relative(root, generatedSourcesPath);
  return Object.keys(hashes).find((file) => {
    const path = join(root, file);
    return !existsSync(path) || createHash("sha256").update(readFileSync(path)).digest("hex") !== hashes[file];
  });
}

/** @param {readonly string[]} args runs the pinned Node.js, with the commands of the installed packages in its path */
function runNode(...args) {
  const path = `${join(nodeModules, ".bin")}${delimiter}${process.env.PATH ?? ""}`;
  run(pinnedNode, args, { ...process.env, PATH: path });
}

/** @param {readonly string[]} files all if empty */
function compile(files) {
  const options = files.length === 0 ? [] : ["--no-tests", "--no-typechain"];
  runNode(join(nodeModules, "hardhat", "dist", "src", "cli.js"), "build", ...options, ...files);
}

/** @param {keyof typeof builds} what */
function build(what) {
  const { files, sources } = builds[what]();
  const setting = [join(root, "hardhat.config.ts"), join(root, "compiler.json"), lockPath];
  const fingerprint = hashFiles([...sources, ...setting]);
  const deployed = hashFiles([...deployedSources(), ...setting]);
  /** What was built of these contracts: others may have been built in between. */
  const stamps = Object.entries(readJson(buildStampPath) ?? {}).filter(([, stamp]) => stamp.deployed === deployed);
  const more = Object.keys(builds).slice(0, Object.keys(builds).indexOf(what));
  const isBuilt = stamps.some(
    ([name, stamp]) => more.includes(name) || (name === what && stamp.fingerprint === fingerprint),
  );
  const isThere = existsSync(join(root, "artifacts")) && (what !== "all" || existsSync(join(root, "types")));
  const changed = what === "start" ? changedSource() : undefined;
  if (isBuilt && isThere && changed === undefined) return;
  if (changed === undefined) {
    say(`compiling ${files.length === 0 ? "contracts and their tests" : `${files.length} contracts`} …`);
    compile(files);
  } else {
    say(`compiling contracts, since ${changed} is not what the code in src/l1/abi was made from …`);
    compile(contractsIn(...DEPLOYED));
    say("writing their code and ABIs to src/l1/abi …");
    runNode(join(root, "scripts", "export-abi.ts"));
  }
  mkdirSync(dirname(buildStampPath), { recursive: true });
  writeFileSync(
    buildStampPath,
    `${JSON.stringify({ ...Object.fromEntries(stamps), [what]: { fingerprint, deployed } })}\n`,
  );
}

/**
 * Brings dependencies and compiled contracts up to date. Throws an Error that says which command failed.
 * @param {keyof typeof builds} what
 */
export function setup(what) {
  const reason = whyInstall();
  if (reason !== undefined) {
    install(reason);
    const still = whyInstall();
    if (still !== undefined) throw new Error(`after installing, ${still}`);
  }
  build(what);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    const what = process.argv[2] ?? "all";
    if (!Object.hasOwn(builds, what)) {
      throw new Error(`expected ${Object.keys(builds).join(", ")} or nothing, got ${what}`);
    }
    setup(what);
  } catch (error) {
    process.stderr.write(`onestep: setup failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
