/**
 * How fast a node follows its chain with traces, and what it takes to answer a dispute: the root of a claim, and a witness in
 * the middle of the longest unit. Writes `traces.md`.
 */
import { cpus } from "node:os";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { positiveInteger, readOptions } from "../scripts/options.ts";
import { writeReport } from "../scripts/write-report.ts";
import { encodePayload } from "../src/batch/index.ts";
import type { EncodedBlock } from "../src/batch/index.ts";
import { treeOfTrace } from "../src/machine/index.ts";
import {
  ZERO_HASH,
  bigintToBytes32,
  bytesToHex,
  concatBytes,
  hashDigests,
  hasherOf,
  hexToBytes,
  toAddress,
} from "../src/primitives/index.ts";
import type { Address, Hex } from "../src/primitives/index.ts";
import { openNodeDatabaseReader } from "../src/storage/index.ts";
import { loadHash } from "../src/traces/index.ts";
import { createTraceAnswering } from "../src/traces/trace-answering.ts";
import type { TraceAnswering } from "../src/traces/trace-answering.ts";
import type { ClaimIdentity, OpenedClaim, TraceExtent, TracedBatches } from "../src/traces/trace-protocol.ts";
import { SIMULATED_CHAIN_ID } from "../test/l1/simulated-rollup-config.ts";
import { assemble } from "../test/machine/assemble.ts";
import { openFollowedChain } from "./worst-case/follower.ts";
import type { FollowedChain } from "./worst-case/follower.ts";
import { accountAt, writeLargeState } from "./worst-case/large-state.ts";

const HELP = `npm run bench:traces -- [options]

--transactions N    how many transactions of each kind are followed (default 10000)
--accounts N        accounts, and holders of the token, in the state (default 200000)
--help`;

const { values } = readOptions(HELP, {
  transactions: { type: "string", default: "10000" },
  accounts: { type: "string", default: "200000" },
});
const transactionCount = positiveInteger("--transactions", values.transactions, "a number of transactions");
const accountCount = positiveInteger("--accounts", values.accounts, "a number of accounts");

const TRANSACTIONS_PER_BLOCK = 250;
const BLOCKS_PER_BATCH = 4;
const SENDERS = 50;
const CLAIM_HEIGHT = 32;
/** Units of a claim as large as memory is meant for. */
const LARGE_CLAIM = 10_000_000;
const UNIT_GAS = 2n ** 24n;

const TOKEN: Address = `0x${"70".repeat(18)}0001`;
const LOOPER: Address = `0x${"70".repeat(18)}0002`;

/**
 * What a transfer of an ERC-20 token does: `recipient (32)`; the balance of the caller falls by 1, that of the recipient grows, and there is
 * a log. Balances are slots 0, 1 and so on of the large state, in the place of a mapping's.
 */
const TOKEN_CODE = assemble(
  "0 CALLDATALOAD 32 CALLDATALOAD",
  "DUP1 SLOAD 1 SWAP1 SUB SWAP1 SSTORE",
  "DUP1 SLOAD 1 ADD DUP2 SSTORE",
  1,
  "0 MSTORE CALLER",
  BigInt(`0x${"dd".repeat(32)}`),
  "32 0 LOG3 STOP",
);

/** The cheapest instruction again and again. */
const LOOPER_CODE = assemble("JUMPDEST", ...Array.from({ length: 64 }, () => "JUMPDEST" as const), "0 JUMP");

const senders = Array.from({ length: SENDERS }, (_, index) =>
  privateKeyToAccount(bytesToHex(bigintToBytes32(BigInt(0x5e4d + index)))),
);
const nonces = new Map<PrivateKeyAccount, number>();

async function sign(
  index: number,
  fields: { readonly to: Address; readonly data?: Hex; readonly value?: bigint; readonly gas: bigint },
): Promise<Uint8Array> {
  const sender = senders[index % SENDERS] as PrivateKeyAccount;
  const nonce = nonces.get(sender) ?? 0;
  nonces.set(sender, nonce + 1);
  return hexToBytes(
    await sender.signTransaction({
      type: "eip1559",
      chainId: SIMULATED_CHAIN_ID,
      nonce,
      maxFeePerGas: 10n ** 15n,
      maxPriorityFeePerGas: 1n,
      ...fields,
    }),
  );
}

/** Accounts and slots all over the state. */
const scattered = (index: number): number => (index * 48_271) % accountCount;

const KINDS = [
  {
    name: "transfers of ETH",
    make: (index: number) => sign(index, { to: accountAt(scattered(index)), value: 1n, gas: 21_000n + 100_000n }),
  },
  {
    name: "transfers of a token",
    make: (index: number) => {
      const slots = [scattered(2 * index), scattered(2 * index + 1)];
      const data = bytesToHex(concatBytes(slots.map((slot) => bigintToBytes32(BigInt(slot)))));
      return sign(index, { to: TOKEN, data, gas: 200_000n });
    },
  },
] as const;

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** Seconds of CPU time, which other processes on the machine do not count into. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function timed<T>(task: () => T | Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const begin = cpuSeconds();
  const result = await task();
  return { result, seconds: cpuSeconds() - begin };
}

/** Microseconds of CPU time that the keccak256 of a node takes now: longer if others use the same core. */
function nodeMicroseconds(): number {
  const { digest } = hasherOf(64);
  const node = digest.slice();
  for (let index = 0; index < 100_000; index++) hashDigests(node, node);
  const begin = cpuSeconds();
  for (let index = 0; index < 500_000; index++) hashDigests(node, node);
  return ((cpuSeconds() - begin) / 500_000) * 1e6;
}

/** MiB of all there is in memory, without the pages of the database, which the system may take back. */
function memory(): number {
  const { heapTotal, external } = process.memoryUsage();
  return (heapTotal + external) / 2 ** 20;
}

interface Followed {
  readonly name: string;
  readonly units: number;
  readonly transactions: number;
  readonly seconds: number;
  readonly deriving: number;
}

async function openChain(): Promise<FollowedChain> {
  const balances = Object.fromEntries(senders.map(({ address }) => [toAddress(address), 10n ** 27n]));
  const chain = await openFollowedChain({
    balances,
    codes: { [LOOPER]: LOOPER_CODE },
    writeState: (database, root) =>
      writeLargeState({
        database,
        root,
        accounts: accountCount,
        slots: accountCount,
        holder: { address: TOKEN, code: TOKEN_CODE },
        contracts: 0,
        codeOf: () => new Uint8Array(),
      }),
  });
  // Batch 0 became a block that nobody has executed, so nobody can trace it.
  const { chain: store, inbox, traces } = chain.database;
  const first = store.getDerivedBatch(0);
  if (first === undefined) throw new Error("expected batch 0 to be derived");
  const state = {
    blockHash: first.lastBlockHash,
    outboxRoot: first.outboxRoot,
    batchCount: 1,
    messageCount: first.nextMessage,
  };
  await traces.appendBatches([{ batch: 0, hashes: hexToBytes(loadHash(state)) }], inbox.rewindCount());
  return chain;
}

/** Has the node derive batches of these transactions. */
async function derive(chain: FollowedChain, transactions: readonly Uint8Array[]): Promise<number> {
  let { timestamp } = chain.latest().header;
  const blocks: EncodedBlock[] = [];
  for (let at = 0; at < transactions.length; at += TRANSACTIONS_PER_BLOCK) {
    timestamp += 1;
    blocks.push({ timestamp, messages: 0, transactions: transactions.slice(at, at + TRANSACTIONS_PER_BLOCK) });
  }
  for (let at = 0; at < blocks.length; at += BLOCKS_PER_BATCH) {
    while (chain.l1.head().timestamp < timestamp) chain.l1.mine();
    chain.l1.mine({ kind: "batch", payload: encodePayload(blocks.slice(at, at + BLOCKS_PER_BATCH)) });
  }
  const before = chain.latest().header.number;
  const { seconds } = await timed(() => chain.follow());
  let included = 0;
  for (let number = before + 1; number <= chain.latest().header.number; number++)
    included += chain.block(number).transactions.length;
  if (included !== transactions.length)
    throw new Error(`expected ${transactions.length} transactions to be included, got ${included}`);
  return seconds;
}

/** Traces all there is. */
async function follow(
  chain: FollowedChain,
  reader: Reader,
): Promise<{ readonly units: number; readonly seconds: number }> {
  const { traces, chain: store } = chain.database;
  const before = traces.unitCount();
  let seconds = 0;
  while (traces.batchCount() < store.derivedBatchCount()) {
    reader.refresh();
    const first = traces.batchCount();
    const turn = await timed(() => reader.answering.answer({ kind: "trace-batches", first }));
    seconds += turn.seconds;
    const traced = turn.result as TracedBatches;
    if (traced.kind !== "traced") throw new Error(JSON.stringify(traced));
    await traces.appendBatches(traced.batches, traced.rewindCount);
  }
  return { units: traces.unitCount() - before, seconds };
}

interface Reader {
  readonly answering: TraceAnswering;
  readonly refresh: () => void;
}

const chain = await openChain();
const { config, folder } = chain;
const database = openNodeDatabaseReader({ folder, genesisHash: config.genesisHash });
const reader: Reader = {
  answering: await createTraceAnswering({ config, database }),
  refresh: () => database.refresh(),
};

const nodesBefore = nodeMicroseconds();
const followed: Followed[] = [];
for (const { name, make } of KINDS) {
  const transactions: Uint8Array[] = [];
  for (let index = 0; index < transactionCount; index++) transactions.push(await make(index));
  const deriving = await derive(chain, transactions);
  const { units, seconds } = await follow(chain, reader);
  followed.push({ name, units, transactions: transactionCount, seconds, deriving });
  console.log(
    `${name}: ${count(transactionCount / seconds)} transactions a second, by the node ${count(transactionCount / deriving)}`,
  );
}
const followingMemory = memory();
const nodeTime = (nodesBefore + nodeMicroseconds()) / 2;

// The claim of all transactions of the first kind.
const batches = Math.ceil(transactionCount / TRANSACTIONS_PER_BLOCK / BLOCKS_PER_BATCH);
reader.refresh();
const claimRoot = await timed(async () => {
  const { claim } = await openClaim(1, 1 + batches);
  return ask(claim, "root", 0, CLAIM_HEIGHT);
});
console.log(`root of a claim: ${claimRoot.seconds} s`);

const entry = new Int32Array(8);
const large = await timed(() =>
  treeOfTrace(ZERO_HASH, {
    length: LARGE_CLAIM,
    read(first, count, target) {
      for (let index = 0; index < count; index++) {
        entry[0] = first + index;
        target.set(entry, index * 8);
      }
    },
  }).root(0, CLAIM_HEIGHT),
);
console.log(`root of ${LARGE_CLAIM} units: ${large.seconds} s`);

// The longest unit.
const looping = await sign(0, { to: LOOPER, gas: UNIT_GAS });
await derive(chain, [looping]);
await follow(chain, reader);
reader.refresh();
const lastBatch = chain.database.traces.batchCount() - 1;
const { claim } = await openClaim(lastBatch, lastBatch + 1);
// LoadBatch, BeginBlock, and the transaction.
const unit = 2;
const opened = await timed(() => reader.answering.answer({ kind: "open-unit", claim, unit }) as Promise<TraceExtent>);
const unitMemory = memory();
const { length } = opened.result;
const halves = await timed(() =>
  reader.answering.answer({ kind: "ask-unit", claim, unit, call: { question: "halves", args: [0, 24] } }),
);
const witness = await timed(() =>
  reader.answering.answer({ kind: "prove-step", claim, unit, step: Math.floor(length / 2) }),
);
console.log(`a unit of ${length} steps: ${opened.seconds} s, a witness ${witness.seconds} s`);

async function openClaim(fromBatch: number, toBatch: number): Promise<OpenedClaim> {
  return (await reader.answering.answer({ kind: "open-claim", range: { fromBatch, toBatch } })) as OpenedClaim;
}

function ask(asked: ClaimIdentity, question: "root", ...args: readonly number[]): Promise<unknown> {
  return reader.answering.answer({ kind: "ask-claim", claim: asked, call: { question, args } });
}

await database.close();
await chain.close();

const rows = followed.map(
  ({ name, units, transactions, seconds, deriving }) =>
    `| ${count(transactions)} ${name} | ${count(transactions / seconds)} | ${count(units / seconds)} | ${count(transactions / deriving)} |`,
);
const text = `# Traces

How fast a node follows its own chain with traces (docs/machine.md §12 and §16): it runs every unit in fast mode, makes the state root
after it, and hashes the boundary. On a state of ${count(accountCount)} accounts, and as many holders of a token; senders
are recovered too. Seconds of CPU time of one thread on ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}. Regenerate with
\`npm run bench:traces\`.

| what is followed | transactions a second | units a second | derived by the node a second |
|---|---:|---:|---:|
${rows.join("\n")}

The keccak256 of a node took ${nodeTime.toFixed(2)} µs before and after: what others do on the machine makes all of this longer ([proving](machine-proving.md)
has the time without them). The process, with the node beside it, then takes ${count(followingMemory)} MiB.

| what a dispute asks | seconds |
|---|---:|
| root of a claim of ${count(transactionCount)} transactions, from what is stored | ${claimRoot.seconds.toFixed(2)} |
| root of a claim of ${count(LARGE_CLAIM)} units, without reading them | ${large.seconds.toFixed(1)} |
| to open a unit of ${count(length)} steps | ${opened.seconds.toFixed(1)} |
| the halves of its trace, once it is open | ${halves.seconds.toFixed(3)} |
| a witness in the middle of it | ${witness.seconds.toFixed(1)} |

With that unit open the process takes ${count(unitMemory)} MiB.
`;
await writeReport(new URL("./traces.md", import.meta.url), text);
