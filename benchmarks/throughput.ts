/**
 * Throughput of L2 through JSON-RPC, beside anvil and a Hardhat node in the same run on the same machine; bytes posted to
 * L1 per transaction; and how fast a follower with an empty folder rebuilds the chain from L1. Writes `throughput.md`.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { type Hex, createPublicClient, hexToBigInt, http } from "viem";
import { positiveInteger, readOptions } from "../scripts/options.ts";
import { inboxAbi } from "../src/l1/abi/index.ts";
import { startOnestep } from "../test/end-to-end/onestep-process.ts";
import { createJsonRpc } from "./throughput/json-rpc.ts";
import { PEERS, type Peer, type PeerName, peerVersion, startPeer } from "./throughput/peers.ts";
import {
  WORKLOADS,
  type Measurement,
  type WorkloadName,
  measureWorkload,
  prepareWorkload,
} from "./throughput/workloads.ts";

const HELP = `npm run bench:throughput -- [options]

--senders N         how many accounts send (default 50)
--transactions N    how many transactions each sends (default 80)
--help`;

const { values } = readOptions(HELP, {
  senders: { type: "string", default: "50" },
  transactions: { type: "string", default: "80" },
});
const senders = positiveInteger("--senders", values.senders, "a number of accounts");
const transactionsPerSender = positiveInteger("--transactions", values.transactions, "a number of transactions");

interface Posted {
  readonly bytes: number;
  readonly transactions: number;
}

interface Sync {
  readonly blocks: number;
  readonly transactions: number;
  readonly gas: bigint;
  readonly seconds: number;
}

const rates = new Map<PeerName, Map<WorkloadName, Measurement>>();
const posted = new Map<WorkloadName, Posted>();
let sync: Sync | undefined;

for (const name of PEERS) {
  const peer = await startPeer(name);
  try {
    const rpc = createJsonRpc(peer.url);
    const measured = new Map<WorkloadName, Measurement>();
    rates.set(name, measured);
    for (const workload of WORKLOADS) {
      const prepared = await prepareWorkload(workload, { rpc, senders, transactionsPerSender });
      const firstBlock = Number(await rpc.call<Hex>("eth_blockNumber")) + 1;
      if (peer.devnet !== undefined) await untilSafe(peer, firstBlock - 1);
      const measurement = await measureWorkload(rpc, prepared).catch((error: unknown) => {
        // A peer that loses transactions does not keep the others from being measured.
        if (peer.devnet !== undefined) throw error;
        console.log(`${name}: ${workload}: ${String(error)}`);
        return undefined;
      });
      if (measurement === undefined) continue;
      measured.set(workload, measurement);
      console.log(
        `${name}: ${workload}: ${rate(measurement).toFixed(0)} transactions/s in ${measurement.blocks} blocks`,
      );
      if (peer.devnet !== undefined) posted.set(workload, await postedBytes(peer, firstBlock));
    }
    if (peer.devnet !== undefined) {
      sync = await measureSync(peer);
      console.log(`follower: ${(sync.transactions / sync.seconds).toFixed(0)} transactions/s`);
    }
  } finally {
    await peer.stop();
  }
}
writeFileSync(join(import.meta.dirname, "throughput.md"), report());

function rate({ transactions, seconds }: Measurement): number {
  return transactions / seconds;
}

async function untilSafe({ url }: Peer, number: number): Promise<void> {
  const rpc = createJsonRpc(url);
  for (const deadline = Date.now() + 120_000; ;) {
    const { number: safe } = await rpc.call<{ number: Hex }>("eth_getBlockByNumber", ["safe", false]);
    if (Number(safe) >= number) return;
    if (Date.now() > deadline) throw new Error(`block ${number} did not become safe; the safe head is ${Number(safe)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Calldata bytes of the batches from L2 block `firstBlock` on, once all of them are on L1. */
async function postedBytes(peer: Peer, firstBlock: number): Promise<Posted> {
  const { info } = devnetOf(peer);
  const rpc = createJsonRpc(peer.url);
  const lastBlock = Number(await rpc.call<Hex>("eth_blockNumber"));
  await untilSafe(peer, lastBlock);
  const { index: first } = await rpc.call<{ index: number }>("rollup_getBatchOfBlock", [
    `0x${firstBlock.toString(16)}`,
  ]);
  const { index: last } = await rpc.call<{ index: number }>("rollup_getBatchOfBlock", [`0x${lastBlock.toString(16)}`]);
  const l1 = createPublicClient({ transport: http(info.l1.rpcUrl) });
  const events = await l1.getContractEvents({
    address: info.contracts.inbox,
    abi: inboxAbi,
    eventName: "BatchPosted",
    fromBlock: 0n,
    strict: true,
  });
  let bytes = 0;
  for (const { args, transactionHash } of events) {
    if (Number(args.index) < first || Number(args.index) > last) continue;
    const { input } = await l1.getTransaction({ hash: transactionHash });
    bytes += (input.length - 2) / 2;
  }
  let transactions = 0;
  for (let number = firstBlock; number <= lastBlock; number++) {
    const block = await rpc.call<{ transactions: readonly Hex[] }>("eth_getBlockByNumber", [
      `0x${number.toString(16)}`,
      false,
    ]);
    transactions += block.transactions.length;
  }
  return { bytes, transactions };
}

async function measureSync(peer: Peer): Promise<Sync> {
  const { info, folder } = devnetOf(peer);
  const rpc = createJsonRpc(peer.url);
  const blocks = Number(await rpc.call<Hex>("eth_blockNumber"));
  await untilSafe(peer, blocks);
  let transactions = 0;
  let gas = 0n;
  for (let number = 1; number <= blocks; number++) {
    const block = await rpc.call<{ transactions: readonly Hex[]; gasUsed: Hex }>("eth_getBlockByNumber", [
      `0x${number.toString(16)}`,
      false,
    ]);
    transactions += block.transactions.length;
    gas += hexToBigInt(block.gasUsed);
  }
  const start = process.hrtime.bigint();
  const follower = await startOnestep<{ readonly url: string }>({
    arguments: [
      ...["node", "--rollup-config", info.rollupConfig, "--data-dir", join(folder, "follower"), "--rpc-port", "0"],
      ...["--l1-rpc-url", info.l1.rpcUrl, "--l1-beacon-url", info.l2.beaconUrl],
    ],
    infoFile: join(folder, "follower.json"),
  });
  try {
    const followerRpc = createJsonRpc(follower.info.url);
    while (Number(await followerRpc.call<Hex>("eth_blockNumber")) < blocks)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return { blocks, transactions, gas, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
  } finally {
    await follower.stop();
  }
}

function devnetOf({ devnet }: Peer): NonNullable<Peer["devnet"]> {
  if (devnet === undefined) throw new Error("not the Onestep devnet");
  return devnet;
}

function report(): string {
  const cell = (name: PeerName, workload: WorkloadName): string => {
    const measurement = rates.get(name)?.get(workload);
    return measurement === undefined
      ? "did not finish"
      : `${rate(measurement).toFixed(0)} (${(Number(measurement.gas) / measurement.seconds / 1e6).toFixed(1)})`;
  };
  const bytes = (workload: WorkloadName): string => {
    const found = posted.get(workload);
    return found === undefined ? "" : (found.bytes / found.transactions).toFixed(1);
  };
  return [
    "# Throughput",
    "",
    `${senders} senders with ${transactionsPerSender} transactions each; a sender waits for the answer to a transaction before it sends`,
    "the next. The time is from the first request to the last transaction being in a block. Onestep's blocks are then in",
    "its database; anvil and the Hardhat node keep theirs in memory. Onestep runs its sequencer, batcher, proposer and L1",
    "meanwhile, with batches as calldata. Regenerate with `npm run bench:throughput`.",
    "",
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}; Node ${process.version}; ${PEERS.map((name) => `${name} ${peerVersion(name)}`).join(", ")}.`,
    "",
    "Transactions a second (and million gas a second), and bytes on L1 per transaction:",
    "",
    `| workload | ${PEERS.join(" | ")} | bytes on L1 per transaction |`,
    `|---|${PEERS.map(() => "--:|").join("")}--:|`,
    ...WORKLOADS.map(
      (workload) => `| ${workload} | ${PEERS.map((name) => cell(name, workload)).join(" | ")} | ${bytes(workload)} |`,
    ),
    "",
    ...(sync === undefined
      ? []
      : [
          `A follower with an empty folder rebuilt all of it from L1, ${sync.blocks} blocks with ${sync.transactions} transactions, in`,
          `${sync.seconds.toFixed(1)} s from its start: ${(sync.transactions / sync.seconds).toFixed(0)} transactions/s, ${(Number(sync.gas) / sync.seconds / 1e6).toFixed(1)} million gas/s.`,
          "",
        ]),
  ].join("\n");
}
