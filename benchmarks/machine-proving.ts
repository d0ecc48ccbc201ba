/**
 * Time to make the trace of a transaction of 2^24 gas and its Merkle root, for programs of all kinds. Writes
 * `machine-proving.md`.
 */

import { cpus } from "node:os";
import { createKeccak } from "hash-wasm";
import { writeReport } from "../scripts/write-report.ts";
import { prepareMachine, encodeStepCall, traceUnit } from "../src/machine/index.ts";
import { hashDigests, hasherOf } from "../src/primitives/index.ts";
import { assemble } from "../test/machine/assemble.ts";
import type { CodePart } from "../test/machine/assemble.ts";
import { beginProgram, mixedLoop } from "../test/machine/proving/unit.ts";

const TRACE_HEIGHT = 32;
const WITNESSES = 20_000;

/** A program that prepares the stack once and then goes on with the rest until its gas is used up. */
function loop(prepare: readonly CodePart[], ...body: readonly CodePart[]): Uint8Array {
  const begin = assemble(...prepare);
  return assemble(begin, "JUMPDEST", ...body, begin.length, "JUMP");
}

/** A program that takes the rest so many times, with a number on top of the stack that is another each time. */
function repeat(count: number, ...body: readonly CodePart[]): Uint8Array {
  const begin = assemble(count);
  return assemble(begin, "JUMPDEST", ...body, "1 SWAP1 SUB DUP1", begin.length, "JUMPI STOP");
}

const sixteen = Array.from({ length: 17 }, (_, index) => index + 1);

const CASES: readonly { readonly name: string; readonly code: Uint8Array }[] = [
  { name: "a million steps of arithmetic, memory, keccak256 and storage", code: mixedLoop(16_400) },
  { name: "the cheapest instructions", code: loop([], ...Array.from({ length: 64 }, () => "JUMPDEST")) },
  { name: "the deepest changes of the stack", code: loop(sixteen, ...Array.from({ length: 32 }, () => "SWAP16")) },
  { name: "writes to memory", code: loop([], ...Array.from({ length: 16 }, () => "GAS 0 MSTORE")) },
  { name: "copies of 32 KiB", code: loop([], "GAS 0 MSTORE", 32_768, 0, 32, "MCOPY") },
  { name: "keccak256 of 64 KiB", code: loop([], 65_536, 0, "KECCAK256 POP") },
  { name: "writes to one slot", code: loop([], "GAS 0 SSTORE") },
  { name: "writes to fresh slots", code: repeat(700, "DUP1 DUP1 SSTORE") },
  { name: "writes to fresh transient slots", code: repeat(120_000, "DUP1 DUP1 TSTORE") },
  { name: "logs", code: loop([], "1 2 3 4 0 0 LOG4") },
  { name: "calls of itself, one in the other", code: assemble("JUMPDEST 0 0 0 0 0 ADDRESS GAS CALL 0 JUMP") },
  { name: "creations", code: loop([0x5b_5b_00n << 232n, 0, "MSTORE"], "3 0 0 CREATE POP") },
  { name: "identity precompile", code: loop([], "32 0 32 0 4 GAS STATICCALL POP") },
];

interface Measurement {
  readonly name: string;
  readonly steps: number;
  readonly seconds: number;
}

/** Seconds of CPU time, which other processes on the machine do not count into. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function measure({ name, code }: (typeof CASES)[number]): Measurement {
  const begin = cpuSeconds();
  const trace = traceUnit(() => beginProgram(code));
  trace.root(0, TRACE_HEIGHT);
  return { name, steps: trace.length, seconds: cpuSeconds() - begin };
}

/** Microseconds that one call takes. */
function timeOf(count: number, call: () => void): number {
  for (let index = 0; index < count / 10; index++) call();
  const begin = cpuSeconds();
  for (let index = 0; index < count; index++) call();
  return ((cpuSeconds() - begin) / count) * 1e6;
}

await prepareMachine();
const measurements: Measurement[] = [];
// Once to warm up.
measure({ name: "", code: mixedLoop(1_000) });
for (const subject of CASES) {
  const measured = measure(subject);
  measurements.push(measured);
  console.log(`${measured.name}: ${measured.steps} steps, ${measured.seconds.toFixed(1)} s`);
}

const digest = hasherOf(64).digest.slice();
const input = new Uint8Array(64);
const library = await createKeccak(256);
const pair = timeOf(500_000, () => hashDigests(digest, digest));
const general = timeOf(200_000, () => library.init().update(input).digest("binary"));
const witness = (() => {
  const prover = beginProgram(mixedLoop(16_400));
  return timeOf(WITNESSES, () => {
    const { kind, before, witness: opened } = prover.prove();
    encodeStepCall(kind, before, opened);
  });
})();

const million = measurements[0] as Measurement;
const rows = measurements.map(({ name, steps, seconds }) => {
  const perSecond = Math.round(steps / seconds).toLocaleString("en");
  return `| ${name} | ${steps.toLocaleString("en")} | ${seconds.toFixed(1)} | ${perSecond} |`;
});
const text = `# Proving

How long the machine in proving mode takes for the trace of a transaction (docs/machine.md §12) and the root of it, padded to 2^${TRACE_HEIGHT}
entries: seconds of CPU time on ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}. But for the first, the programs use
2^24 gas, all that a transaction can have, or nearly. Regenerate with \`npm run bench:machine\`.

A million steps of mixed instructions take ${million.seconds.toFixed(1)} s. A witness, with its ABI encoding, takes ${witness.toFixed(0)} µs on average. The
keccak256 of a node (64 bytes) takes ${pair.toFixed(2)} µs; with the library \`hash-wasm\` it takes ${general.toFixed(2)} µs.

| program | steps | seconds | steps a second |
|---|---:|---:|---:|
${rows.join("\n")}
`;
await writeReport(new URL("./machine-proving.md", import.meta.url), text);
