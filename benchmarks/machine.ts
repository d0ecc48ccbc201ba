/**
 * Speed of the machine's fast mode on programs that are nothing but computation, beside ethereumjs as it is published and
 * as this project's other engine runs it. Writes `machine.md`.
 */

import { cpus } from "node:os";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { createEVM } from "@ethereumjs/evm";
import type { EVM } from "@ethereumjs/evm";
import { createAccount, createAddressFromString } from "@ethereumjs/util";
import { writeReport } from "../scripts/write-report.ts";
import { openStateView } from "../src/ethereum/index.ts";
import { createExecutingCommon } from "../src/reference/osaka-common.ts";
import {
  createMachine,
  beginFrame,
  runFrames,
  stepEnterCode,
  stepEnterFrame,
  stepExitFrame,
  execute,
  EMPTY_SLICE,
  Phase,
  prepareMachine,
} from "../src/machine/index.ts";
import type { Machine, TransactionContext, StateSource } from "../src/machine/index.ts";
import { bytesToHex } from "../src/primitives/index.ts";
import type { Address } from "../src/primitives/index.ts";
import { createEvmExecutor, toEvmBlock } from "../src/reference/evm-executor.ts";
import { CHAIN_ID, account, createTestChain, wallet } from "../test/execution/harness.ts";
import { assemble } from "../test/machine/assemble.ts";
import type { CodePart } from "../test/machine/assemble.ts";

const GAS = 2 ** 24;
const REPETITIONS = 3;

const A = 0x5851f42d4c957f2d14057b7ef767814f9d3c2a1b708142ef3b5c6d7e8f901234n;
const C = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95n;
const MODULUS = 2n ** 255n - 19n;
const WORD_32 = 0xffffffffn;

/** A program that prepares the stack once and then goes on with the rest until its gas is used up. */
function loop(prepare: readonly CodePart[], body: readonly CodePart[]): Uint8Array {
  const begin = assemble(...prepare);
  return assemble(begin, "JUMPDEST", ...body, begin.length, "JUMP");
}

/** Rotates the 32-bit number on top to the right. */
const rotate = (bits: number) => [`DUP1 ${bits} SHR SWAP1 ${32 - bits} SHL OR`, WORD_32, "AND"] as const;

/** Storage slot of a mapping's value: keccak256 of the key on top and the mapping's slot. */
const slotOf = (mapping: number) => ["0 MSTORE", mapping, "32 MSTORE 64 0 KECCAK256"] as const;

const CALLEE = account(2);

const CASES: readonly { readonly name: string; readonly code: Uint8Array }[] = [
  {
    name: "counter: compare, jump, add",
    code: loop([0], [1, "ADD DUP1", 2n ** 64n, "GT ISZERO ISZERO POP"]),
  },
  {
    name: "Fibonacci modulo 2^256",
    code: loop([0, 1], ["DUP1 SWAP2 ADD"]),
  },
  {
    name: "256-bit multiply and add",
    code: loop([7], [A, "MUL", C, "ADD DUP1 MUL", C, "SUB DUP1 7 SHR XOR"]),
  },
  {
    name: "256-bit divisions",
    code: loop([A], [2n ** 130n + 7n, "DUP2 DIV", C, "DUP3 MOD XOR ADD"]),
  },
  {
    name: "modular multiplication",
    code: loop([7], [MODULUS, "SWAP1 DUP1 MULMOD", MODULUS, "SWAP1", A, "ADDMOD"]),
  },
  {
    name: "bits as in SHA-256",
    code: loop(
      [0x6a09e667],
      [
        "DUP1",
        ...rotate(6),
        "DUP2",
        ...rotate(11),
        "XOR DUP2",
        ...rotate(25),
        "XOR DUP2 NOT",
        0x510e527f,
        "AND DUP3",
        0x9b05688c,
        "AND XOR ADD ADD",
        WORD_32,
        "AND",
      ],
    ),
  },
  {
    name: "memory: 16 KiB read and written",
    code: loop([0], [32, "ADD", 16_383, "AND DUP1 MLOAD DUP2 ADD DUP2 MSTORE"]),
  },
  {
    name: "keccak256 of 64 bytes",
    code: loop([], ["64 0 KECCAK256 0 MSTORE"]),
  },
  {
    name: "keccak256 of 1 KiB",
    code: loop([], ["1024 0 KECCAK256 0 MSTORE"]),
  },
  {
    name: "ERC-20 transfers among 64 holders",
    code: loop(
      [0],
      [
        // The counter's lower bits are the holder; he takes 1 of CALLER's balance.
        "1 ADD CALLER",
        ...slotOf(3),
        "DUP1 SLOAD 1 SWAP1 SUB SWAP1 SSTORE DUP1 63 AND",
        ...slotOf(3),
        "DUP1 SLOAD 1 ADD SWAP1 SSTORE 1 0 MSTORE DUP1 CALLER",
        C,
        "32 0 LOG3",
      ],
    ),
  },
  {
    name: "calls of a contract that returns a word",
    code: loop([], ["32 0 0 0", BigInt(CALLEE), "GAS STATICCALL POP"]),
  },
];

const ENVIRONMENT = {
  number: 1,
  timestamp: 1_800_000_000,
  coinbase: account(9),
  gasLimit: 60_000_000n,
  baseFeePerGas: 1_000_000_000n,
  prevRandao: `0x${"a5".repeat(32)}`,
  dataPrice: 0n,
} as const;

const CONTRACT = account(1);
const SENDER = wallet(0).address;

function machineAt(state: StateSource, to: Address): Machine {
  const machine = createMachine({
    environment: {
      ...ENVIRONMENT,
      baseFee: ENVIRONMENT.baseFeePerGas,
      chainId: BigInt(CHAIN_ID),
      blobBaseFee: 1n,
    },
    state,
    isProving: false,
  });
  machine.transaction = { sender: SENDER, gasPrice: 1n, gas: 0, status: 0 } as TransactionContext;
  for (const address of [SENDER, to]) machine.overlay.loadAccount(address);
  beginFrame(
    machine,
    {
      parent: undefined,
      savedJournal: { overlay: machine.overlay.mark(), logs: 0, refund: 0, committed: undefined },
      kind: 0xf1,
      isStatic: false,
      depth: 0,
      self: to,
      caller: SENDER,
      value: 0n,
      codeAddress: to,
      isDelegated: false,
      input: EMPTY_SLICE,
      outOffset: 0,
      outLength: 0,
    },
    GAS,
  );
  return machine;
}

function countInstructions(machine: Machine): number {
  let count = 0;
  while (machine.phase !== Phase.Settle) {
    if (machine.phase === Phase.Execute) {
      execute(machine, 1);
      count++;
    } else if (machine.phase === Phase.EnterFrame) stepEnterFrame(machine);
    else if (machine.phase === Phase.EnterCode) stepEnterCode(machine);
    else if (machine.phase === Phase.ExitFrame) stepExitFrame(machine);
    else throw new Error(`unexpected phase ${machine.phase}`);
  }
  return count;
}

/** Time the main thread has had, whatever else the computer does. */
function cpuSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

type Subject = (typeof CASES)[number];

/** Million gas a second of one call; throws if it ends in any other way than for lack of gas. */
async function gasRate(name: string, call: () => string | undefined | Promise<string | undefined>): Promise<number> {
  const start = cpuSeconds();
  const end = await call();
  const seconds = cpuSeconds() - start;
  if (end !== "out of gas") throw new Error(`expected ${name} to use up its gas, got ${end ?? "success"}`);
  return GAS / 1e6 / seconds;
}

async function callOnEthereumjs(evm: EVM): Promise<string | undefined> {
  const { execResult } = await evm.runCall({
    block: toEvmBlock(ENVIRONMENT),
    gasPrice: 1n,
    caller: createAddressFromString(SENDER),
    to: createAddressFromString(CONTRACT),
    gasLimit: BigInt(GAS),
    skipNonceIncrement: true,
  });
  return execResult.exceptionError?.error;
}

const CALLEE_CODE = assemble("42 0 MSTORE 32 0 RETURN");

/** Of ethereumjs with nothing replaced, on the state manager it comes with. */
async function measurePublished({ name, code }: Subject): Promise<number> {
  let best = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Osaka }) });
    await evm.stateManager.putAccount(createAddressFromString(SENDER), createAccount({ balance: 10n ** 18n }));
    for (const [address, bytes] of [[CONTRACT, code] as const, [CALLEE, CALLEE_CODE] as const]) {
      await evm.stateManager.putCode(createAddressFromString(address), bytes);
    }
    best = Math.max(best, await gasRate(name, () => callOnEthereumjs(evm)));
  }
  return best;
}

async function measure({ name, code }: Subject) {
  const chain = await createTestChain({
    code: { [CONTRACT]: bytesToHex(code), [CALLEE]: bytesToHex(CALLEE_CODE) },
  });
  const view = openStateView(chain.state, chain.latest().header.stateRoot);
  const executor = await createEvmExecutor(await createExecutingCommon(CHAIN_ID));
  const instructions = countInstructions(machineAt(view, CONTRACT));
  const best = { machine: 0, ethereumjs: 0 };
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const machine = machineAt(view, CONTRACT);
    const onMachine = await gasRate(name, () => {
      runFrames(machine);
      return machine.exit?.reason;
    });
    best.machine = Math.max(best.machine, onMachine);
    executor.reset(() => view);
    best.ethereumjs = Math.max(best.ethereumjs, await gasRate(name, () => callOnEthereumjs(executor.evm)));
  }
  return { ...best, instructions: (best.machine * instructions) / (GAS / 1e6) / 1e6 };
}

const only = process.argv[2];
const subjects = CASES.filter(({ name }) => only === undefined || name.includes(only));
const published = new Map<Subject, number>();
for (const subject of subjects) published.set(subject, await measurePublished(subject));
await prepareMachine();
const rows: string[] = [];
for (const subject of subjects) {
  const { name } = subject;
  const { machine, instructions, ethereumjs } = await measure(subject);
  const asPublished = published.get(subject) as number;
  const cells = [machine, asPublished, ethereumjs].map((rate) => rate.toFixed(0));
  const ratios = [machine / asPublished, machine / ethereumjs].map((ratio) => ratio.toFixed(1));
  console.log(
    `${name}: ${cells[0]} Mgas/s, ${instructions.toFixed(1)} M instructions/s; ` +
      `ethereumjs ${cells[1]} Mgas/s: ${ratios[0]} times; the reference engine ${cells[2]} Mgas/s: ${ratios[1]} times`,
  );
  rows.push(
    `| ${name} | ${cells[0]} | ${instructions.toFixed(1)} | ${cells[1]} | ${ratios[0]} | ${cells[2]} | ${ratios[1]} |`,
  );
}

if (only === undefined) {
  const text = `# The machine

How fast the machine runs in fast mode: one call of ${GAS.toLocaleString("en")} gas that repeats the program until its gas is used up,
in time of the main thread on one core of ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}. Beside it the same call on ethereumjs as it
is published (its own state manager and keccak, all in JavaScript), and on the project's reference engine: ethereumjs with
the keccak and the state of this project. The best of ${REPETITIONS}; regenerate with \`npm run bench:machine\`.

| program | machine, million gas a second | million instructions a second | ethereumjs, million gas a second | machine to it | reference engine | machine to it |
|---|---:|---:|---:|---:|---:|---:|
${rows.join("\n")}
`;
  await writeReport(new URL("./machine.md", import.meta.url), text);
}
