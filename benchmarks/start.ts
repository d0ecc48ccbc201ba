/**
 * How long a new user waits: the npm package is packed, installed into a fresh project as npm does it, and its devnet started there;
 * seconds until both layers answer, and until the first withdrawal is paid. Writes `start.md`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { positiveInteger, readOptions } from "../scripts/options.ts";
import { installPackage, packPackage } from "../scripts/package/fresh-project.ts";
import { writeReport } from "../scripts/write-report.ts";
import type { DevnetInfo } from "../src/devnet/index.ts";
import { startOnestep } from "../test/end-to-end/onestep-process.ts";

const HELP = `npm run bench:start -- [options]

--runs N            how often the devnet is started: the first time without a cache of compiled code (default 3)
--help`;

/** Seconds and bytes that are promised, on two processors. */
const TARGETS = { ready: 15, paid: 60, memory: 4 * 2 ** 30 } as const;
const MEGABYTE = 2 ** 20;
const PORTS = ["--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"];

const { values } = readOptions(HELP, { runs: { type: "string", default: "3" } });
const runs = positiveInteger("--runs", values.runs, "a number of starts");

interface Run {
  /** Seconds since the command was given. */
  readonly ready: number;
  readonly paid: number;
  /** Most bytes that the processes of the devnet held, each at its own time. */
  readonly memory: number;
  /** Of the machine, over the last minute, when the run began: what else it does. */
  readonly load: number;
}

const folder = mkdtempSync(join(tmpdir(), "onestep-start-"));
try {
  const file = packPackage(folder);
  const project = join(folder, "project");
  const installing = Date.now();
  installPackage(project, file);
  const installed = secondsSince(installing);
  const measured: Run[] = [];
  for (let run = 0; run < runs; run++) {
    measured.push(await measure(project));
    console.log(`start ${run + 1} of ${runs}: ${describe(measured[run]!)}`);
  }
  await writeReport(
    new URL("start.md", import.meta.url),
    report(measured, { installed, packed: statSync(file).size, unpacked: sizeOf(join(project, "node_modules")) }),
  );
  const missed = measured.filter(({ ready, paid, memory }) => {
    return ready > TARGETS.ready || paid > TARGETS.paid || memory > TARGETS.memory;
  });
  if (missed.length > 0) {
    console.error(`${missed.length} of ${runs} starts took more than is promised`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Starts the project's devnet, takes ETH to L2 and back, and ends it. */
async function measure(project: string): Promise<Run> {
  const [load = 0] = loadavg();
  const startedAt = Date.now();
  const devnet = await startOnestep<DevnetInfo>({
    command: [join(project, "node_modules", ".bin", "onestep")],
    arguments: ["devnet", ...PORTS],
    infoFile: join(project, "devnet.json"),
  });
  try {
    const ready = secondsSince(startedAt);
    const { l1, l2 } = devnet.info;
    const demo = fileURLToPath(new URL("../scripts/demo.ts", import.meta.url));
    const endpoints = ["--l1-rpc-url", l1.rpcUrl, "--l2-rpc-url", l2.rpcUrl];
    const child = spawn(process.execPath, [demo, ...endpoints], { stdio: ["ignore", "ignore", "inherit"] });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`the demo ended with exit code ${code}\n${devnet.log()}`);
    const paid = secondsSince(startedAt);
    const memory = [devnet.pid, ...childrenOf(devnet.pid)].reduce((sum, pid) => sum + peakMemory(pid), 0);
    return { ready, paid, memory, load };
  } finally {
    await devnet.stop();
  }
}

/** Processes that a process has started. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  });
}

/** Most bytes of memory that a process has held at a time. */
function peakMemory(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (kilobytes === null) throw new Error(`expected the peak of memory in the status of process ${pid}`);
  return Number(kilobytes[1]) * 1024;
}

/** Bytes of all files in a folder. */
function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function secondsSince(time: number): number {
  return (Date.now() - time) / 1000;
}

function describe({ ready, paid, memory, load }: Run): string {
  const megabytes = (memory / MEGABYTE).toFixed(0);
  return `ready after ${ready.toFixed(1)} s, paid after ${paid.toFixed(1)} s, ${megabytes} MB; load ${load.toFixed(1)} before`;
}

function report(
  measured: readonly Run[],
  sizes: { readonly installed: number; readonly packed: number; readonly unpacked: number },
): string {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node.js ${process.versions.node}`;
  const rows = measured.map(({ ready, paid, memory, load }, index) => {
    const name = index === 0 ? "first, nothing cached" : `${index + 1}.`;
    return `| ${name} | ${ready.toFixed(1)} s | ${paid.toFixed(1)} s | ${(memory / MEGABYTE).toFixed(0)} MB | ${load.toFixed(1)} |`;
  });
  return `# A start from the npm package

\`npm run bench:start\` packs the package, installs it into a fresh project from npm's cache, and runs \`onestep devnet\` there: L1, all
contracts and every role. Nothing is compiled or downloaded. Once it is ready, \`npm run demo\` deposits, spends, withdraws and is paid on
L1; the challenge period passes by moving the clock of L1. Seconds count from the command on. Memory is the sum of the peaks of the
devnet's processes. Promised on two processors: ready in ${TARGETS.ready} s, paid in ${TARGETS.paid} s, in ${TARGETS.memory / 2 ** 30} GB.

Machine: ${machine}.

| start | ready | first withdrawal paid | memory | load before |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

The package has ${(sizes.packed / MEGABYTE).toFixed(1)} MB; with its dependencies ${(sizes.unpacked / MEGABYTE).toFixed(0)} MB were installed in ${sizes.installed.toFixed(0)} s. The load is that of the machine over
the minute before: above 0, others were at work beside.
`;
}
