/**
 * What hostile readers do to those who send transactions: how long a transaction takes from its request to its receipt,
 * one sent every 50 ms, alone and beside 1,000 calls that each use all the gas a call can have; beside anvil and a Hardhat
 * node in the same run. Writes `readers.md`.
 */
import { cpus } from "node:os";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { positiveInteger, readOptions } from "../scripts/options.ts";
import { writeReport } from "../scripts/write-report.ts";
import { createJsonRpc, type JsonRpc } from "./throughput/json-rpc.ts";
import { PEERS, type PeerName, peerVersion, startPeer } from "./throughput/peers.ts";

const HELP = `npm run bench:readers -- [options]

--calls N           how many hostile calls are made (default 1000)
--transactions N    how many transactions are sent alone, and at least beside the calls (default 100)
--help`;

const { values } = readOptions(HELP, {
  calls: { type: "string", default: "1000" },
  transactions: { type: "string", default: "100" },
});
const hostileCalls = positiveInteger("--calls", values.calls, "a number of calls");
const leastTransactions = positiveInteger("--transactions", values.transactions, "a number of transactions");

/** The first well-known development account, which every peer funds. */
const SENDER = privateKeyToAccount("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
/** Milliseconds between transactions. */
const INTERVAL = 50;
/** Milliseconds after which a peer counts as standing still. */
const PATIENCE = 120_000;
/** Calls under way at a time. */
const CONNECTIONS = 100;
/** Milliseconds after which no more calls are made: some peers take seconds for each. */
const LONGEST_STORM = 60_000;
const CODE_ADDRESS: Hex = `0x${"77".repeat(20)}`;

/** Code that uses up whatever gas it is given, in different ways. */
const HOSTILE_CODE: readonly { readonly name: string; readonly code: Hex }[] = [
  { name: "jumps", code: "0x5b5f56" },
  // JUMPDEST; STATICCALL of the own address with all gas but what EIP-150 keeps; POP; again.
  { name: "nested calls", code: "0x5b5f5f5f5f305afa505f56" },
  // JUMPDEST; KECCAK256 of 4,096 bytes; POP; again.
  { name: "hashes", code: "0x5b6110005f20505f56" },
  // JUMPDEST; GAS (a number not seen before); SLOAD; POP; again.
  { name: "storage", code: "0x5b5a54505f56" },
];

interface Latencies {
  /** Milliseconds from request to receipt, ascending. */
  readonly sorted: readonly number[];
  /** Transactions that did not get a receipt in time. */
  readonly lost: number;
}

interface Measurement {
  readonly alone: Latencies;
  readonly beside: Latencies;
  /** Seconds until the last hostile call was answered. */
  readonly seconds: number;
  readonly calls: CallOutcomes;
}

interface CallOutcomes {
  readonly made: number;
  /** Until all of their gas was used. */
  readonly executed: number;
}

const measurements = new Map<PeerName, Measurement>();
for (const name of PEERS) {
  const peer = await startPeer(name);
  try {
    const measurement = await measure(createJsonRpc(peer.url), peer.url);
    measurements.set(name, measurement);
    console.log(`${name}: alone ${describe(measurement.alone)}; beside the calls ${describe(measurement.beside)}`);
  } finally {
    await peer.stop();
  }
}
await writeReport(new URL("readers.md", import.meta.url), report());

async function measure(rpc: JsonRpc, url: string): Promise<Measurement> {
  const chainId = Number(await rpc.call<Hex>("eth_chainId"));
  let nonce = Number(await rpc.call<Hex>("eth_getTransactionCount", [SENDER.address, "latest"]));
  const send = (): Promise<number | undefined> => sendOne(rpc, chainId, nonce++);
  // The first of everything is slower on every peer.
  for (let warm = 0; warm < 10; warm++) await send();
  await hostileCall(url, 0);
  const alone = await steadily(send, (sent) => sent < leastTransactions);
  let isOver = false;
  const started = performance.now();
  const storm = callAll(url).then((calls) => {
    isOver = true;
    return { calls, seconds: (performance.now() - started) / 1000 };
  });
  const beside = await steadily(send, (sent) => !isOver || sent < leastTransactions);
  return { alone, beside, ...(await storm) };
}

/** Milliseconds from the request to the receipt; undefined if there is none in time. */
async function sendOne(rpc: JsonRpc, chainId: number, nonce: number): Promise<number | undefined> {
  const raw = await SENDER.signTransaction({
    type: "eip1559",
    chainId,
    nonce,
    to: SENDER.address,
    gas: 60_000n,
    maxFeePerGas: 20_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
  });
  const started = performance.now();
  const hash = await rpc.call<Hex>("eth_sendRawTransaction", [raw]);
  while ((await rpc.call("eth_getTransactionReceipt", [hash])) === null) {
    if (performance.now() - started > PATIENCE) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - started;
}

/** Sends while `goesOn` says so: one every interval, but not before the one before is in a block. */
async function steadily(
  send: () => Promise<number | undefined>,
  goesOn: (sent: number) => boolean,
): Promise<Latencies> {
  const times: number[] = [];
  let lost = 0;
  for (let sent = 0; goesOn(sent); sent++) {
    const next = performance.now() + INTERVAL;
    const time = await send();
    if (time === undefined) lost++;
    else times.push(time);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
  return { sorted: times.sort((left, right) => left - right), lost };
}

async function callAll(url: string): Promise<CallOutcomes> {
  const end = performance.now() + LONGEST_STORM;
  let made = 0;
  let executed = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (made < hostileCalls && performance.now() < end) if (await hostileCall(url, made++)) executed++;
    }),
  );
  return { made, executed };
}

/** Whether the call was executed to its end, which is that its gas runs out. */
async function hostileCall(url: string, index: number): Promise<boolean> {
  const { code } = HOSTILE_CODE[index % HOSTILE_CODE.length] as (typeof HOSTILE_CODE)[number];
  const call = { from: SENDER.address, to: CODE_ADDRESS, gas: "0xffffff" };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "eth_call",
      params: [call, "latest", { [CODE_ADDRESS]: { code } }],
    }),
  });
  const { error } = (await response.json()) as { readonly error?: { readonly message: string } };
  return error === undefined || /out of gas|OutOfGas/i.test(error.message);
}

function percentile({ sorted }: Latencies, share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(0);
}

function describe(latencies: Latencies): string {
  const [half, most, all] = [0.5, 0.95, 1].map((share) => percentile(latencies, share));
  return `${half} / ${most} / ${all} ms of ${latencies.sorted.length}`;
}

function report(): string {
  const rows = [...measurements].map(([name, { alone, beside, seconds, calls }]) => {
    const cells = [alone, beside].flatMap((latencies) => [0.5, 0.95, 1].map((share) => percentile(latencies, share)));
    return `| ${[name, ...cells, beside.sorted.length, calls.made, seconds.toFixed(1), calls.executed].join(" | ")} |`;
  });
  return [
    "# Readers beside a steady load",
    "",
    `Milliseconds from \`eth_sendRawTransaction\` to the receipt (median / 95% / most), one transaction every ${INTERVAL} ms but not`,
    `before the one before has its receipt; alone, and beside ${hostileCalls} \`eth_call\`s of 2²⁴ gas each, ${CONNECTIONS} at a time and at most for ${LONGEST_STORM / 1000} s:`,
    `${HOSTILE_CODE.map(({ name }) => name).join(", ")}. Onestep runs its sequencer, batcher, proposer and L1 on the same cores, and writes each`,
    "block to the disk before it answers. Regenerate with `npm run bench:readers`.",
    "",
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}; Node ${process.version}; ${PEERS.map((name) => `${name} ${peerVersion(name)}`).join(", ")}.`,
    "",
    "| | alone: median | 95% | most | beside the calls: median | 95% | most | transactions meanwhile | calls | seconds | executed to the end |",
    `|---|${"--:|".repeat(10)}`,
    ...rows,
    "",
  ].join("\n");
}
