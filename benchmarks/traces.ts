/**
 * How fast a node follows its chain with traces, and what it takes to answer a dispute: the root of a claim, and a witness in
 * the middle of the longest unit. Writes `traces.md`.
 */
import { cpus } from "node:os";
import { positiveInteger, readOptions } from "../scripts/options.ts";
import { writeReport } from "../scripts/write-report.ts";
import { treeOfTrace } from "../src/machine/index.ts";
import { ZERO_HASH, hashDigests, hasherOf } from "../src/primitives/index.ts";
import type { Address } from "../src/primitives/index.ts";
import type { ClaimIdentity, TraceExtent } from "../src/traces/trace-protocol.ts";
import { LOOPER_CODE } from "./traces/programs.ts";
import { cpuSeconds, timed } from "./traces/timing.ts";
import {
  BLOCKS_PER_BATCH,
  TOKEN,
  TRANSACTIONS_PER_BLOCK,
  openTracedChain,
  tokenTransfer,
} from "./traces/traced-chain.ts";
import { accountAt } from "./worst-case/large-state.ts";

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

const CLAIM_HEIGHT = 32;
/** Units of a claim as large as memory is meant for. */
const LARGE_CLAIM = 10_000_000;
const UNIT_GAS = 2n ** 24n;

const LOOPER: Address = `0x${"70".repeat(18)}0002`;

const traced = await openTracedChain(accountCount, { [LOOPER]: LOOPER_CODE });
const { answering } = traced;

/** Accounts and slots all over the state. */
const scattered = (index: number): number => (index * 48_271) % accountCount;

const KINDS = [
  {
    name: "transfers of ETH",
    make: (index: number) =>
      traced.sign(index, { to: accountAt(scattered(index)), value: 1n, gas: 21_000n + 100_000n }),
  },
  {
    name: "transfers of a token",
    make: (index: number) =>
      traced.sign(index, {
        to: TOKEN,
        data: tokenTransfer(scattered(2 * index), scattered(2 * index + 1)),
        gas: 200_000n,
      }),
  },
] as const;

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
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

const nodesBefore = nodeMicroseconds();
const followed: Followed[] = [];
for (const { name, make } of KINDS) {
  const transactions: Uint8Array[] = [];
  for (let index = 0; index < transactionCount; index++) transactions.push(await make(index));
  const deriving = await traced.derive(transactions);
  const { units, seconds } = await traced.follow();
  followed.push({ name, units, transactions: transactionCount, seconds, deriving });
  console.log(
    `${name}: ${count(transactionCount / seconds)} transactions a second, by the node ${count(transactionCount / deriving)}`,
  );
}
const followingMemory = memory();
const nodeTime = (nodesBefore + nodeMicroseconds()) / 2;

// The claim of all transactions of the first kind.
const batches = Math.ceil(transactionCount / TRANSACTIONS_PER_BLOCK / BLOCKS_PER_BATCH);
const claimRoot = await timed(async () => {
  const { claim } = await traced.openClaim(1, 1 + batches);
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
const looping = await traced.sign(0, { to: LOOPER, gas: UNIT_GAS });
await traced.derive([looping]);
await traced.follow();
const lastBatch = traced.chain.database.traces.batchCount() - 1;
const { claim } = await traced.openClaim(lastBatch, lastBatch + 1);
// LoadBatch, BeginBlock, and the transaction.
const unit = 2;
const opened = await timed(() => answering.answer({ kind: "open-unit", claim, unit }) as Promise<TraceExtent>);
const unitMemory = memory();
const { length } = opened.result;
const halves = await timed(() =>
  answering.answer({ kind: "ask-unit", claim, unit, call: { question: "halves", args: [0, 24] } }),
);
const witness = await timed(() => answering.answer({ kind: "prove-step", claim, unit, step: Math.floor(length / 2) }));
console.log(`a unit of ${length} steps: ${opened.seconds} s, a witness ${witness.seconds} s`);

function ask(asked: ClaimIdentity, question: "root", ...args: readonly number[]): Promise<unknown> {
  return answering.answer({ kind: "ask-claim", claim: asked, call: { question, args } });
}

await traced.close();

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
