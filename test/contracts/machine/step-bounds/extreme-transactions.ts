import { encodeAbiParameters, getContractAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { openPreState } from "../../../../scripts/conformance/state-tests.ts";
import {
  BLOCK_HASH_HISTORY_ADDRESS as HISTORY,
  createMemoryStateDatabase,
  openStateView,
} from "../../../../src/ethereum/index.ts";
import type { StateDatabase } from "../../../../src/ethereum/index.ts";
import { createMachine, createProver, createStateTries } from "../../../../src/machine/index.ts";
import type { Prover } from "../../../../src/machine/index.ts";
import { OPCODES } from "../../../../src/machine/opcodes.ts";
import { bufferFrom } from "../../../../src/machine/proving/buffer-tree.ts";
import {
  appendLeaf,
  bigintToBytes32,
  bytesToHex,
  concatBytes,
  hexToBytes,
  keccak256Bytes,
} from "../../../../src/primitives/index.ts";
import type { Address, Hash, Hex } from "../../../../src/primitives/index.ts";
import { assemble } from "../../../machine/assemble.ts";
import type { CodePart } from "../../../machine/assemble.ts";
import { createDeepState } from "./deep-state.ts";
import type { DeepAccount } from "./deep-state.ts";

/** A transaction made to have the dearest steps. */
export interface ExtremeTransaction {
  readonly name: string;
  /** The begin of its unit. */
  begin(): Promise<Prover>;
}

const SIGNER = privateKeyToAccount(`0x${"5e".repeat(32)}`);
const SENDER = SIGNER.address.toLowerCase() as Address;
const COINBASE: Address = `0x${"c0".repeat(20)}`;
const CHAIN_ID = 1;
const BASE_FEE = 7n;
const BLOCK_NUMBER = 10_000;
/** EIP-7825. */
const MAX_GAS = 2 ** 24;
/** EIP-3860, EIP-170. */
const INITCODE_LIMIT = 49_152;
const CODE_LIMIT = 24_576;
/** Bytes that steps take at once (docs/machine.md §7, §8). */
const SHORT = 65_536;
/** A byte of memory that the paths of the words on both sides of share no node but the root's. */
const MIDDLE = 2 ** 21;
const MAX = 2n ** 256n - 1n;

const addressOf = (byte: string): Address => `0x${byte.repeat(20)}`;
const MAIN = addressOf("aa");
const LARGE = addressOf("b1");
const DELEGATED = addressOf("b2");
const ABSENT = addressOf("b3");
const EMPTY = addressOf("b4");
const RICH = addressOf("b5");

const slotOf = (slot: bigint | number): Hash => bytesToHex(bigintToBytes32(BigInt(slot)));
const toAddress = (address: Address): Uint8Array => Uint8Array.of(0x73, ...hexToBytes(address));
const PRECOMPILED = [...Array.from({ length: 17 }, (_, index) => index + 1), 0x100];
const precompile = (number: number): Address => `0x${number.toString(16).padStart(40, "0")}`;

/** Bytes none of which is 0, so that calldata is as dear as can be. */
export function dense(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = 1 + ((index * 167) % 255);
  return bytes;
}

interface Transaction {
  readonly to?: Address;
  readonly data?: Uint8Array;
  readonly value?: bigint;
  readonly gas?: number;
  readonly accessList?: readonly { readonly address: Address; readonly storageKeys: readonly Hash[] }[];
  readonly delegations?: readonly Address[];
  /** Transactions of the block before it. */
  readonly included?: number;
}

interface State {
  readonly database: StateDatabase;
  readonly root: Hash;
}

/** Every account that is touched has to be in `accounts`. */
function deep(
  accounts: Readonly<Record<Address, DeepAccount | undefined>>,
  alone: readonly (Address | Hash)[] = [],
): State {
  const precompiled = Object.fromEntries(PRECOMPILED.map((number) => [precompile(number), undefined]));
  return createDeepState(
    { [SENDER]: { balance: 2n ** 80n }, [COINBASE]: undefined, ...precompiled, ...accounts },
    { alone },
  );
}

async function begin({ database, root }: State, transaction: Transaction): Promise<Prover> {
  const { to, data, value, gas, accessList, delegations, included = 0 } = transaction;
  const common = {
    chainId: CHAIN_ID,
    nonce: 0,
    gas: BigInt(gas ?? MAX_GAS),
    maxFeePerGas: BASE_FEE + 1n,
    maxPriorityFeePerGas: 1n,
    value: value ?? 0n,
    data: bytesToHex(data ?? new Uint8Array()),
    ...(accessList === undefined
      ? {}
      : { accessList: accessList.map((item) => ({ ...item, storageKeys: [...item.storageKeys] })) }),
    ...(to === undefined ? {} : { to }),
  };
  const raw =
    delegations === undefined
      ? await SIGNER.signTransaction({ ...common, type: "eip1559" })
      : await SIGNER.signTransaction({
          ...common,
          type: "eip7702",
          authorizationList: await Promise.all(
            delegations.map((address, index) =>
              privateKeyToAccount(bytesToHex(keccak256Bytes(Uint8Array.of(index >> 8, index & 255)))).signAuthorization(
                {
                  chainId: CHAIN_ID,
                  address,
                  nonce: 0,
                },
              ),
            ),
          ),
        });
  return beginRaw({ database, root }, hexToBytes(raw), included);
}

/** With the raw transaction in the middle of a batch's payload, where no word of it shares more than the root with the next. */
function beginRaw({ database, root }: State, raw: Uint8Array, included: number): Prover {
  const machine = createMachine({
    environment: {
      number: BLOCK_NUMBER,
      timestamp: 1_800_000_000,
      coinbase: COINBASE,
      gasLimit: 60_000_000n,
      baseFee: BASE_FEE,
      prevRandao: `0x${"a5".repeat(32)}`,
      dataPrice: 0n,
      chainId: BigInt(CHAIN_ID),
      blobBaseFee: 1n,
    },
    state: openStateView(database, root),
    isProving: true,
  });
  const offset = MIDDLE - Math.min(SHORT / 2, raw.length >> 1) - 1;
  const payload = new Uint8Array(offset + raw.length);
  payload.set(raw, offset);
  machine.block.raw = { bytes: payload.subarray(offset), tree: bufferFrom(payload), offset };
  const { block } = machine;
  for (; block.transactionCount < included; block.transactionCount++) {
    block.transactions = appendLeaf(block.transactions, slotOf(block.transactionCount + 1));
    block.receipts = appendLeaf(block.receipts, slotOf(block.transactionCount + 1));
  }
  return createProver({ machine, tries: createStateTries(database), stateRoot: root });
}

const call = (
  name: "CALL" | "CALLCODE" | "DELEGATECALL" | "STATICCALL",
  to: Address,
  {
    value = 0,
    input = [0, 0],
    out = [0, 0],
    gas,
  }: { value?: number; input?: readonly [number, number]; out?: readonly [number, number]; gas?: number } = {},
): Uint8Array => {
  const hasValue = name === "CALL" || name === "CALLCODE";
  return assemble(
    out[1],
    out[0],
    input[1],
    input[0],
    ...(hasValue ? [value] : []),
    toAddress(to),
    gas ?? "GAS",
    name,
    "POP",
  );
};

const copyCalldata = (destination: number, length: number, from = 0) =>
  assemble(length, from, destination, "CALLDATACOPY");

/** Code that ends with a fill to `size` bytes. */
function filled(code: Uint8Array, size: number, fill: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = code.length; index < size; index++)
    bytes[index] = fill[(index - code.length) % fill.length] as number;
  bytes.set(code);
  return bytes;
}

const JUMPDESTS = [0x5b];
/** Codes that cost an analysis of jump destinations most: one instruction a byte, every second byte, and so on. */
const FILLS: readonly (readonly [name: string, fill: readonly number[]])[] = [
  ["JUMPDEST", JUMPDESTS],
  ["PUSH1 0x5b", [0x60, 0x5b]],
  ["JUMPDEST PUSH1 0x5b", [0x5b, 0x60, 0x5b]],
  ["JUMPDEST PUSH32", [0x5b, 0x7f, ...new Array<number>(32).fill(0x5b)]],
];

// ── Memory ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const LAST_WORD = 91_400;

const memoryEnd: ExtremeTransaction = {
  name: `memory of ${LAST_WORD.toLocaleString("en")} words, accesses across words at its end`,
  begin: () => {
    const end = LAST_WORD * 32 - 49;
    const code = assemble(
      MAX,
      end,
      "MSTORE",
      end,
      "MLOAD POP",
      0xff,
      end - 7,
      "MSTORE8",
      end,
      "MLOAD",
      end,
      "MSTORE",
      32,
      end,
      "KECCAK256 POP 32",
      end,
      "RETURN",
    );
    return begin(deep({ [MAIN]: { nonce: 1n, code } }), { to: MAIN });
  },
};

const bulk: ExtremeTransaction = {
  name: "65,536 bytes and one more, no zeros, across the middle of memory: copies, KECCAK256, LOG4, outputs",
  begin: () => {
    const at = MIDDLE - SHORT / 2 + 1;
    const input: readonly [number, number] = [at, SHORT];
    const code = assemble(
      copyCalldata(at, SHORT, 1),
      SHORT,
      at,
      "KECCAK256 POP",
      SHORT + 1,
      at,
      "KECCAK256 POP",
      1,
      2,
      3,
      4,
      SHORT,
      at,
      "LOG4",
      1,
      2,
      3,
      4,
      SHORT + 1,
      at,
      "LOG4",
      SHORT,
      at,
      at + 13,
      "MCOPY",
      MAX,
      MIDDLE - 17,
      "MSTORE",
      MIDDLE - 17,
      "MLOAD POP",
      MIDDLE - 17,
      "CALLDATALOAD POP",
      call("STATICCALL", precompile(2), { input, out: [MIDDLE - 15, 32] }),
      call("STATICCALL", precompile(3), { input, out: [MIDDLE - 15, 32] }),
      call("STATICCALL", precompile(4), { input, out: input }),
      SHORT - 1,
      1,
      at + 3,
      "RETURNDATACOPY",
      SHORT,
      0,
      at + 5,
      "CODECOPY",
      call("CALL", LARGE, { input, out: input }),
      SHORT,
      at,
      "RETURN",
    );
    // Returns its calldata, so that the caller's output copy is as long as can be.
    const echo = assemble("CALLDATASIZE 0 31 CALLDATACOPY CALLDATASIZE 31 RETURN");
    return begin(deep({ [MAIN]: { nonce: 1n, code }, [LARGE]: { nonce: 1n, code: echo } }), {
      to: MAIN,
      data: dense(SHORT + 1),
    });
  },
};

const megabytes: ExtremeTransaction = {
  name: "megabytes: KECCAK256, LOG4, MCOPY, CALLDATACOPY, CODECOPY, identity and RETURNDATACOPY",
  begin: () => {
    const length = 2_000_000;
    const code = assemble(
      length,
      13,
      27,
      "CALLDATACOPY",
      MAX,
      77,
      "MSTORE",
      length,
      1,
      "KECCAK256 POP",
      length,
      11,
      37,
      "CODECOPY",
      length,
      11,
      12,
      "MCOPY",
      1,
      2,
      3,
      4,
      300_001,
      1,
      "LOG4",
      call("STATICCALL", precompile(4), { input: [1, length], out: [3, length] }),
      length,
      0,
      1,
      "RETURNDATACOPY",
    );
    return begin(deep({ [MAIN]: { nonce: 1n, code } }), { to: MAIN, data: dense(40_000) });
  },
};

// ── Code ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const creations = FILLS.map(([name, fill]): ExtremeTransaction => ({
  name: `initcode of ${INITCODE_LIMIT.toLocaleString("en")} bytes: ${name}`,
  begin: () => {
    const at = MIDDLE - INITCODE_LIMIT / 2 + 1;
    const code = assemble(
      copyCalldata(at, INITCODE_LIMIT),
      INITCODE_LIMIT,
      at,
      1,
      "CREATE POP",
      7,
      INITCODE_LIMIT,
      at,
      1,
      "CREATE2 POP",
    );
    const initcode = filled(assemble("STOP"), INITCODE_LIMIT, fill);
    const created = getContractAddress({ from: MAIN, nonce: 1n }).toLowerCase() as Address;
    const created2 = getContractAddress({
      opcode: "CREATE2",
      from: MAIN,
      salt: slotOf(7),
      bytecode: bytesToHex(initcode),
    }).toLowerCase() as Address;
    const state = deep({ [MAIN]: { nonce: 1n, balance: 10n, code }, [created]: undefined, [created2]: undefined });
    return begin(state, { to: MAIN, data: initcode });
  },
}));

const deposit: ExtremeTransaction = {
  name: "creation that leaves a code of 24,576 bytes, no zeros, from the middle of its memory",
  begin: () => {
    const at = MIDDLE - CODE_LIMIT / 2 + 1;
    const head = assemble(CODE_LIMIT, 1_000, at, "CODECOPY", CODE_LIMIT, at, "RETURN");
    const created = getContractAddress({ from: SENDER, nonce: 0n }).toLowerCase() as Address;
    return begin(deep({ [created]: undefined }), { data: filled(head, INITCODE_LIMIT, JUMPDESTS) });
  },
};

const codes = FILLS.map(([name, fill]): ExtremeTransaction => ({
  name: `code of 24,576 bytes of ${name} in an account deep in the trie: calls of all kinds, delegations, EXTCODECOPY`,
  begin: () => {
    const at = MIDDLE - CODE_LIMIT / 2 + 1;
    const large = filled(assemble(CODE_LIMIT, 1, 32_768 - CODE_LIMIT / 2 + 1, "CODECOPY STOP"), CODE_LIMIT, fill);
    const code = assemble(
      CODE_LIMIT,
      0,
      at,
      toAddress(LARGE),
      "EXTCODECOPY",
      toAddress(LARGE),
      "EXTCODESIZE POP",
      toAddress(LARGE),
      "EXTCODEHASH POP",
      call("CALL", DELEGATED, { value: 1, gas: 100_000 }),
      call("CALLCODE", DELEGATED, { value: 1, gas: 100_000 }),
      call("DELEGATECALL", DELEGATED, { gas: 100_000 }),
      call("STATICCALL", DELEGATED, { gas: 100_000 }),
      call("CALL", LARGE, { value: 1, gas: 100_000 }),
      call("CALL", ABSENT, { value: 1, gas: 100_000 }),
      call("CALL", EMPTY, { gas: 100_000 }),
      toAddress(RICH),
      "BALANCE POP SELFBALANCE POP",
      BLOCK_NUMBER - 200,
      "BLOCKHASH POP",
      toAddress(RICH),
      "SELFDESTRUCT",
    );
    const state = deep(
      {
        [MAIN]: { nonce: 1n, balance: 10n, code },
        [LARGE]: { nonce: 1n, balance: 1n, code: large },
        [DELEGATED]: { nonce: 1n, balance: 1n, code: concatBytes([hexToBytes("0xef0100"), hexToBytes(LARGE)]) },
        [ABSENT]: undefined,
        [EMPTY]: {},
        [RICH]: { balance: 2n ** 90n },
        [HISTORY]: { nonce: 1n, code: assemble("STOP"), storage: { [slotOf((BLOCK_NUMBER - 200) % 8_191)]: MAX } },
      },
      [EMPTY],
    );
    return begin(state, { to: MAIN });
  },
}));

// ── State ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const deepStorage: ExtremeTransaction = {
  name: "tries of 64 branches of 532 bytes on every path: slots put, inserted and deleted with collapse, an empty account deleted with collapse",
  begin: () => {
    const code = assemble(
      MAX,
      1,
      "SSTORE",
      MAX,
      2,
      "SSTORE",
      0,
      3,
      "SSTORE",
      0,
      4,
      "SSTORE",
      0,
      5,
      "SSTORE",
      7,
      "SLOAD POP",
      MAX,
      1,
      "TSTORE 1 TLOAD POP 9 TLOAD POP",
      call("CALL", EMPTY, { gas: 100 }),
      call("CALL", RICH, { value: 1, gas: 100 }),
    );
    const storage = Object.fromEntries([1, 3, 4, 5, 7].map((slot) => [slotOf(slot), MAX - BigInt(slot)]));
    const main = { nonce: 1n, balance: 10n, code, storage: { ...storage, [slotOf(2)]: 0n } };
    const accounts = { [MAIN]: main, [EMPTY]: {}, [RICH]: { balance: 2n ** 90n } };
    return begin(deep(accounts, [slotOf(4), slotOf(5), EMPTY]), { to: MAIN });
  },
};

type Pre = Parameters<typeof openPreState>[0]["pre"];

function shallow(pre: Pre): State {
  const database = createMemoryStateDatabase();
  const view = openPreState(
    { pre: { [SENDER]: { nonce: "0x0", balance: "0xffffffffffffffffff", code: "0x", storage: {} }, ...pre } },
    database,
  );
  return { database, root: view.root() };
}

const DELETED_SLOTS = 3_000;

/** A program that takes the body with a number on top of the stack that counts down from `count`. */
function repeat(count: number, ...body: readonly CodePart[]): Uint8Array {
  const start = assemble(count);
  return assemble(start, "JUMPDEST", ...body, "1 SWAP1 SUB DUP1", start.length, "JUMPI STOP");
}

const deletedSlots: ExtremeTransaction = {
  name: `${DELETED_SLOTS.toLocaleString("en")} slots deleted, all that the account has`,
  begin: () => {
    const storage: Record<Hex, Hex> = {};
    for (let slot = 1; slot <= DELETED_SLOTS; slot++) storage[slotOf(slot)] = slotOf(slot);
    const code = bytesToHex(repeat(DELETED_SLOTS, "0 DUP2 SSTORE"));
    return begin(shallow({ [MAIN]: { nonce: "0x1", balance: "0x0", code, storage } }), { to: MAIN });
  },
};

const freshAccounts: ExtremeTransaction = {
  name: "450 accounts brought into being",
  begin: () => {
    const code = bytesToHex(repeat(450, "0 0 0 0 1 DUP6 0 NOT MUL GAS CALL POP"));
    return begin(shallow({ [MAIN]: { nonce: "0x1", balance: "0xffffff", code, storage: {} } }), { to: MAIN });
  },
};

const recursion: ExtremeTransaction = {
  name: "calls of itself, one in the other, as deep as 2^24 gas allow",
  begin: () => {
    const code = bytesToHex(assemble("0 0 0 0 0 ADDRESS GAS CALL STOP"));
    return begin(shallow({ [MAIN]: { nonce: "0x1", balance: "0x0", code, storage: {} } }), { to: MAIN });
  },
};

// ── Transactions ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes of a transaction of type 2 with so much data, besides the data. */
const RAW_LIMIT = 131_072;
const ENVELOPE = 120;

const rawTransactions = (
  [
    ["no zeros", dense(RAW_LIMIT - ENVELOPE)],
    ["all zeros", new Uint8Array(RAW_LIMIT - ENVELOPE)],
  ] as const
).map(([name, data]): ExtremeTransaction => ({
  name: `transaction of 131,072 bytes, ${name}, in the middle of a payload`,
  begin: () => begin(deep({ [MAIN]: { nonce: 1n, code: copyCalldata(1, data.length) } }), { to: MAIN, data }),
}));

const halfTransaction: ExtremeTransaction = {
  name: "transaction of 65,536 bytes, no zeros, in the middle of a payload",
  begin: () => begin(deep({ [MAIN]: { nonce: 1n, code: assemble("STOP") } }), { to: MAIN, data: dense(SHORT - 119) }),
};

const accessList: ExtremeTransaction = {
  name: "access list of as many slots as 131,072 bytes hold",
  begin: () => {
    const storageKeys = Array.from({ length: 3_940 }, (_, index) => slotOf(MAX - BigInt(index)));
    return begin(shallow({}), { to: MAIN, accessList: [{ address: MAIN, storageKeys }] });
  },
};

const deepAccessList: ExtremeTransaction = {
  name: "access list of an account and a slot deep in their tries",
  begin: () => {
    const storage = { [slotOf(MAX)]: MAX };
    return begin(deep({ [MAIN]: { nonce: 1n, code: assemble("STOP"), storage } }), {
      to: MAIN,
      accessList: [{ address: MAIN, storageKeys: [slotOf(MAX)] }],
    });
  },
};

const authorizations: ExtremeTransaction = {
  name: "600 authorizations",
  begin: () => begin(shallow({}), { to: MAIN, delegations: Array.from({ length: 600 }, () => LARGE) }),
};

/** All but one of a block of 60,000,000 gas. */
const INCLUDED = Math.floor(60_000_000 / 21_000) - 1;

const lastTransaction: ExtremeTransaction = {
  name: `transaction behind ${INCLUDED.toLocaleString("en")} others in its block`,
  begin: () => begin(shallow({}), { to: MAIN, included: INCLUDED }),
};

// ── Instructions ──────────────────────────────────────────────────────────────────────────────────────────────────────

const SIMPLE = OPCODES.flatMap((opcode, value) =>
  opcode !== undefined &&
  ((value >= 0x01 && value <= 0x1e) ||
    [0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x38, 0x3a, 0x3d].includes(value) ||
    (value >= 0x41 && value <= 0x4a) ||
    [0x50, 0x58, 0x59, 0x5a].includes(value))
    ? [{ ...opcode, value }]
    : [],
);

const instructions: ExtremeTransaction = {
  name: "all cheap instructions on the greatest operands, behind 900 items, PUSHes across the words of the code",
  begin: () => {
    const fill = Array.from({ length: 40 }, () => MAX);
    const simple = SIMPLE.flatMap(({ value, pops, pushes }) => [
      ...Array.from({ length: pops }, () => MAX),
      Uint8Array.of(value),
      ...Array.from({ length: pushes }, () => "POP"),
    ]);
    const pushes = Array.from({ length: 33 }, (_, size) =>
      concatBytes([Uint8Array.of(0x5f + size), new Uint8Array(size).fill(0xff)]),
    );
    const duplicates = Array.from({ length: 16 }, (_, index) => Uint8Array.of(0x80 + index));
    const swaps = Array.from({ length: 16 }, (_, index) => Uint8Array.of(0x90 + index));
    const items = Array.from({ length: 860 }, () => Uint8Array.of(0x5f));
    // The last PUSH32 lies across the middle of the code's words.
    const across = 16_384 - 16;
    const body = assemble(...items, ...fill, ...simple, ...pushes, ...duplicates, ...swaps, 1, across, "JUMPI");
    const tail = assemble("JUMPDEST", MAX, "MLOAD");
    const code = concatBytes([body, new Uint8Array(across - body.length).fill(0x5b), tail, new Uint8Array(8_000)]);
    return begin(deep({ [MAIN]: { nonce: 1n, code } }), { to: MAIN, value: 1n });
  },
};

const endings: ExtremeTransaction = {
  name: "calls that end in REVERT of 65,536 bytes, STOP, INVALID, no instruction, a bad jump or the end of the code",
  begin: () => {
    const at = MIDDLE - SHORT / 2 + 1;
    const ended = [
      assemble(SHORT, at, "REVERT"),
      assemble("4 JUMP INVALID JUMPDEST STOP"),
      assemble("INVALID"),
      Uint8Array.of(0x0c),
      assemble(MAX, "JUMP"),
      assemble("JUMPDEST"),
    ].map((code, index) => [addressOf(`d${index}`), { nonce: 1n, code }] as const);
    const code = concatBytes(ended.map(([address]) => call("CALL", address, { out: [1, 64], gas: gasOf(address) })));
    return begin(deep({ [MAIN]: { nonce: 1n, code }, ...Object.fromEntries(ended) }), { to: MAIN });
  },
};

/** Enough for memory up to the middle in the first, little in the others, which may use it up. */
function gasOf(address: Address): number {
  return address === addressOf("d0") ? 9_500_000 : 10_000;
}

// ── Precompiles ───────────────────────────────────────────────────────────────────────────────────────────────────────

const word = bigintToBytes32;
const words = (...values: readonly bigint[]) => concatBytes(values.map(word));
const repeated = (count: number, item: Uint8Array) => concatBytes(Array.from({ length: count }, () => item));
const { G1, G2 } = bls12_381;
const field = (value: bigint) => words(value >> 256n, value & MAX);
const g1 = () => {
  const { x, y } = G1.Point.BASE.toAffine();
  return concatBytes([field(x), field(y)]);
};
const g2 = () => {
  const { x, y } = G2.Point.BASE.toAffine();
  return concatBytes([x.c0, x.c1, y.c0, y.c1].map(field));
};
const BN254_PAIR = concatBytes([
  words(1n, 2n),
  hexToBytes(
    "0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
  ),
]);
const modexp = (size: number, exponent: Uint8Array) =>
  concatBytes([
    words(BigInt(size), BigInt(exponent.length), BigInt(size)),
    new Uint8Array(size).fill(0xfd),
    exponent,
    new Uint8Array(size).fill(0xfb),
  ]);
/** An exponent of so many bits, all set, and zeros behind it. */
const ones = (bits: number, size = 32) => {
  const bytes = new Uint8Array(size);
  bytes.set(word(2n ** BigInt(bits) - 1n).subarray(32 - Math.min(size, 32)));
  return bytes;
};

interface PrecompileCase {
  readonly address: number;
  readonly name: string;
  readonly input: Uint8Array;
}

const PRECOMPILES: readonly PrecompileCase[] = [
  {
    address: 0x01,
    name: "ECRECOVER",
    input: words(7n, 27n, 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 3n),
  },
  { address: 0x02, name: "SHA-256 of 65,536 bytes", input: dense(SHORT) },
  { address: 0x03, name: "RIPEMD-160 of 65,536 bytes", input: dense(SHORT) },
  { address: 0x05, name: "MODEXP of 1,024 bytes for 7,995,392 gas", input: modexp(1_024, ones(245)) },
  {
    address: 0x05,
    name: "MODEXP of 1,024 bytes in 65,536 for 7,995,392 gas",
    input: concatBytes([modexp(1_024, ones(245)), dense(SHORT - 96 - 2 * 1_024 - 32)]),
  },
  {
    address: 0x05,
    name: "MODEXP with an exponent of 1,024 bytes for 7,257,150 gas",
    input: modexp(120, concatBytes([new Uint8Array(32).fill(0xff), dense(992)])),
  },
  {
    address: 0x05,
    name: "MODEXP of 512 bytes with an even modulus",
    input: concatBytes([
      modexp(512, concatBytes([new Uint8Array(32).fill(0xff), dense(42)])).subarray(0, -1),
      Uint8Array.of(0xfa),
    ]),
  },
  { address: 0x06, name: "addition on bn254", input: words(1n, 2n, 1n, 2n) },
  { address: 0x07, name: "multiplication on bn254", input: words(1n, 2n, MAX) },
  { address: 0x08, name: "pairing of 219 pairs on bn254", input: repeated(219, BN254_PAIR) },
  { address: 0x08, name: "pairing on bn254 that fails, for the gas of 219 pairs", input: dense(219 * 192 + 191) },
  {
    address: 0x09,
    name: "7,500,000 rounds of BLAKE2",
    input: concatBytes([word(7_500_000n).subarray(28), dense(208), Uint8Array.of(1)]),
  },
  { address: 0x0a, name: "point evaluation that fails", input: dense(192) },
  { address: 0x0b, name: "addition on G1 of BLS12-381", input: concatBytes([g1(), g1()]) },
  {
    address: 0x0c,
    name: "sum of 409 multiples on G1 of BLS12-381",
    input: repeated(409, concatBytes([g1(), word(MAX)])),
  },
  { address: 0x0d, name: "addition on G2 of BLS12-381", input: concatBytes([g2(), g2()]) },
  {
    address: 0x0e,
    name: "sum of 227 multiples on G2 of BLS12-381",
    input: repeated(227, concatBytes([g2(), word(MAX)])),
  },
  { address: 0x0f, name: "pairing of 170 pairs on BLS12-381", input: repeated(170, concatBytes([g1(), g2()])) },
  { address: 0x0f, name: "pairing on BLS12-381 that fails, of 65,536 bytes", input: dense(SHORT) },
  { address: 0x10, name: "map to G1 of BLS12-381", input: field(5n) },
  { address: 0x11, name: "map to G2 of BLS12-381", input: concatBytes([field(5n), field(7n)]) },
  { address: 0x100, name: "P256VERIFY", input: dense(160) },
  { address: 0x02, name: "SHA-256 of 65,537 bytes", input: dense(SHORT + 1) },
];

const precompiles = PRECOMPILES.map(({ address, name, input }): ExtremeTransaction => ({
  name: `precompile: ${name}`,
  begin: () => {
    const code = assemble(
      copyCalldata(31, input.length),
      call("STATICCALL", precompile(address), { input: [31, input.length], out: [1, 64] }),
    );
    return begin(deep({ [MAIN]: { nonce: 1n, code } }), { to: MAIN, data: input });
  },
}));

/** By name of what it is about; precompiles and fills in the order of the lists above. */
export const EXTREMES = {
  memoryEnd,
  bulk,
  megabytes,
  creations,
  deposit,
  codes,
  deepStorage,
  deletedSlots,
  freshAccounts,
  recursion,
  rawTransactions,
  halfTransaction,
  accessList,
  deepAccessList,
  authorizations,
  lastTransaction,
  instructions,
  endings,
  precompiles,
} as const;

export const EXTREME_TRANSACTIONS: readonly ExtremeTransaction[] = Object.values(EXTREMES).flat();

// ── Typical transactions ──────────────────────────────────────────────────────────────────────────────────────────────

const TOKEN0 = addressOf("70");
const TOKEN1 = addressOf("71");
const PAIR = addressOf("99");

/** Place in storage of a balance of an ERC-20 token of Uniswap v2, whose mapping is at slot 1. */
function balanceSlot(owner: Address): Hash {
  return bytesToHex(
    keccak256Bytes(hexToBytes(encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [owner, 1n]))),
  );
}

const ETHER = 10n ** 18n;

export interface TypicalCodes {
  /** Runtime code of `@uniswap/v2-core/build/ERC20.json`. */
  readonly token: Hex;
  /** Runtime code of `@uniswap/v2-core/build/UniswapV2Pair.json`. */
  readonly pair: Hex;
}

/** A transfer of a token and a swap between two, as Uniswap v2 has them. */
export function typicalTransactions({ token, pair }: TypicalCodes): readonly ExtremeTransaction[] {
  const reserve = 1_000n * ETHER;
  const tokenWith = (balances: Readonly<Record<Address, bigint>>) => ({
    nonce: "0x1" as Hex,
    balance: "0x0" as Hex,
    code: token,
    storage: Object.fromEntries(
      Object.entries(balances).map(([owner, balance]) => [balanceSlot(owner as Address), slotOf(balance)]),
    ),
  });
  const pre = {
    [TOKEN0]: tokenWith({ [PAIR]: reserve + ETHER, [SENDER]: 5n * ETHER }),
    [TOKEN1]: tokenWith({ [PAIR]: reserve }),
    [PAIR]: {
      nonce: "0x1" as Hex,
      balance: "0x0" as Hex,
      code: pair,
      storage: {
        [slotOf(6)]: slotOf(BigInt(TOKEN0)),
        [slotOf(7)]: slotOf(BigInt(TOKEN1)),
        [slotOf(8)]: slotOf((1_700_000_000n << 224n) | (reserve << 112n) | reserve),
        [slotOf(12)]: slotOf(1),
      },
    },
  };
  const selector = (signature: string) => keccak256Bytes(new TextEncoder().encode(signature)).subarray(0, 4);
  const transfer = concatBytes([selector("transfer(address,uint256)"), words(BigInt(RICH), ETHER)]);
  const swap = concatBytes([
    selector("swap(uint256,uint256,address,bytes)"),
    words(0n, (ETHER * 99n) / 100n, BigInt(SENDER), 128n, 0n),
  ]);
  return [
    {
      name: "transfer of an ERC-20 token",
      begin: () => begin(shallow(pre), { to: TOKEN0, data: transfer, gas: 100_000 }),
    },
    { name: "swap of Uniswap v2", begin: () => begin(shallow(pre), { to: PAIR, data: swap, gas: 300_000 }) },
  ];
}
