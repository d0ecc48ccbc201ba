import { readFileSync, writeFileSync } from "node:fs";
import type { Address } from "../../src/primitives/index.ts";
import type { TraceCall, TraceExtent } from "../../src/traces/trace-protocol.ts";
import { mixedLoop } from "../../test/machine/proving/unit.ts";
import { LOOPER_CODE } from "../traces/programs.ts";
import { timed } from "../traces/timing.ts";
import { BLOCKS_PER_BATCH, TRANSACTIONS_PER_BLOCK, openTracedChain } from "../traces/traced-chain.ts";
import type { TracedChain } from "../traces/traced-chain.ts";
import { accountAt } from "../worst-case/large-state.ts";
import { PRODUCTION } from "./boards.ts";
import { count, table } from "./format.ts";

const TRANSACTIONS = 10_000;
const ACCOUNTS = 200_000;
const MIXED: Address = `0x${"70".repeat(18)}0003`;
const LOOPER: Address = `0x${"70".repeat(18)}0002`;
/** Loads the batch, begins the block; then the transaction. */
const UNIT = 2;

interface Unit {
  readonly name: string;
  readonly steps: number;
  readonly root: Timing;
  readonly witness: Timing;
  readonly memory: Memory;
  /** Bytes by which the node's folder grew. */
  readonly disk: number;
}

/** MiB of the process that are in memory, pages of the database among them: before a task, and at most during it. */
interface Memory {
  readonly before: number;
  readonly peak: number;
}

interface Timing {
  readonly cpu: number;
  readonly wall: number;
}

/** How long the challenger takes to know what it answers, and the memory and disk for it. */
export async function measureTimes(save: (section: string) => Promise<void>): Promise<void> {
  const traced = await openTracedChain(ACCOUNTS, { [MIXED]: mixedLoop(16_400), [LOOPER]: LOOPER_CODE });
  try {
    const claim = await measureClaim(traced);
    const million = await measureUnit(traced, "a million steps of arithmetic, memory, keccak256 and storage", MIXED);
    const longest = await measureUnit(traced, "the longest unit: the cheapest instructions, for 2^24 gas", LOOPER);
    await save(text(claim, [million, longest]));
  } finally {
    await traced.close();
  }
}

async function measureClaim(traced: TracedChain) {
  const transactions: Uint8Array[] = [];
  for (let index = 0; index < TRANSACTIONS; index++) {
    const to = accountAt((index * 48_271) % ACCOUNTS);
    transactions.push(await traced.sign(index, { to, value: 1n, gas: 121_000n }));
  }
  const before = forgetPeak();
  const { chain } = traced;
  const deriving = await clock(() => traced.derive(transactions));
  const size = chain.size();
  const tracing = await clock(() => traced.follow());
  const disk = chain.size() - size;
  const batches = Math.ceil(TRANSACTIONS / TRANSACTIONS_PER_BLOCK / BLOCKS_PER_BATCH);
  const root = await clock(async () => {
    const { claim } = await traced.openClaim(1, 1 + batches);
    const call: TraceCall = { question: "root", args: [0, PRODUCTION.claimTraceHeight] };
    return traced.answering.answer({ kind: "ask-claim", claim, call });
  });
  console.log(`times: claim derived in ${seconds(deriving)} s, traced in ${seconds(tracing)} s`);
  return {
    deriving,
    tracing,
    units: tracing.result.units,
    root,
    memory: { before, peak: memoryOf("VmHWM") },
    disk,
    folder: chain.size(),
  };
}

async function measureUnit(traced: TracedChain, name: string, to: Address): Promise<Unit> {
  await traced.derive([await traced.sign(0, { to, gas: 2n ** 24n })]);
  await traced.follow();
  const last = traced.chain.database.traces.batchCount() - 1;
  const { claim } = await traced.openClaim(last, last + 1);
  const size = traced.chain.size();
  const before = forgetPeak();
  const root = await clock(async () => {
    const extent = (await traced.answering.answer({ kind: "open-unit", claim, unit: UNIT })) as TraceExtent;
    const call: TraceCall = { question: "root", args: [0, PRODUCTION.unitTraceHeight] };
    await traced.answering.answer({ kind: "ask-unit", claim, unit: UNIT, call });
    return extent;
  });
  const steps = root.result.length;
  const witness = await clock(() =>
    traced.answering.answer({ kind: "prove-step", claim, unit: UNIT, step: Math.floor(steps / 2) }),
  );
  console.log(`times: a unit of ${steps} steps, root ${seconds(root)} s, witness ${seconds(witness)} s`);
  const memory = { before, peak: memoryOf("VmHWM") };
  return { name, steps, root, witness, memory, disk: traced.chain.size() - size };
}

async function clock<T>(task: () => Promise<T>): Promise<Timing & { readonly result: T }> {
  const begin = performance.now();
  const { result, seconds: cpu } = await timed(task);
  return { result, cpu, wall: (performance.now() - begin) / 1_000 };
}

/** Has the system count the peak from now on, and gives what there is in memory now. Only Linux can; elsewhere both are the most there was. */
function forgetPeak(): number {
  globalThis.gc?.();
  if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
  return memoryOf("VmRSS");
}

function memoryOf(what: "VmRSS" | "VmHWM"): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}

function seconds({ cpu, wall }: Timing): string {
  const digits = (value: number): string => value.toFixed(value < 1 ? 2 : 1);
  return `${digits(cpu)} (${digits(wall)})`;
}

const bytes = (value: number): string => `${(value / 2 ** 20).toFixed(1)} MiB`;

function text(claim: Awaited<ReturnType<typeof measureClaim>>, units: readonly Unit[]): string {
  const judged: Timing = claim.deriving;
  const known: Timing = {
    cpu: judged.cpu + claim.tracing.cpu + claim.root.cpu,
    wall: judged.wall + claim.tracing.wall + claim.root.wall,
  };
  const unitRows = units.map(({ name, steps, root, witness, memory, disk }) => [
    name,
    count(steps),
    seconds(root),
    seconds(witness),
    count(memory.before),
    count(memory.peak),
    bytes(disk),
  ]);
  return `Seconds of CPU time, and in brackets of the clock, in which other processes of the machine had their share. On a state of ${count(ACCOUNTS)} accounts, and as many holders of a
token. Memory is that of the whole process, the node and the tracing thread's work in one, with pages of the database. [Traces](traces.md) and [proving](machine-proving.md) have the speeds
that this comes from.

A claim of ${count(TRANSACTIONS)} transfers of ETH (${count(claim.units)} units), from the batches on:

${table(["what the challenger does", "seconds"], 1, [
  ["derives the batches: the claim's state can be judged", seconds(judged)],
  ["traces them", seconds(claim.tracing)],
  ["finds the claim's trace root, from what is stored", seconds(claim.root)],
  ["all of it: a wrong trace root can be judged, and answered", seconds(known)],
])}

The process had ${count(claim.memory.before)} MiB before, and ${count(claim.memory.peak)} MiB at most. The database keeps 32 bytes a unit; its file grew by ${bytes(claim.disk)} for them, as it had free
pages, to ${bytes(claim.folder)} with the chain and its state. A challenger that follows its chain has all of that done before anybody claims, but for the trace root.

A disputed unit is run when it is first asked about, and again up to the step that is proven:

${table(["unit", "steps", "to its root", "to a witness in the middle", "MiB before", "MiB at most", "the folder grew by"], 1, unitRows)}`;
}
