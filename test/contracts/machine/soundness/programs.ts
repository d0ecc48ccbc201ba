import { createHash } from "node:crypto";
import { RLP } from "@ethereumjs/rlp";
import secp256k1 from "secp256k1";
import { readStateTests } from "../../../../scripts/conformance/state-tests.ts";
import { minimalBytes } from "../../../../src/ethereum/account.ts";
import { BLOCK_HASH_HISTORY_ADDRESS as HISTORY, createAddress } from "../../../../src/ethereum/index.ts";
import type { Prover } from "../../../../src/machine/index.ts";
import { OPCODES } from "../../../../src/machine/opcodes.ts";
import { bigintToBytes32, concatBytes, hexToBytes, keccak256Bytes } from "../../../../src/primitives/index.ts";
import type { Address } from "../../../../src/primitives/index.ts";
import { NOTHING, fieldsOf, signFields } from "../../../ethereum/transaction-bytes.ts";
import type { Item } from "../../../ethereum/transaction-bytes.ts";
import { CHAIN_ID, wallet } from "../../../execution/harness.ts";
import { STATE_TESTS, stateTestFiles } from "../../../execution/state-tests.ts";
import { assemble } from "../../../machine/assemble.ts";
import type { CodePart } from "../../../machine/assemble.ts";
import { beginStateTest } from "../../../machine/proving/unit.ts";
import type { World } from "../../../machine/world.ts";
import { beginTransaction } from "../transaction-steps.ts";
import type { Unit } from "../transaction-steps.ts";
import type { Randomness } from "./randomness.ts";
import {
  BLOCK_NUMBER,
  COINBASE,
  ENVIRONMENT,
  GAS_PRICE,
  MAIN,
  OTHER,
  SENDER,
  STRANGER,
  THIRD,
  addressOf,
  authorize,
  callWith,
  createWith,
  designator,
  precompile,
  pushBytes,
  unitOf,
  wordOf,
} from "./transactions.ts";
import type { CallName } from "./transactions.ts";

/** A transaction and what it is there for. */
export interface Program {
  readonly what: string;
  readonly begin: () => Prover;
}

/** Transactions that take every kind of step there is, on states made for them. */
export function programs(): Program[] {
  const named: Readonly<Record<string, Unit>> = {
    ...PLAIN,
    "every instruction, and each way it halts": instructions(),
    "storage, state and logs": state(),
    "calls of all kinds": calls(),
    "creations and what destroys itself": creations(),
    "precompiles that succeed and fail": precompiles(),
    ...bulk(),
    ...types(),
    ...creationTransactions(),
    ...skips(),
    ...flushes(),
  };
  return Object.entries(named).map(([what, unit]) => ({ what, begin: () => beginTransaction(unit) }));
}

/** So many of Ethereum's Osaka state tests, drawn from all. */
export function officialPrograms(count: number, randomness: Randomness): Program[] {
  const files = stateTestFiles(STATE_TESTS);
  return Array.from({ length: count }, () => {
    const test = randomness.pick([...readStateTests(new URL(randomness.pick(files), STATE_TESTS))]);
    const post = randomness.pick(test.post);
    return { what: test.name, begin: () => beginStateTest(test, post) };
  });
}

const ALL_ONES = 2n ** 256n - 1n;

const PLAIN: Readonly<Record<string, Unit>> = {
  "a transfer to nobody": unitOf({}, { to: STRANGER, value: 1n, gas: 21_000n }),
  "a transfer of nothing to itself": unitOf({}, { to: SENDER.address, gas: 21_000n }),
  "a transfer to the coinbase": unitOf({}, { to: COINBASE, gas: 50_000n }, { transactionCount: 1 }),
  "a transaction to a precompile": unitOf(
    {},
    { to: precompile(2), data: Uint8Array.of(1, 2, 3) },
    { transactionCount: 2 },
  ),
  "a transaction behind three others": unitOf({ [MAIN]: { code: assemble("STOP") } }, {}, { transactionCount: 3 }),
  "a transaction behind four others": unitOf({ [MAIN]: { code: assemble(0, 0, "LOG0") } }, {}, { transactionCount: 4 }),
  "a transaction behind twelve others": unitOf(
    { [MAIN]: { code: assemble(0, 0, "REVERT") } },
    {},
    { transactionCount: 12 },
  ),
};

// ── Instructions ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a driver calls, one after the other; each with so much gas. */
interface Case {
  readonly code: Uint8Array;
  readonly gas?: number;
  readonly kind?: CallName;
}

/** A world in which `MAIN` calls the cases, whatever comes of them. */
function driverOf(cases: readonly Case[], others: World = {}): World {
  const addressOfCase = (index: number): Address => `0x${(0xc0de0000 + index).toString(16).padStart(40, "0")}`;
  const driver = cases.map(({ gas = 60_000, kind = "CALL" }, index) =>
    assemble(callWith(kind, addressOfCase(index), { gas, input: [1, 40], out: [0, 33] }), "POP"),
  );
  return {
    ...others,
    [MAIN]: { nonce: 1n, balance: 10_000n, code: concatBytes([assemble(ALL_ONES / 7n, 3, "MSTORE"), ...driver]) },
    ...Object.fromEntries(
      cases.map(({ code }, index) => [addressOfCase(index), { nonce: 1n, code, storage: { 1: 5n, 65: 9n } }]),
    ),
  };
}

const ENDS_OR_LEADS_ELSEWHERE = /^(STOP|RETURN|REVERT|INVALID|JUMPI?|SELFDESTRUCT|CREATE2?|.*CALL|CALLCODE)$/;
/** Top first: as offset, offset and length they are good for every instruction that takes such. */
const OPERANDS = [65, 1, 33, 7, 9, 11, 13];

function instructions(): Unit {
  const cases: Case[] = [];
  for (const opcode of OPCODES) {
    if (opcode === undefined) continue;
    const { name, pops, gas, immediates } = opcode;
    const instruction = name === "INVALID" ? Uint8Array.of(0xfe) : encodeInstruction(name, immediates);
    const operands = Array.from({ length: pops }, (_, index) => OPERANDS[index] ?? index).reverse();
    if (!ENDS_OR_LEADS_ELSEWHERE.test(name)) {
      cases.push({ code: assemble(...operands, instruction, "STOP") });
      if (pops >= 2 && pops <= 3 && opcode.gas > 0) {
        cases.push({ code: assemble(...operands.map(() => ALL_ONES), instruction) });
        cases.push({ code: assemble(...operands.map(() => 0), instruction) });
        cases.push({ code: assemble(...operands.map((_, index) => (index % 2 === 0 ? ALL_ONES : 1)), instruction) });
      }
    }
    if (pops > 0) cases.push({ code: assemble(...operands.slice(1), instruction) });
    // Short of gas: what it costs at least, less one, on top of its operands.
    cases.push({ code: assemble(...operands, instruction), gas: 3 * pops + Math.max(gas - 1, 0) });
  }
  const beyond = [2n ** 32n, ALL_ONES, 2n ** 32n - 1n];
  for (const far of beyond) {
    cases.push(
      ...["MLOAD", "JUMP", "SELFDESTRUCT", "CALLDATALOAD", "BLOCKHASH"].map((name) => ({ code: assemble(far, name) })),
      ...["MSTORE", "MSTORE8"].map((name) => ({ code: assemble(1, far, name) })),
      ...["KECCAK256", "RETURN", "REVERT", "LOG0"].flatMap((name) => [
        { code: assemble(1, far, name) },
        { code: assemble(far, 1, name) },
        { code: assemble(0, far, name) },
      ]),
      ...["CALLDATACOPY", "CODECOPY", "RETURNDATACOPY", "MCOPY"].flatMap((name) => [
        { code: assemble(1, 1, far, name) },
        { code: assemble(1, far, 1, name) },
        { code: assemble(far, 1, 1, name) },
        { code: assemble(0, far, far, name) },
      ]),
      { code: assemble(1, far, 1, "ADDRESS EXTCODECOPY") },
      { code: assemble(far, 1, 1, "ADDRESS EXTCODECOPY") },
      { code: assemble(1, far, 0, "CREATE") },
      { code: assemble(far, 0, 0, "CREATE") },
      { code: assemble(0, 1, far, 0, "CREATE2") },
      { code: callWith("CALL", STRANGER, { input: [far, 1] }) },
      { code: callWith("STATICCALL", STRANGER, { out: [1, far] }) },
      { code: callWith("DELEGATECALL", STRANGER, { out: [far, 0] }) },
    );
  }
  for (const name of ["PUSH0", "PUSH1", "DUP1", "DUP16", "ADDRESS", "GAS", "SELFBALANCE"]) {
    cases.push({ code: concatBytes([new Uint8Array(1_024).fill(0x5f), encodeInstruction(name, 1)]) });
  }
  const writers = ["SSTORE", "TSTORE", "LOG0", "LOG2", "CREATE", "CREATE2", "SELFDESTRUCT"];
  cases.push(
    ...writers.map((name) => ({ code: assemble(0, 0, 0, 0, name), kind: "STATICCALL" as const })),
    { code: callWith("CALL", STRANGER, { value: 1 }), kind: "STATICCALL" },
    // Jumps: onto a destination, onto what is none, into a PUSH, behind the code, not taken.
    { code: assemble(3, "JUMP JUMPDEST STOP") },
    { code: concatBytes([assemble(1, 5, "JUMPI JUMPDEST JUMPDEST")]) },
    { code: concatBytes([assemble(0, 5, "JUMPI STOP")]) },
    { code: assemble(0, "JUMP") },
    { code: concatBytes([assemble(4, "JUMP"), Uint8Array.of(0x60, 0x5b)]) },
    { code: concatBytes([assemble(300, "JUMP"), new Uint8Array(296).fill(0x5b), assemble("JUMPDEST")]) },
    { code: assemble(1, 0, "JUMPI") },
    { code: assemble(1, 99, "JUMPI") },
    // A PUSH of which the end is missing, all of which, and one across words.
    { code: Uint8Array.of(0x7f, 1, 2, 3) },
    { code: Uint8Array.of(0x7f) },
    { code: concatBytes([new Uint8Array(30).fill(0x5b), Uint8Array.of(0x7f), bigintToBytes32(ALL_ONES / 3n)]) },
    { code: new Uint8Array() },
    ...[0x0c, 0x21, 0x4b, 0xb0, 0xef, 0xf9].map((opcode) => ({ code: Uint8Array.of(opcode) })),
    { code: assemble(32, 0, "RETURN"), gas: 20_000 },
    { code: assemble(0, 0, "REVERT") },
    { code: assemble(40, 3, "REVERT") },
    // EIP-2200: the sentry.
    { code: assemble(1, 1, "SSTORE"), gas: 2_306 },
    { code: assemble(0, 2n ** 20n, "MSTORE"), gas: 3_000 },
    // Instructions that read the account or slot, short of gas only then.
    { code: assemble(0, "SLOAD"), gas: 2_000 },
    { code: assemble(pushBytes(hexToBytes(OTHER)), "BALANCE"), gas: 2_000 },
    { code: assemble(pushBytes(hexToBytes(THIRD)), "SELFDESTRUCT"), gas: 5_002 },
    { code: assemble(4, 4, "TSTORE 4 TLOAD"), gas: 240 },
  );
  return unitOf(driverOf(cases));
}

function encodeInstruction(name: string, immediates: number): Uint8Array {
  const push = /^PUSH(\d+)$/.exec(name);
  if (push !== null && name !== "PUSH0") return pushBytes(new Uint8Array(Number(push[1])).fill(0xb7));
  void immediates;
  return assemble(name);
}

function state(): Unit {
  const code = assemble(
    ...[1, 1, "SSTORE", 0, 1, "SSTORE", 1, 1, "SSTORE", 2, 1, "SSTORE", 0, 1, "SSTORE"],
    ...[0, 2, "SSTORE", 7, 2, "SSTORE", 8, 2, "SSTORE", 0, 2, "SSTORE", 0, 3, "SSTORE"],
    ...[1, "SLOAD", 9, "SLOAD", 9, "SLOAD", "POP", 5, 7, "TSTORE", 6, 7, "TSTORE", 7, "TLOAD", 8, "TLOAD"],
    ...[...[STRANGER, OTHER, precompile(1), precompile(0x12), MAIN].flatMap((address) => accountReads(address))],
    ...[999, "BLOCKHASH", 745, "BLOCKHASH", 744, "BLOCKHASH", BLOCK_NUMBER, "BLOCKHASH", 999, "BLOCKHASH"],
    ...["SELFBALANCE", 0, 0, "LOG0", 1, 2, 64, 0, "LOG2", 1, 2, 3, 4, 0, 9, "LOG4"],
  );
  return unitOf({
    [MAIN]: { nonce: 1n, balance: 77n, code, storage: { 2: 5n, 3: 6n, 9: 7n } },
    [OTHER]: { code: assemble("STOP"), nonce: 1n },
    [HISTORY]: { code: assemble("STOP"), nonce: 1n, storage: { 999: 123n } },
  });
}

function accountReads(address: Address): CodePart[] {
  const push = pushBytes(hexToBytes(address));
  const copy = [33, 0, 0, push, "EXTCODECOPY"];
  return [push, "BALANCE POP", push, "EXTCODEHASH POP", push, "EXTCODESIZE POP", ...copy, 0, 0, 0, push, "EXTCODECOPY"];
}

// ── Calls, creations, precompiles ─────────────────────────────────────────────────────────────────────────────────────

function calls(): Unit {
  const [delegating, delegatingToPrecompile, delegatingToItself] = [addressOf(0xd1), addressOf(0xd2), addressOf(0xd3)];
  const ends: readonly CodePart[][] = [
    ["STOP"],
    [32, 0, "RETURN"],
    [40, 0, "REVERT"],
    ["INVALID"],
    [1, 1, "SSTORE", 0, 0, "REVERT"],
    [0, 5, "RETURN"],
  ];
  const ending = ends.map((_, index): Address => `0x${(0xe0d0 + index).toString(16).padStart(40, "0")}`);
  const names: readonly CallName[] = ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"];
  const targets = [
    ...ending,
    STRANGER,
    delegating,
    delegatingToPrecompile,
    delegatingToItself,
    precompile(4),
    COINBASE,
  ];
  const body = names.flatMap((name) =>
    targets.flatMap((to, index) => [
      callWith(name, to, { gas: index % 2 === 0 ? 30_000 : 40_000, input: [3, 37], out: [5, 35] }),
      "POP",
    ]),
  );
  const withValue = [
    callWith("CALL", addressOf(0x91), { value: 1 }),
    callWith("CALL", addressOf(0x91), { value: 1, gas: 0 }),
    callWith("CALL", MAIN, { value: 3, gas: 100 }),
    callWith("CALL", addressOf(0x92), { value: 10n ** 18n }),
    callWith("CALLCODE", ending[1] as Address, { value: 5 }),
    callWith("CALLCODE", ending[1] as Address, { value: 10n ** 18n }),
    callWith("CALL", precompile(2), { value: 1 }),
  ];
  const readReturndata = ["RETURNDATASIZE 0 0 RETURNDATACOPY", 1, 8, 9, "RETURNDATACOPY"];
  const recursion = assemble(
    callWith("CALL", THIRD),
    callWith("DELEGATECALL", ending[1] as Address),
    ...readReturndata,
  );
  return unitOf({
    [MAIN]: {
      nonce: 1n,
      balance: 1_000n,
      code: assemble(
        ...body,
        ...withValue,
        callWith("CALL", THIRD, { gas: 200_000 }),
        "RETURNDATASIZE 0 0 RETURNDATACOPY",
      ),
    },
    [THIRD]: { nonce: 1n, code: recursion },
    [delegating]: { nonce: 1n, code: designator(ending[1] as Address) },
    [delegatingToPrecompile]: { nonce: 1n, code: designator(precompile(2)) },
    [delegatingToItself]: { nonce: 1n, code: designator(delegatingToItself) },
    ...Object.fromEntries(
      ending.map((address, index) => [address, { nonce: 1n, code: assemble(...(ends[index] ?? [])) }]),
    ),
  });
}

/** Ways for initcode to end: with code, none, a byte 0xef, too much, too little gas for it, a revert with data, a halt. */
const INITCODES: readonly Uint8Array[] = [
  new Uint8Array(),
  assemble(5, 3, "MSTORE", 40, 0, "RETURN"),
  assemble("STOP"),
  assemble(0xef, 0, "MSTORE8", 1, 0, "RETURN"),
  assemble(24_577, 0, "RETURN"),
  assemble(24_576, 0, "RETURN"),
  assemble(40, 3, "REVERT"),
  assemble("INVALID"),
  assemble("CALLDATASIZE CODESIZE SSTORE"),
  assemble("ADDRESS SELFDESTRUCT"),
  assemble("CALLER SELFDESTRUCT"),
  assemble(1, 1, "TSTORE", 1, 0, "SSTORE", 7, "JUMP"),
];

function creations(): Unit {
  const cases: Case[] = (["CREATE", "CREATE2"] as const).flatMap((name) => [
    ...INITCODES.map((initcode) => ({ code: createWith(name, initcode), gas: 300_000 })),
    ...INITCODES.slice(1, 3).map((initcode) => ({ code: createWith(name, initcode, 10n ** 20n) })),
    // The second one finds the address taken.
    {
      code: assemble(createWith(name, INITCODES[1] as Uint8Array), createWith(name, INITCODES[1] as Uint8Array)),
      gas: 200_000,
    },
    { code: createWith(name, INITCODES[1] as Uint8Array), gas: 32_500 },
  ]);
  cases.push(
    { code: createWith("CREATE", INITCODES[5] as Uint8Array), gas: 5_200_000 },
    { code: assemble(49_152, 0, 0, "CREATE"), gas: 100_000 },
    { code: assemble(49_153, 0, 0, "CREATE"), gas: 100_000 },
    { code: assemble("ADDRESS SELFDESTRUCT") },
  );
  const heirs = [STRANGER, addressOf(0x5f), precompile(3), SENDER.address];
  const main = driverOf(cases);
  const calls = heirs.map((_, index) => assemble(callWith("CALL", addressOf(0x50 + index), { gas: 50_000 }), "POP"));
  const last = [callWith("CALL", THIRD, { gas: 300_000 }), createWith("CREATE", assemble("CALLER SELFDESTRUCT"), 3)];
  return unitOf({
    ...main,
    [MAIN]: { nonce: 5n, balance: 1_000n, code: concatBytes([main[MAIN]?.code ?? NOTHING, ...calls, ...last]) },
    [THIRD]: {
      nonce: 2n ** 64n - 1n,
      code: assemble(createWith("CREATE", NOTHING), createWith("CREATE2", INITCODES[1] as Uint8Array)),
    },
    ...Object.fromEntries(
      heirs.map((heir, index) => [
        addressOf(0x50 + index),
        { nonce: 1n, balance: BigInt(index), code: assemble(pushBytes(hexToBytes(heir)), "SELFDESTRUCT") },
      ]),
    ),
  });
}

/** A point evaluation that holds: the polynomial 0, which is 0 everywhere. */
function pointEvaluationInput(): Uint8Array {
  const infinity = new Uint8Array(48).with(0, 0xc0);
  const versionedHash = Uint8Array.from(createHash("sha256").update(infinity).digest()).with(0, 1);
  return concatBytes([versionedHash, bigintToBytes32(5n), bigintToBytes32(0n), infinity, infinity]);
}

function recoveryInput(): Uint8Array {
  const digest = keccak256Bytes(Uint8Array.of(1));
  const { signature, recid } = secp256k1.ecdsaSign(digest, SENDER.privateKey);
  return concatBytes([digest, bigintToBytes32(BigInt(27 + recid)), signature]);
}

/** `base`, exponent and modulus of `size` bytes each, all of their bits set. */
function exponentiationInput(size: number): Uint8Array {
  const length = bigintToBytes32(BigInt(size));
  return concatBytes([length, length, length, new Uint8Array(3 * size).fill(0xff)]);
}

function precompiles(): Unit {
  const inputs: readonly (readonly [number, Uint8Array])[] = [
    [1, recoveryInput()],
    [10, pointEvaluationInput()],
    [5, exponentiationInput(32)],
    // 1,024 bytes cost more than 8,000,000 gas, 512 less.
    [5, exponentiationInput(200)],
    [5, exponentiationInput(1_024)],
  ];
  const fixed: readonly (readonly [number, number, number])[] = [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x100].map((number) => [number, 96, 700_000] as const),
    ...[
      [6, 128],
      [9, 213],
      [9, 212],
      [10, 192],
      [11, 256],
      [12, 320],
      [13, 512],
      [14, 576],
      [15, 384],
      [16, 64],
      [17, 128],
    ].map(([number = 0, length = 0]) => [number, length, 700_000] as const),
    [2, 0, 10],
    [2, 65_537, 700_000],
    [4, 65_537, 700_000],
    [4, 0, 20],
    [4, 0, 14],
    [8, 1, 700_000],
    [7, 96, 5_999],
  ];
  const code: CodePart[] = fixed.flatMap(([number, length, gas]) => [
    callWith(number % 2 === 0 ? "CALL" : "STATICCALL", precompile(number), { gas, input: [0, length], out: [0, 32] }),
    ...["POP", 0, 0, "MSTORE"],
  ]);
  let position = 0;
  for (const [number, input] of inputs) {
    code.push(input.length, position, 0, "CALLDATACOPY");
    code.push(
      callWith("STATICCALL", precompile(number), { gas: 5_000_000, input: [0, input.length], out: [0, 32] }),
      "POP",
    );
    position += input.length;
  }
  const data = concatBytes(inputs.map(([, input]) => input));
  return unitOf({ [MAIN]: { code: assemble(...code) } }, { data });
}

// ── Transactions ──────────────────────────────────────────────────────────────────────────────────────────────────────

function bulk(): Record<string, Unit> {
  const long = 70_000;
  const code = assemble(
    ...[7, 1, "MSTORE", long, 3, "KECCAK256 POP", 1, 2, long, 5, "LOG2", 3, 8_704, 0, "LOG1"],
    ...[65_536, 0, "KECCAK256 POP", 65_537, 0, "KECCAK256 POP", 65_536 + 128, 9, "KECCAK256"],
    ...[
      long,
      3,
      64,
      "MCOPY",
      long,
      0,
      31,
      "CALLDATACOPY",
      long,
      5,
      1,
      "CODECOPY",
      40_000,
      2n ** 200n,
      0,
      "CALLDATACOPY",
    ],
    ...[callWith("CALL", OTHER, { out: [7, 40_000] }), "POP", 39_999, 1, 0, "RETURNDATACOPY"],
    ...[33_000, 1, 3, pushBytes(hexToBytes(OTHER)), "EXTCODECOPY"],
  );
  const data = new Uint8Array(100_000);
  for (let index = 0; index < data.length; index += 3) data[index] = index & 255;
  const longCode = new Uint8Array(24_576).fill(0x5b);
  longCode.set(assemble(40_000, 0, "RETURN"));
  return {
    "long hashes, logs and copies": unitOf(
      { [MAIN]: { code }, [OTHER]: { code: longCode, nonce: 1n } },
      { data: data.subarray(0, 20) },
    ),
    "a long transaction": unitOf({ [MAIN]: { code: assemble(100_000, 0, 0, "CALLDATACOPY") } }, { data }),
    "a long legacy transaction": unitOf({}, { type: 0, data: data.subarray(0, 70_000) }),
  };
}

function types(): Record<string, Unit> {
  const keys = [wordOf(0), wordOf(1), wordOf(1), wordOf(2n ** 255n)];
  const accessList = [
    { address: MAIN, storageKeys: keys },
    { address: STRANGER, storageKeys: [] },
    { address: MAIN, storageKeys: [wordOf(7)] },
    { address: precompile(2), storageKeys: [wordOf(0)] },
  ];
  const [bob, carol, dave] = [wallet(2), wallet(3), wallet(4)];
  const main = {
    code: assemble(1, "SLOAD", 7, "SLOAD", 8, "SLOAD", callWith("CALL", bob.address)),
    nonce: 1n,
    storage: { 1: 3n },
  };
  const invalid = { ...authorize(carol, OTHER, 0n), s: `0x${"ff".repeat(32)}` as const };
  const authorizationList = [
    authorize(bob, OTHER, 0n),
    authorize(carol, OTHER, 1n),
    authorize(carol, OTHER, 0n, BigInt(CHAIN_ID) + 1n),
    authorize(carol, OTHER, 0n, 0n),
    authorize(carol, precompile(0), 1n),
    authorize(dave, OTHER, 0n),
    authorize(SENDER, MAIN, 1n),
    authorize(bob, OTHER, 2n ** 64n - 1n),
    { ...authorize(bob, OTHER, 1n), r: "0x1" as const },
    { ...authorize(bob, OTHER, 1n), yParity: "0x2" as const },
    invalid,
  ].filter(({ yParity, s }) => yParity !== "0x2" && !s.startsWith("0xff"));
  const world: World = {
    [MAIN]: main,
    [OTHER]: { code: assemble("ADDRESS POP", 1, 1, "SSTORE"), nonce: 1n },
    [bob.address]: { balance: 5n },
    [dave.address]: { code: assemble("STOP"), nonce: 0n },
  };
  return {
    "a legacy transaction": unitOf(world, { type: 0 }),
    "an access list": unitOf(world, { type: 1, accessList }),
    "an access list, and fees": unitOf(world, { type: 2, accessList, value: 3n }),
    authorizations: unitOf(world, { type: 4, authorizationList, accessList: accessList.slice(0, 1) }),
    "a sender that delegates to what it calls": unitOf(world, { type: 4, to: SENDER.address, authorizationList }),
    "data gas": unitOf(world, {}, { environment: { ...ENVIRONMENT, dataPrice: 12_345_678n }, gasUsed: 1_000_000n }),
  };
}

function creationTransactions(): Record<string, Unit> {
  const created = createAddress(SENDER.address, 0n);
  const entries = INITCODES.map(
    (data, index) => [`a creation transaction, ${index}`, unitOf({}, { to: null, data, value: 1n })] as const,
  );
  return {
    ...Object.fromEntries(entries),
    "a creation transaction whose code costs too much": unitOf(
      {},
      { to: null, data: INITCODES[1] as Uint8Array, gas: 55_000n },
    ),
    "a creation at a used address": unitOf(
      { [created]: { nonce: 1n } },
      { to: null, data: INITCODES[1] as Uint8Array },
    ),
    "a creation at an address with storage": unitOf(
      { [created]: { balance: 1n, storage: { 1: 1n } } },
      { to: null, data: INITCODES[1] as Uint8Array },
    ),
    "a creation at an address with ether": unitOf(
      { [created]: { balance: 1n } },
      { to: null, data: assemble("ADDRESS SELFDESTRUCT") },
    ),
  };
}

function skips(): Record<string, Unit> {
  const honest = unitOf(
    { [MAIN]: { code: assemble("STOP") } },
    { type: 1, accessList: [{ address: MAIN, storageKeys: [wordOf(1)] }] },
  );
  const { raw } = honest;
  const damaged = (what: string, change: (bytes: Uint8Array) => Uint8Array) =>
    [`skipped: ${what}`, { ...honest, raw: change(raw) }] as const;
  return {
    ...Object.fromEntries([
      damaged("too short", (bytes) => bytes.subarray(0, 64)),
      damaged("too long", (bytes) => concatBytes([bytes, new Uint8Array(131_073)])),
      damaged("no type", (bytes) => bytes.with(0, 3)),
      damaged("a byte behind the end", (bytes) => concatBytes([bytes, Uint8Array.of(0)])),
      damaged("an access list that is none", (bytes) => bytes.with(bytes.length - 67 - 33 - 23, 0x80)),
      damaged("a key that is too long", (bytes) => bytes.with(bytes.length - 67 - 33, 0xa1)),
      damaged("a signature that is none", (bytes) => bytes.with(bytes.length - 34, 0xc0)),
      damaged("another signature", (bytes) => bytes.with(bytes.length - 1, (bytes[bytes.length - 1] as number) ^ 1)),
    ]),
    "skipped: authorizations that are no list": { ...honest, raw: signFields(4, fieldsOf(4).with(9, NOTHING)) },
    "skipped: no authorizations": { ...honest, raw: signFields(4, fieldsOf(4).with(9, [])) },
    "skipped: an authorization without its end": { ...honest, raw: signFields(4, fieldsOf(4).with(9, [[NOTHING]])) },
    "skipped: half an address in an access list": {
      ...honest,
      raw: signFields(1, fieldsOf(1, [[new Uint8Array(10), []]])),
    },
    "skipped: half a key in an access list": {
      ...honest,
      raw: signFields(1, fieldsOf(1, [[hexToBytes(MAIN), [NOTHING]]])),
    },
    "skipped: s too high": withSignature(honest, 1n, 2n ** 256n - 1n),
    // No point has these coordinates, or those.
    ...Object.fromEntries([1n, 2n, 3n, 4n, 5n].map((r) => [`skipped: r = ${r}`, withSignature(honest, r, 1n)])),
    "skipped: nonce": unitOf({}, { nonce: 1n }),
    "skipped: too little gas": unitOf({}, { gas: 20_999n }),
    "skipped: too poor": unitOf({ [SENDER.address]: { balance: 5n } }, {}),
    "skipped: a sender with code": unitOf({ [SENDER.address]: { balance: 10n ** 20n, code: assemble("STOP") } }, {}),
    "skipped: too much gas for the block": unitOf({}, {}, { gasUsed: 50_000_000n }),
    "skipped: initcode too long": { ...unitOf({}), raw: signFields(2, creationOf(new Uint8Array(49_153))) },
  };
}

/** The transaction of type 2 with another signature. */
function withSignature(unit: Unit, r: bigint, s: bigint): Unit {
  const signed = RLP.encode([...fieldsOf(2), NOTHING, minimalBytes(r), minimalBytes(s)] as Parameters<
    typeof RLP.encode
  >[0]);
  return { ...unit, raw: concatBytes([Uint8Array.of(2), signed]) };
}

/** Fields of the sender's creation transaction with this initcode, whatever it is. */
function creationOf(initcode: Uint8Array): Item[] {
  const numbers = [BigInt(CHAIN_ID), 0n, GAS_PRICE, GAS_PRICE, 10_000_000n].map(minimalBytes);
  return [...numbers, NOTHING, NOTHING, initcode, []];
}

/** Storage tries of 1 to 17 slots of which one is left, or none; and accounts that vanish. */
function flushes(): Record<string, Unit> {
  const sizes = Array.from({ length: 17 }, (_, index) => index + 1);
  const clearing = (count: number, kept: number) =>
    assemble(...Array.from({ length: count }, (_, slot) => (slot < kept ? "PC POP" : assemble(0, slot, "SSTORE"))));
  const storageOf = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, slot) => [slot, BigInt(slot) + 1n]));
  const at = (count: number): Address => `0x${(0xf1000 + count).toString(16).padStart(40, "0")}`;
  const world = (kept: number): World => ({
    [MAIN]: { nonce: 1n, code: assemble(...sizes.flatMap((count) => [callWith("CALL", at(count)), "POP"])) },
    ...Object.fromEntries(
      sizes.map((count) => [at(count), { nonce: 1n, code: clearing(count, kept), storage: storageOf(count) }]),
    ),
  });
  const vanishing = assemble(createWith("CREATE2", assemble("ADDRESS SELFDESTRUCT"), 1), "POP");
  return {
    "clearing all but one slot": unitOf(world(1)),
    "clearing all slots": unitOf(world(0)),
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [
        `a state of few accounts, ${index}`,
        unitOf(
          { [MAIN]: { code: vanishing, balance: 5n }, ...(index % 2 === 0 ? { [THIRD]: { balance: 1n } } : {}) },
          { to: index < 4 ? MAIN : addressOf(0x10 + index), value: index < 6 ? 0n : 1n },
        ),
      ]),
    ),
  };
}
