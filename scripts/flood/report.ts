import { cpus } from "node:os";
import type { Flood } from "./floods.ts";
import type { FollowedBlock } from "./follow-flood.ts";
import { L1_BLOCK_GAS, L1_BLOCK_TIME, lagAfter } from "./l1-block.ts";

/** What a flood was and came to. */
export interface FloodResult {
  readonly flood: Flood;
  /** In order; at least one. */
  readonly blocks: readonly FollowedBlock[];
}

/** CPU seconds that following an L1 block of the flood took, on average. */
export function workOf({ blocks }: FloodResult): number {
  return mean(blocks, ({ readSeconds, deriveSeconds }) => readSeconds + deriveSeconds);
}

/** Whether a node with one processor for it keeps up with the flood for ever. */
export function isBounded(result: FloodResult): boolean {
  return workOf(result) < L1_BLOCK_TIME;
}

/** One line about a flood, while others go on. */
export function summary(result: FloodResult): string {
  const lag = lagAfter(result.blocks.map(({ readSeconds, deriveSeconds }) => readSeconds + deriveSeconds));
  const wall = mean(result.blocks, ({ wallSeconds }) => wallSeconds);
  return (
    `${result.flood.name}: ${workOf(result).toFixed(2)} s of CPU (${wall.toFixed(2)} s of the clock) for an L1 block, ` +
    `lag ${lag.toFixed(1)} s${isBounded(result) ? "" : " AND GROWING"}`
  );
}

export function formatReport(
  results: readonly FloodResult[],
  { minutes, accounts }: { readonly minutes: number; readonly accounts: number },
): string {
  const worst = results.reduce((most, each) => (workOf(each) > workOf(most) ? each : most));
  const blocks = results[0]?.blocks.length ?? 0;
  return `# Floods

How long a node takes to follow an L1 whose blocks are full of what is cheapest to post and dearest to check, and how far
behind it is after ${minutes === 1 ? "a minute" : `${minutes} minutes`} of each (${blocks} L1 blocks of ${L1_BLOCK_TIME} s). Every L1 block has ${millions(L1_BLOCK_GAS)} million gas of the flood and nothing else;
each way of posting was measured on the contracts, most as calls in a loop by a contract that is the operator. The node reads
L1, checks blobs against their commitments, derives, executes and stores, all as it does anywhere, with the speed of the
production preset and ${accounts.toLocaleString("en")} accounts. Regenerate with \`npm run campaign:flood\`, which fails if some flood takes longer than it lasts.

CPU is time of all threads of the process, of reading and deriving and not of making what is posted, with that of the simulated
L1 in the same process. So a busy machine changes it less than time of the clock. ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}.

**The worst is “${worst.flood.name}”: ${workOf(worst).toFixed(1)} s of CPU for ${L1_BLOCK_TIME} s of L1**, ${share(worst)} of one processor. ${
    results.every(isBounded)
      ? "Of CPU, no flood takes as long as it lasts, so no lag grows."
      : `Lag grows without bound in ${results.filter((each) => !isBounded(each)).length} of ${results.length}.`
  }
Time that the chain has not used can be used later: derivation lets blocks be ${900} s ahead of L1 and a day behind it, at the
speed of the chain. So after a silence of the operator a node may be behind for the shares below of at most ${((86_400 + 900) / 3_600).toFixed(1)} hours, once.

| flood | units | L2 blocks | L2 Mgas | reading | deriving | of ${L1_BLOCK_TIME} s | clock, s | MB stored | lag, s |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
${results.map(workRow).join("\n")}

All but the lag are of one L1 block on average; reading, deriving and lag are seconds of CPU. The clock includes waiting for other
processes and for the disk, on which batches are recorded several at a time. Units are batches, messages or L2 gas. Every batch of a flood has the content of its name, as far as blobs hold it. In “burned gas” messages ask for all gas
that their bucket and L1 gas pay for; in “and full blocks” transactions take that of the chain besides.

CPU seconds for a billion L1 gas. Before, nothing but the number of blocks and 4 MiB bounded a batch's work; figures where they
were measured, at the L1 gas of a batch then. Blobs come on top of the gas, and so do fees
on L2: for full blocks they are all there is to pay. A message of 2^24 L2 gas cost 29,300 L1 gas before, so an L1 block could hold 34 billion L2 gas.

| flood | L1 gas | for | blobs | CPU s per billion L1 gas before | now |
|---|---:|---|---:|---:|---:|
${results.map(costRow).join("\n")}
`;
}

function workRow(result: FloodResult): string {
  const { flood, blocks } = result;
  const cells = [
    flood.name,
    mean(blocks, ({ units }) => units).toLocaleString("en", { maximumFractionDigits: 0 }),
    mean(blocks, ({ l2Blocks }) => l2Blocks).toLocaleString("en", { maximumFractionDigits: 0 }),
    millions(mean(blocks, ({ l2Gas }) => l2Gas)),
    mean(blocks, ({ readSeconds }) => readSeconds).toFixed(2),
    mean(blocks, ({ deriveSeconds }) => deriveSeconds).toFixed(2),
    share(result),
    mean(blocks, ({ wallSeconds }) => wallSeconds).toFixed(1),
    millions(mean(blocks, ({ growth }) => growth)),
    lagAfter(blocks.map(({ readSeconds, deriveSeconds }) => readSeconds + deriveSeconds)).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

function costRow(result: FloodResult): string {
  const { flood, blocks } = result;
  const gas = mean(blocks, (block) => block.gas);
  const units = mean(blocks, (block) => block.units);
  const isSingle = flood.unit === "L2 gas" || units < 2;
  const cells = [
    flood.name,
    (isSingle ? gas : gas / units).toLocaleString("en", { maximumFractionDigits: 0 }),
    isSingle ? "all" : flood.unit === "batches" ? "a batch" : "a message",
    mean(blocks, ({ blobs }) => blobs).toFixed(0),
    flood.before === undefined
      ? ""
      : flood.before.seconds.map((each) => perBillion(each, flood.before?.gas ?? 0)).join("–"),
    perBillion(workOf(result), gas),
  ];
  return `| ${cells.join(" | ")} |`;
}

function perBillion(seconds: number, gas: number): string {
  return ((1e9 * seconds) / gas).toLocaleString("en", { maximumSignificantDigits: 3 });
}

function share(result: FloodResult): string {
  return `${((100 * workOf(result)) / L1_BLOCK_TIME).toFixed(0)}%`;
}

function millions(value: number): string {
  return (value / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
}

function mean(blocks: readonly FollowedBlock[], pick: (block: FollowedBlock) => number): number {
  return blocks.reduce((sum, block) => sum + pick(block), 0) / blocks.length;
}
