#!/usr/bin/env node
// The `onestep` command. Plain JavaScript, so that any Node.js can start it; the program itself is TypeScript that runs
// on the Node.js pinned in package.json, and this file hands over to it where the running one is older.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) {
  // What was compiled once is kept: half the work of a start, also for the processes started from here, which are told by their
  // environment. Not in the folder for temporary files, where anybody could put code.
  const { directory } = nodeModule.enableCompileCache(join(root, "node_modules", ".cache", "onestep-compiled"));
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  const { main } = await import("../src/cli/index.ts");
  await main(process.argv);
} else {
  const pinned = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(pinned)) {
    process.stderr.write(
      `onestep: Node.js ${process.version} is too old (≥ ${OLDEST_NODE} is needed) and the pinned one is not installed; ` +
        "run `npm run setup` first\n",
    );
    process.exit(1);
  }
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal signals the whole process group; anything sent to this process alone is passed on.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`onestep: cannot start ${pinned}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
