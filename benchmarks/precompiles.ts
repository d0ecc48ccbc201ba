/**
 * Gas per second of every precompile on one core, with inputs that are the most work for their gas. Writes
 * `precompiles.md`.
 */

import { cpus } from "node:os";
import { writeReport } from "../scripts/write-report.ts";
import { DEPLOYMENT_PRESETS } from "../src/deployment/index.ts";
import { TRANSACTION_GAS_CAP } from "../src/ethereum/index.ts";
import { bytesToHex } from "../src/primitives/index.ts";
import type { Address, Hex } from "../src/primitives/index.ts";
import { ETHER, account, createTestChain, sign, wallet } from "../test/execution/harness.ts";
import { PRECOMPILE_CASES } from "./precompile-cases.ts";
import type { PrecompileCase } from "./precompile-cases.ts";
import { CODE_SIZE, copyCodes, precompileLoop } from "./worst-case/programs.ts";

const CONTRACT = account(1);
const BLOCK_GAS = 60_000_000;
const REPETITIONS = 3;

interface Measurement extends PrecompileCase {
  /** Millions. */
  readonly gasPerSecond: number;
}

async function measure(subject: PrecompileCase): Promise<Measurement> {
  const to: Address = `0x${subject.address.toString(16).padStart(40, "0")}`;
  // The input stands in codes, which the program copies to memory once; then it calls the precompile again and again.
  const parts: { address: Address; size: number }[] = [];
  const code: Record<Address, Hex> = {};
  for (let start = 0; start < subject.input.length; start += CODE_SIZE) {
    const part = subject.input.subarray(start, start + CODE_SIZE);
    const address = account(2 + parts.length);
    parts.push({ address, size: part.length });
    code[address] = bytesToHex(part);
  }
  code[CONTRACT] = bytesToHex(precompileLoop(copyCodes(parts), subject.address, subject.input.length));
  const sender = wallet(0);
  const chain = await createTestChain({ balances: { [sender.address]: 1_000n * ETHER }, code });
  const single = await chain.engine.call(
    { from: sender.address, to, data: subject.input, value: 0n, gas: 60_000_000n, gasPrice: 0n },
    { at: chain.latest().header },
  );
  if (single.kind !== "success") throw new Error(`expected ${subject.name} to accept its input, got ${single.kind}`);

  let seconds = Infinity;
  let used = 0n;
  for (let nonce = 0n; nonce < REPETITIONS; nonce++) {
    const transaction = sign(sender, { nonce, to: CONTRACT, gasLimit: TRANSACTION_GAS_CAP });
    const start = process.cpuUsage();
    used = (await chain.include(transaction)).gasUsed;
    const { user, system } = process.cpuUsage(start);
    seconds = Math.min(seconds, (user + system) / 1e6);
  }
  return { ...subject, gasPerSecond: Number(used) / 1e6 / seconds };
}

const measurements: Measurement[] = [];
for (const subject of PRECOMPILE_CASES) {
  const measured = await measure(subject);
  measurements.push(measured);
  console.log(`${subject.name}: ${measured.gasPerSecond.toFixed(1)} Mgas/s`);
}

const slowest = measurements.reduce((least, each) => (each.gasPerSecond < least.gasPerSecond ? each : least));
const required = Number(DEPLOYMENT_PRESETS.production.gasPerSecond) / 1e6;
const rows = measurements.map(({ address, name, gasPerSecond }) => {
  const seconds = (BLOCK_GAS / 1e6 / gasPerSecond).toFixed(1);
  return `| \`0x${address.toString(16).padStart(2, "0")}\` | ${name} | ${gasPerSecond.toFixed(1)} | ${seconds} |`;
});
const text = `# Precompiles

How fast a node executes a transaction of 2^24 gas that does nothing but call one precompile, again and again, on one
core: ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}, in processor time. The gas and time of the calling instructions are part
of it, and with the cheapest precompiles are most of it. The best of ${REPETITIONS}; regenerate with \`npm run bench:precompiles\`.

The slowest, ${slowest.name}, runs at ${slowest.gasPerSecond.toFixed(1)} million gas a second. The production preset lets a
chain use ${required} million gas a second in the long run.

| address | precompile | million gas a second | seconds for a block of 60,000,000 gas |
|---|---|---:|---:|
${rows.join("\n")}
`;
await writeReport(new URL("./precompiles.md", import.meta.url), text);
