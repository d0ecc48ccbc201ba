import { privateKeyToAccount } from "viem/accounts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { encodePayload } from "../../src/batch/index.ts";
import { MAX_TRANSACTION_SIZE, MIN_TRANSACTION_SIZE, TRANSACTION_GAS_CAP } from "../../src/ethereum/index.ts";
import { bigintToBytes32, bytesToHex, concatBytes, hexToBytes, toAddress } from "../../src/primitives/index.ts";
import type { Address, Hex } from "../../src/primitives/index.ts";
import type { InboxAction } from "../../test/l1/simulated-l1.ts";
import { SIMULATED_CHAIN_ID } from "../../test/l1/simulated-rollup-config.ts";
import { assemble } from "../../test/machine/assemble.ts";
import type { CodePart } from "../../test/machine/assemble.ts";
import { PRECOMPILE_CASES } from "../precompile-cases.ts";
import { accountAt, contractAt } from "./large-state.ts";
import { CODE_SIZE, copyCodes, countingLoop, loop, precompileLoop } from "./programs.ts";

/** What a flood of one kind costs its sender, in gas (specification §3, §4). */
export const BLOCK_CHARGE = 50_000;
export const skipCharge = (size: number): number => Math.max(5_000, 16 * size);
/** L1 gas of a deposit without data (benchmarks/gas.md), and of posting a batch that is empty. */
export const DEPOSIT_GAS = 29_300;

const account = privateKeyToAccount(`0x${"42".repeat(32)}`);
export const SENDER: Address = toAddress(account.address);
const FEES = { maxFeePerGas: 10n ** 15n, maxPriorityFeePerGas: 1n };

/** What is posted for one run of a workload, and what it has to come to. */
export interface Post {
  readonly actions: readonly InboxAction[];
  /** Transactions of it that are included, and gas charged for those that are not. */
  readonly included: number;
  readonly skippedGas: number;
  /** Gas of L1 for its deposits. */
  readonly depositGas: number;
}

export interface Workload {
  readonly name: string;
  /** `run` counts the runs of all workloads; no two touch the same accounts. */
  readonly post: (context: PostContext) => Promise<Post>;
}

export interface PostContext {
  /** Seconds, of the chain's last block. */
  readonly timestamp: number;
  /** Of the sender's next transaction. */
  readonly nonce: number;
  readonly run: number;
}

/** Contracts at genesis. */
export interface Deployed {
  readonly codes: Record<Address, Uint8Array>;
}

interface WorkloadSizes {
  /** Accounts, slots of the big contract, and contracts in the large state. */
  readonly accounts: number;
  readonly contracts: number;
}

export const BIG_CONTRACT: Address = contractAt(1n << 40n);

const bytes = (size: number, value: number) => new Uint8Array(size).fill(value);

/** All workloads, with the codes they need at genesis and that of the contract with many slots. */
export function createWorkloads(sizes: WorkloadSizes): {
  readonly workloads: readonly Workload[];
  readonly codes: Readonly<Record<Address, Uint8Array>>;
  readonly bigContract: Uint8Array;
} {
  const codes: Record<Address, Uint8Array> = {};
  let deployed = 0;
  const deploy = (code: Uint8Array): Address => {
    const address = bytesToHex(bigintToBytes32(0xbe0cn * 2n ** 128n + BigInt(deployed++)).subarray(12));
    codes[address] = code;
    return address;
  };

  /** Transactions of 2^24 gas, each of a block of its own, to a program that gets a number to begin with. */
  const program = (name: string, code: Uint8Array, first: (run: number) => bigint = () => 0n): Workload => {
    const to = deploy(code);
    return { name, post: (context) => postCall(context, to, bigintToBytes32(first(context.run))) };
  };
  // Runs begin where no earlier one has been.
  const span = Math.floor(sizes.accounts / 64);
  const ofAccounts = (run: number) => BigInt((run % 64) * span);
  const fresh = (run: number) => (BigInt(run) + 1n) << 64n;

  const precompiles = PRECOMPILE_CASES.map(({ address, name, input }): Workload => {
    const parts = [];
    for (let start = 0; start < input.length; start += CODE_SIZE) {
      const part = input.subarray(start, start + CODE_SIZE);
      parts.push({ address: deploy(part), size: part.length });
    }
    return program(`precompile: ${name}`, precompileLoop(copyCodes(parts), address, input.length));
  });

  const target = deploy(assemble("STOP"));
  const reverting = deploy(assemble("PUSH0 PUSH0 REVERT"));
  const call = (address: Address | number, gas: CodePart = "GAS"): readonly CodePart[] => [
    ...["PUSH0 PUSH0 PUSH0 PUSH0", typeof address === "number" ? address : BigInt(address)],
    gas,
    "STATICCALL POP",
  ];
  const addressFrom = (first: Address): readonly CodePart[] => ["DUP1", BigInt(first), "ADD"];
  const deposited = (size: number): Uint8Array => assemble(size, "PUSH0 RETURN");
  const initcode = (code: Uint8Array): readonly CodePart[] => [
    concatBytes([Uint8Array.of(0x5f + code.length), code]),
    "PUSH0 MSTORE",
  ];
  const create = (code: Uint8Array): readonly CodePart[] => [code.length, 32 - code.length, "PUSH0 CREATE POP"];
  const create2 = (code: Uint8Array): readonly CodePart[] => [
    ...["DUP1", code.length, 32 - code.length, "PUSH0 CREATE2 POP"],
  ];
  const selfdestruct = assemble("CALLER SELFDESTRUCT");

  const machine: readonly Workload[] = [
    program("call: an account without code", loop([], call(accountAt(0)))),
    program("call: a contract that stops", loop([], call(target))),
    program("call: a contract that reverts", loop([], call(reverting))),
    program("call: a precompile that has no gas", loop([], call(2, "PUSH0"))),
    program(
      "cold BALANCE, accounts there are",
      countingLoop([...addressFrom(accountAt(0)), "BALANCE POP"]),
      ofAccounts,
    ),
    program("cold BALANCE, accounts there are not", countingLoop([...addressFrom(accountAt(0)), "BALANCE POP"]), fresh),
    program("cold EXTCODESIZE of codes of 24 KiB", countingLoop([...addressFrom(contractAt(0)), "EXTCODESIZE POP"])),
    program(
      "cold CALL of codes of 24 KiB that jump",
      countingLoop(["PUSH0 PUSH0 PUSH0 PUSH0", "DUP5", BigInt(contractAt(0)), "ADD GAS STATICCALL POP"]),
    ),
    {
      name: "cold SLOAD, slots there are",
      post: (context) => postCall(context, BIG_CONTRACT, concatBytes([word(0n), word(ofAccounts(context.run))])),
    },
    {
      name: "cold SLOAD, slots there are not",
      post: (context) => postCall(context, BIG_CONTRACT, concatBytes([word(0n), word(fresh(context.run))])),
    },
    {
      name: "SSTORE, fresh slots beside a million",
      post: (context) => postCall(context, BIG_CONTRACT, concatBytes([word(1n), word(fresh(context.run))])),
    },
    {
      name: "SSTORE, changed slots of a million",
      post: (context) => postCall(context, BIG_CONTRACT, concatBytes([word(1n), word(ofAccounts(context.run))])),
    },
    {
      name: "SSTORE, cleared slots of a million",
      post: (context) => postCall(context, BIG_CONTRACT, concatBytes([word(2n), word(ofAccounts(context.run))])),
    },
    program("SSTORE, the same slot, in vain", loop([], ["PUSH0 PUSH0 SSTORE"])),
    program("TSTORE, one slot after another", countingLoop(["DUP1 DUP1 TSTORE"])),
    program("TLOAD, one slot after another", countingLoop(["DUP1 TLOAD POP"])),
    program("CREATE, no code", loop([], ["PUSH0 PUSH0 PUSH0 CREATE POP"])),
    program("CREATE, a code of one byte", loop(initcode(deposited(1)), create(deposited(1)))),
    program("CREATE2, a code of one byte", countingLoop(["DUP1", ...create2(deposited(1)).slice(1)]), fresh),
    program("CREATE and SELFDESTRUCT", loop(initcode(selfdestruct), create(selfdestruct))),
    program("CREATE, 48 KiB to look for jumps in", loop(bigInitcode(), [2 * CODE_SIZE, "PUSH0 PUSH0 CREATE POP"])),
    program("transfers to new accounts by CALL", transferLoop(), fresh),
    program("LOG0, no data", loop([], ["PUSH0 PUSH0 LOG0"])),
    program(
      "LOG4, no data",
      loop(
        [],
        ["DUP1 DUP1 DUP1 DUP1 PUSH0 PUSH0 LOG4"].map((part) => `1 ${part} POP`),
      ),
    ),
    program("LOG0, 1 KiB", loop([], [1_024, "PUSH0 LOG0"])),
    program("KECCAK256 of nothing", loop([], ["PUSH0 PUSH0 KECCAK256 POP"])),
    program("KECCAK256 of 135 bytes", loop([], [135, "PUSH0 KECCAK256 POP"])),
    program("KECCAK256 of 136 bytes", loop([], [136, "PUSH0 KECCAK256 POP"])),
    program("KECCAK256 of 64 KiB", loop([], [65_536, "PUSH0 KECCAK256 POP"])),
    program("memory: growing by a word", countingLoop(["DUP1 DUP1 5 SHL MSTORE"])),
    program("memory: MCOPY of 32 bytes", loop([], [32, "PUSH0", 32, "MCOPY"])),
    program("memory: MCOPY of 64 KiB", loop([], [65_536, "PUSH0", 1, "MCOPY"])),
    program("memory: CALLDATACOPY beyond the end", loop([], [65_536, "PUSH0 PUSH0 CALLDATACOPY"])),
    program("memory: call that grows it to 64 KiB", memoryCall(deploy(assemble(1, 65_504, "MSTORE STOP")))),
    program("EXP, exponent of 32 bytes", loop([], [2n ** 256n - 1n, 2n ** 256n - 3n, "EXP POP"])),
    program("EXP, exponent of 1 byte", loop([], [255, 2n ** 256n - 3n, "EXP POP"])),
    program("MULMOD", loop(["PUSH0 NOT", 2n ** 255n + 19n, "PUSH0 NOT"], ["DUP2 DUP4 DUP3 MULMOD POP"])),
    program("DIV", loop([2n ** 65n - 1n, "PUSH0 NOT"], ["DUP2 DUP2 DIV POP"])),
    program("SMOD", loop([2n ** 129n - 1n, "PUSH0 NOT 1 SHR"], ["DUP2 DUP2 SMOD POP"])),
    program("JUMPDEST", loop([], [bytes(64, 0x5b)])),
    program("JUMP", loop([], jumps())),
    program("ADDRESS, CALLER, ORIGIN and COINBASE", loop([], ["ADDRESS POP CALLER POP ORIGIN POP COINBASE POP"])),
    program("PREVRANDAO, NUMBER, BASEFEE, CHAINID", loop([], ["PREVRANDAO POP NUMBER POP BASEFEE POP CHAINID POP"])),
    program("SELFBALANCE and GASPRICE", loop([], ["SELFBALANCE POP GASPRICE POP"])),
    program("BLOCKHASH", loop(["1 NUMBER SUB"], ["DUP1 BLOCKHASH POP"])),
    program("PUSH32 and POP", loop([], [concatBytes([Uint8Array.of(0x7f), bytes(32, 0xff)]), "POP"])),
    program("CALLDATALOAD", loop([], ["PUSH0 CALLDATALOAD POP"])),
    program("warm SLOAD", loop([], ["PUSH0 SLOAD POP"])),
    program("warm EXTCODEHASH", loop([], [BigInt(target), "EXTCODEHASH POP"])),
    program(
      "writes that are undone",
      revertedWrites(deploy(countingLoop(["DUP1 DUP1 SSTORE"], { reserve: 50_000 }))),
      fresh,
    ),
    program("calls 1,024 deep", deepCall()),
  ];

  const bigContract = bigContractCode();
  return { workloads: [...machine, ...precompiles, ...transactionWorkloads(sizes), ...floods()], codes, bigContract };
}

const word = bigintToBytes32;

/** Reads (first word of the input 0), sets (1) or clears (2) slots counted up from the second word. */
function bigContractCode(): Uint8Array {
  const counting = (body: string, start: number) => {
    // JUMPDEST, the first slot, then the loop.
    const head = assemble("JUMPDEST 20 CALLDATALOAD");
    const at = start + head.length;
    const bodies = Array.from({ length: 8 }, () => `${body} 1 ADD`).join(" ");
    const jump = Uint8Array.of(0x61, at >> 8, at & 255);
    return concatBytes([head, assemble("JUMPDEST", bodies, 200_000, "GAS GT", jump, "JUMPI STOP")]);
  };
  const bodies = ["DUP1 SLOAD POP", "DUP1 NUMBER SWAP1 SSTORE", "PUSH0 DUP2 SSTORE"];
  const branchLength = 2 + 1 + 1 + 3 + 1 + 1;
  const parts: Uint8Array[] = [];
  const dispatch: Uint8Array[] = [];
  let start = branchLength * bodies.length;
  bodies.forEach((body, index) => {
    const part = counting(body, start);
    dispatch.push(
      concatBytes([
        Uint8Array.of(0x60, index),
        assemble("PUSH0 CALLDATALOAD EQ"),
        Uint8Array.of(0x61, start >> 8, start & 255, 0x57),
      ]),
    );
    parts.push(part);
    start += part.length;
  });
  const code = concatBytes([...dispatch, ...parts]);
  return code;
}

function bigInitcode(): readonly CodePart[] {
  // PUSH1 4 JUMP STOP JUMPDEST STOP at the begin of 48 KiB of zeros.
  return [0x600456005b00n << 208n, "PUSH0 MSTORE"];
}

function transferLoop(): Uint8Array {
  return countingLoop(["PUSH0 PUSH0 PUSH0 PUSH0", 1, "DUP6", "GAS CALL POP"]);
}

function memoryCall(address: Address): Uint8Array {
  return loop([], ["PUSH0 PUSH0 PUSH0 PUSH0", BigInt(address), "GAS STATICCALL POP"]);
}

function jumps(): readonly CodePart[] {
  // PC + 4 is the JUMPDEST: PC, 4, ADD, JUMP, JUMPDEST are at 0, 1, 3, 4 and 5 from PC.
  return ["PC 5 ADD JUMP JUMPDEST"];
}

function revertedWrites(callee: Address): Uint8Array {
  // The callee gets a first slot and writes as many as its gas allows; it runs out, which undoes them.
  return loop(
    ["PUSH0 CALLDATALOAD PUSH0 MSTORE"],
    ["PUSH0 PUSH0", 32, "PUSH0 PUSH0", BigInt(callee), 2_300_000, "CALL POP"],
    { unrolled: 1, reserve: 2_500_000 },
  );
}

function deepCall(): Uint8Array {
  return loop([], ["PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS GAS CALL POP"], { unrolled: 1, reserve: 30_000 });
}

// ── Transactions ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Fields {
  readonly nonce: number;
  readonly to: Address;
  readonly gas: bigint;
  readonly data?: Uint8Array;
  readonly value?: bigint;
  readonly accessList?: readonly { readonly address: Address; readonly storageKeys: readonly Hex[] }[];
}

/** A transaction of the sender, which has all the ETH there is. */
export async function sign({
  nonce,
  to,
  gas,
  data = new Uint8Array(),
  value = 0n,
  accessList,
}: Fields): Promise<Uint8Array> {
  const common = { ...FEES, chainId: SIMULATED_CHAIN_ID, nonce, to, gas, value, data: bytesToHex(data) };
  return hexToBytes(
    await account.signTransaction({ ...common, type: "eip1559", ...(accessList === undefined ? {} : { accessList }) }),
  );
}

async function postCall({ timestamp, nonce }: PostContext, to: Address, data: Uint8Array): Promise<Post> {
  const transaction = await sign({ nonce, to, gas: TRANSACTION_GAS_CAP, data });
  return posted([{ timestamp: timestamp + 1, messages: 0, transactions: [transaction] }], 1);
}

function posted(blocks: readonly EncodedBlock[], included: number, skippedGas = 0): Post {
  return { actions: [{ kind: "batch", payload: encodePayload(blocks) }], included, skippedGas, depositGas: 0 };
}

/** Many transactions of one kind in blocks of 50 million gas at most. */
function transactionWorkloads({ accounts }: WorkloadSizes): readonly Workload[] {
  const inOneBlock = (
    name: string,
    count: number,
    make: (index: number, context: PostContext) => Promise<Uint8Array>,
  ) => ({
    name,
    post: async (context: PostContext) => {
      const transactions: Uint8Array[] = [];
      for (let index = 0; index < count; index++) transactions.push(await make(index, context));
      return posted([{ timestamp: context.timestamp + 1, messages: 0, transactions }], count);
    },
  });
  const span = Math.floor(accounts / 64);
  const slot = (index: number): Hex => bytesToHex(bigintToBytes32(BigInt(index)));
  return [
    inOneBlock("transfers to new accounts", 1_000, (index, { nonce, run }) =>
      sign({ nonce: nonce + index, to: accountAt((BigInt(run) << 90n) + BigInt(index)), gas: 21_000n, value: 1n }),
    ),
    inOneBlock("transactions with 120,000 zero bytes", 8, (index, { nonce }) =>
      sign({ nonce: nonce + index, to: accountAt(0), gas: 1_300_000n, data: bytes(120_000, 0) }),
    ),
    inOneBlock("access lists of 3,900 slots", 2, (index, { nonce, run }) => {
      const first = (run % 32) * 2 * span + index * 4_000;
      const storageKeys = Array.from({ length: 3_900 }, (_, key) => slot(first + key));
      return sign({
        nonce: nonce + index,
        to: accountAt(0),
        gas: 8_000_000n,
        accessList: [{ address: BIG_CONTRACT, storageKeys }],
      });
    }),
    inOneBlock("access lists of 5,000 accounts", 1, (_, { nonce, run }) => {
      const accessList = Array.from({ length: 5_000 }, (__, key) => ({
        address: accountAt((run % 64) * span + key),
        storageKeys: [],
      }));
      return sign({ nonce, to: accountAt(0), gas: 12_600_000n, accessList });
    }),
    {
      name: "EIP-7702 authorizations of others' chains and nonces",
      post: async ({ timestamp, nonce }) => {
        // Authorities with a nonce that is not theirs: each is recovered and looked up in vain.
        const authorization = await account.signAuthorization({
          address: accountAt(0),
          chainId: SIMULATED_CHAIN_ID,
          nonce: 2 ** 40,
        });
        const raw = await account.signTransaction({
          ...FEES,
          type: "eip7702",
          chainId: SIMULATED_CHAIN_ID,
          nonce,
          to: accountAt(0),
          gas: TRANSACTION_GAS_CAP,
          authorizationList: Array.from({ length: 600 }, () => authorization),
        });
        return posted([{ timestamp: timestamp + 1, messages: 0, transactions: [hexToBytes(raw)] }], 1);
      },
    },
  ];
}

// ── Floods ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is posted that is no transaction, or none that is included. */
function floods(): readonly Workload[] {
  const skipped = (name: string, count: number, make: () => Promise<Uint8Array>): Workload => ({
    name,
    post: async ({ timestamp }) => {
      const raw = await make();
      const transactions = Array.from({ length: count }, () => raw);
      const block = { timestamp: timestamp + 1, messages: 0, transactions };
      return posted([block], 0, count * skipCharge(raw.length));
    },
  });
  // The sender has sent more than none.
  const stale = (data: Uint8Array) => sign({ nonce: 0, to: accountAt(0), gas: TRANSACTION_GAS_CAP, data });
  const deposits = (name: string, count: number, gasLimit: bigint, to: Address): Workload => ({
    name,
    post: ({ run }) => {
      const deposit = { sender: accountAt(0), refundTo: accountAt(0), mint: 1n, gasLimit, data: new Uint8Array() };
      const actions: InboxAction[] = Array.from({ length: count }, (_, index) => ({
        kind: "deposit",
        deposit: { ...deposit, to: gasLimit > 0n ? to : accountAt((BigInt(run) << 90n) + BigInt(index)) },
      }));
      const depositGas = count * (DEPOSIT_GAS + Number(gasLimit));
      return Promise.resolve({
        actions: [...actions, { kind: "force-include" }],
        included: 0,
        skippedGas: 0,
        depositGas,
      });
    },
  });
  return [
    skipped("skipped: wrong nonce", 8_000, () => stale(new Uint8Array())),
    skipped("skipped: wrong nonce, 131,072 bytes", 24, async () => stale(bytes(MAX_TRANSACTION_SIZE - 122, 1))),
    skipped("skipped: no transaction", 8_000, () => Promise.resolve(bytes(MIN_TRANSACTION_SIZE, 2))),
    skipped("skipped: no transaction, 131,072 bytes of lists", 24, () => Promise.resolve(nestedLists())),
    skipped("skipped: no key gives the signature", 8_000, async () => withoutKey(await stale(new Uint8Array()))),
    {
      name: "empty blocks",
      post: ({ timestamp }) => {
        const blocks = Array.from({ length: 1_000 }, (_, index) => ({
          timestamp: timestamp + 1 + Math.floor(index / 10),
          messages: 0,
          transactions: [],
        }));
        return Promise.resolve(posted(blocks, 0));
      },
    },
    deposits("deposits of ETH", 1_000, 0n, accountAt(0)),
    deposits("deposits with 30,000 gas", 1_000, 30_000n, accountAt(1)),
    {
      name: "empty batches",
      post: () => {
        const actions = Array.from({ length: 200 }, (): InboxAction => ({ kind: "batch", payload: new Uint8Array() }));
        return Promise.resolve({ actions, included: 0, skippedGas: 0, depositGas: 0 });
      },
    },
  ];
}

/** A signature that has no key: its r is the x of no point of the curve. */
function withoutKey(raw: Uint8Array): Uint8Array {
  // r and s are the last 66 bytes, each behind a prefix.
  const changed = raw.slice();
  changed.fill(0, changed.length - 65, changed.length - 33);
  changed[changed.length - 34] = 5;
  changed[changed.length - 65] = 1;
  return changed;
}

/** A transaction that ends in a list of as many lists as fit: all are read before it is known to be none. */
export function nestedLists(): Uint8Array {
  const raw = new Uint8Array(MAX_TRANSACTION_SIZE).fill(0xc0);
  raw[0] = 2;
  const length = MAX_TRANSACTION_SIZE - 5;
  raw.set([0xfa, length >> 16, (length >> 8) & 255, length & 255], 1);
  return raw;
}
