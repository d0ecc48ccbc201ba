import { OPCODES } from "../../../src/machine/opcodes.ts";
import { bigintToBytes32, bytesToBigint, concatBytes } from "../../../src/primitives/index.ts";
import type { Address } from "../../../src/primitives/index.ts";
import type { Randomness } from "../../contracts/machine/soundness/randomness.ts";
import { assemble } from "../assemble.ts";
import type { CodePart } from "../assemble.ts";

/** What random code may refer to. */
export interface Surroundings {
  readonly random: Randomness;
  /** Accounts to call and to look at. */
  readonly addresses: readonly Address[];
  readonly precompileInputs: readonly (readonly [number: number, input: Uint8Array])[];
}

/** Code in pieces each of which can be left out: jumps are relative to the program counter. */
export type Pieces = readonly Uint8Array[];

const ALL_ONES = 2n ** 256n - 1n;
const EDGES = [
  0n,
  1n,
  2n,
  31n,
  32n,
  33n,
  255n,
  256n,
  257n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 64n,
  2n ** 128n,
];
const HIGH_EDGES = [2n ** 160n, 2n ** 255n - 1n, 2n ** 255n, 2n ** 255n + 1n, ALL_ONES - 1n, ALL_ONES, ALL_ONES - 30n];

/** An item of the stack, of any kind. */
export function randomWord({ random, addresses }: Surroundings): bigint {
  const { below, pick } = random;
  const kind = below(20);
  if (kind < 10) return BigInt(below(41));
  if (kind < 13) return pick(EDGES);
  if (kind < 15) return pick(HIGH_EDGES);
  if (kind < 16) return BigInt(pick(addresses));
  if (kind < 17) return ((1n << BigInt(below(256))) + BigInt(below(5)) - 2n) & ALL_ONES;
  if (kind < 18) return BigInt(below(70_000));
  return bytesToBigint(random.bytes(1 + below(32)));
}

/** An offset in memory or data; one in `rarity` is far away. */
function offset({ below, pick }: Randomness, rarity = 60): bigint {
  if (below(rarity) === 0)
    return pick([2n ** 20n, 2n ** 22n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 64n, ALL_ONES, ALL_ONES - 31n]);
  return BigInt(below(12) === 0 ? below(2_500) : below(100));
}

function length({ below, pick }: Randomness, rarity = 60): bigint {
  if (below(rarity) === 0) return pick([2n ** 18n, 2n ** 32n, 2n ** 255n, 24_577n, 32_768n, 32_769n, 65_537n]);
  if (below(6) === 0) return pick([0n, 0n, 1n, 31n, 32n, 33n, 64n]);
  return BigInt(below(15) === 0 ? below(1_500) : below(70));
}

function slot({ below, pick }: Randomness): bigint {
  return below(12) === 0 ? pick([...EDGES, ...HIGH_EDGES]) : BigInt(below(6));
}

function storedValue({ below, pick }: Randomness): bigint {
  return below(8) === 0 ? pick(HIGH_EDGES) : BigInt(below(3));
}

function account(surroundings: Surroundings): CodePart {
  const { random, addresses } = surroundings;
  if (random.below(12) === 0) return random.pick(["ADDRESS", "CALLER", "ORIGIN", "COINBASE"]);
  const address = BigInt(random.pick(addresses));
  // Of an address only the last 20 bytes count.
  return random.below(30) === 0 ? address + (1n << 160n) + (1n << 255n) : address;
}

function gas({ below, pick }: Randomness): CodePart {
  const kind = below(10);
  if (kind < 4) return "GAS";
  if (kind < 5) return below(3_000);
  // Around what it takes for an SSTORE after two PUSHes (EIP-2200).
  if (kind < 6) return 2_300 + below(10);
  return pick([0, 20_000, 100_000, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n, ALL_ONES]);
}

function value({ below, pick }: Randomness): CodePart {
  return below(3) > 0 ? 0 : pick([1, 7, "SELFBALANCE", "CALLVALUE", 2n ** 100n, ALL_ONES]);
}

type Operand = "word" | "offset" | "length" | "slot" | "value" | "account" | "number";

/** Operands that make sense, top first; all others are any word. */
const OPERANDS: Readonly<Record<string, readonly Operand[]>> = {
  KECCAK256: ["offset", "length"],
  BALANCE: ["account"],
  CALLDATALOAD: ["offset"],
  CALLDATACOPY: ["offset", "offset", "length"],
  CODECOPY: ["offset", "offset", "length"],
  EXTCODESIZE: ["account"],
  EXTCODECOPY: ["account", "offset", "offset", "length"],
  EXTCODEHASH: ["account"],
  RETURNDATACOPY: ["offset", "offset", "length"],
  BLOCKHASH: ["number"],
  MLOAD: ["offset"],
  MSTORE: ["offset", "word"],
  MSTORE8: ["offset", "word"],
  MCOPY: ["offset", "offset", "length"],
  SLOAD: ["slot"],
  SSTORE: ["slot", "value"],
  TLOAD: ["slot"],
  TSTORE: ["slot", "value"],
  LOG0: ["offset", "length"],
  LOG1: ["offset", "length"],
  LOG2: ["offset", "length"],
  LOG3: ["offset", "length"],
  LOG4: ["offset", "length"],
};

function operand(surroundings: Surroundings, kind: Operand | undefined): CodePart {
  const { random } = surroundings;
  switch (kind) {
    case "offset":
      return offset(random);
    case "length":
      return length(random);
    case "slot":
      return slot(random);
    case "value":
      return storedValue(random);
    case "account":
      return account(surroundings);
    case "number":
      return random.below(4) === 0 ? randomWord(surroundings) : 740n + BigInt(random.below(270));
    default:
      return randomWord(surroundings);
  }
}

/** An instruction with its operands; now and then some are left to what the stack has. */
function instruction(surroundings: Surroundings, name: string, pops: number): Uint8Array {
  const { below } = surroundings.random;
  const given = below(8) === 0 ? below(pops + 1) : pops;
  const kinds = OPERANDS[name] ?? [];
  const operands = Array.from({ length: given }, (_, index) => operand(surroundings, kinds[index]));
  return assemble(...operands.toReversed(), name);
}

const LEAVES_OR_CALLS =
  /^(STOP|RETURN|REVERT|INVALID|JUMPI?|SELFDESTRUCT|CREATE2?|.*CALL|CALLCODE|PUSH.*|DUP.*|SWAP.*)$/;
const PLAIN = OPCODES.flatMap((opcode) => (opcode === undefined || LEAVES_OR_CALLS.test(opcode.name) ? [] : [opcode]));
const OF_STATE = PLAIN.filter(({ name }) => /^(S|T)(LOAD|STORE)$/.test(name));
const OF_MEMORY = PLAIN.filter(({ name }) => /COPY$|^M(LOAD|STORE8?|COPY)$|KECCAK256|^LOG/.test(name));
const CALLS = ["CALL", "CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"] as const;

/** Pieces of instructions of all kinds. `depth`: how many loops, branches and initcodes may still be inside each other. */
function piece(surroundings: Surroundings, depth: number): Uint8Array {
  const { random } = surroundings;
  const { below, pick } = random;
  const kind = below(100);
  if (kind < 22) return plain(surroundings, PLAIN);
  if (kind < 36) return plain(surroundings, OF_STATE);
  if (kind < 46) return plain(surroundings, OF_MEMORY);
  if (kind < 52) return onStack(surroundings);
  if (kind < 62) return call(surroundings);
  if (kind < 66) return callThrough(surroundings);
  if (kind < 74) return creation(surroundings, depth);
  if (kind < 79) return precompileCall(surroundings);
  if (kind < 82) return useReturndata(random);
  if (kind < 87) return remember(random);
  if (kind < 92) return depth > 0 ? loop(surroundings, depth - 1) : remember(random);
  if (kind < 96) return depth > 0 ? branch(surroundings, depth - 1) : plain(surroundings, OF_STATE);
  if (kind < 97) return below(2) === 0 ? storeWithLittleGas(random) : assemble("GAS", below(20) + 20, "SSTORE");
  if (kind < 98) return bulk(random);
  return pick([
    () => random.bytes(1 + below(4)),
    () => assemble(randomWord(surroundings), "JUMP"),
    () => assemble(1, randomWord(surroundings), "JUMPI"),
    () => assemble(0, randomWord(surroundings), "JUMPI"),
    () => concatBytes(Array.from({ length: 1_020 + below(8) }, () => assemble("PC"))),
    () => concatBytes(Array.from({ length: 40 }, () => assemble("POP"))),
    () => callSelf(random),
  ])();
}

/** Work that takes more than one step. */
function bulk({ below, pick }: Randomness): Uint8Array {
  const size = pick([32_768, 32_769, 33_000, 65_536, 65_537, 70_000]);
  const [from, to] = [below(70), below(70)];
  return pick([
    () => assemble(size, from, "KECCAK256", 30, "SSTORE"),
    () => assemble(5, 6, size, from, "LOG2"),
    () => assemble(size, from, to, pick(["MCOPY", "CALLDATACOPY", "CODECOPY"])),
    () => assemble(size, from, to, "ADDRESS", "EXTCODECOPY"),
    () => assemble(size, to, size, from, 0, 4, "GAS", "CALL", size - 9, 9, to, "RETURNDATACOPY"),
    () => assemble(0, 0, size, from, 2, "GAS", "STATICCALL", 31, "SSTORE"),
  ])();
}

function plain(surroundings: Surroundings, among: typeof PLAIN): Uint8Array {
  const { name, pops } = surroundings.random.pick(among);
  return instruction(surroundings, name, pops);
}

function onStack(surroundings: Surroundings): Uint8Array {
  const { random } = surroundings;
  const { below } = random;
  const kind = below(4);
  if (kind === 0) return assemble(`DUP${1 + below(below(2) === 0 ? 16 : 3)}`);
  if (kind === 1) return assemble(`SWAP${1 + below(below(2) === 0 ? 16 : 3)}`);
  if (kind === 2) return assemble(randomWord(surroundings));
  const size = below(33);
  return concatBytes([Uint8Array.of(0x5f + size), random.bytes(size)]);
}

function call(surroundings: Surroundings): Uint8Array {
  const { random } = surroundings;
  const name = random.pick(CALLS);
  const windows = [length(random, 100), offset(random, 100), length(random, 100), offset(random, 100)];
  const amount = name === "CALL" || name === "CALLCODE" ? [value(random)] : [];
  return assemble(...windows, ...amount, account(surroundings), gas(random), name);
}

/** Contracts that call what the first word of their calldata says. */
export const FORWARDERS: readonly [call: Address, delegatecall: Address] = [
  `0x${"f1".repeat(20)}`,
  `0x${"f2".repeat(20)}`,
];

/** Contracts that change the state, whatever they are called with; the first does nothing but an SSTORE of what slot 0 has. */
export const CHANGING: readonly [storesAtOnce: Address, stores: Address, destroysItself: Address] = [
  `0x${"e9".repeat(20)}`,
  `0x${"e5".repeat(20)}`,
  `0x${"e6".repeat(20)}`,
];

/** Stores what is there in a warm slot, with about 2,300 gas left (EIP-2200). */
function storeWithLittleGas({ below }: Randomness): Uint8Array {
  const to = BigInt(CHANGING[0]);
  const granted = 2_304 + below(5);
  return assemble(
    ...[0, 0, 0, 0, 0, to, 50_000, "CALL", "POP"],
    ...[0, 0, 0, 0, 0, to, granted, "CALL", below(10) + 70, "SSTORE"],
  );
}

/** A call of a contract that calls. */
function callThrough(surroundings: Surroundings): Uint8Array {
  const { random, addresses } = surroundings;
  const name = random.pick(CALLS);
  const amount = name === "CALL" || name === "CALLCODE" ? [0] : [];
  const somewhere = () => random.pick([random.pick(CHANGING), random.pick(CHANGING), random.pick(addresses)]);
  const target = BigInt(random.pick([random.pick(FORWARDERS), somewhere()]));
  const next = BigInt(somewhere());
  return concatBytes([
    assemble(target, 0, "MSTORE", next, 32, "MSTORE"),
    assemble(64, 0, 64, 0, ...amount, BigInt(random.pick(FORWARDERS)), "GAS", name, random.below(10) + 70, "SSTORE"),
  ]);
}

function callSelf(random: Randomness): Uint8Array {
  return assemble(0, 0, 0, 0, random.below(2), "ADDRESS", "GAS", "CALL");
}

/** Writes bytes to memory. */
function storeBytes(bytes: Uint8Array, at: number): Uint8Array {
  const parts: CodePart[] = [];
  for (let position = 0; position < bytes.length; position += 32) {
    const word = new Uint8Array(32);
    word.set(bytes.subarray(position, position + 32));
    parts.push(bytesToBigint(word), at + position, "MSTORE");
  }
  return assemble(...parts);
}

/** Something a precompile succeeds with, or nearly. */
export function precompileInput({
  random,
  precompileInputs,
}: Surroundings): readonly [number: number, input: Uint8Array] {
  const { below, bytes, pick } = random;
  const [number, valid] = pick(precompileInputs);
  switch (below(9)) {
    case 0:
      return [number, concatBytes([valid, new Uint8Array(40)]).subarray(0, below(valid.length + 40))];
    case 1:
      return [number, bytes(below(200))];
    case 2:
      return [number, valid.with(below(valid.length), below(256))];
    case 3:
      return [number, new Uint8Array(below(400))];
    case 4: {
      const sizes = Array.from({ length: 3 }, () => pick([0, 1, 2, 31, 32, 33, 40, 1_024, 1_025]));
      const lengths = sizes.map((size) => bigintToBytes32(below(12) === 0 ? randomBound(random) : BigInt(size)));
      return [5, concatBytes([...lengths, bytes(below(130))])];
    }
    case 5:
      return [pick([4, 4, 2, 3, 0x12, 0x100]), bytes(below(100))];
    default:
      return [number, valid];
  }
}

function randomBound({ pick }: Randomness): bigint {
  return pick([2n ** 32n, 2n ** 64n, ALL_ONES]);
}

function precompileCall(surroundings: Surroundings): Uint8Array {
  const { random } = surroundings;
  const { below, pick } = random;
  const [number, input] = precompileInput(surroundings);
  const at = below(3) * 32 + below(2);
  const name = pick(CALLS);
  const amount = name === "CALL" || name === "CALLCODE" ? [below(8) === 0 ? 1 : 0] : [];
  const granted = below(5) === 0 ? below(4_000) : "GAS";
  const out = [below(100), below(200)];
  return concatBytes([
    storeBytes(input, at),
    assemble(...out, input.length, at, ...amount, number, granted, name, below(10) + 40, "SSTORE"),
  ]);
}

/** Initcodes of at most 32 bytes, each with something of its own to it. */
export const INITCODES: readonly Uint8Array[] = [
  new Uint8Array(),
  // Deploys ADDRESS and SSTORE; a byte 0xef; too many bytes; as many as possible.
  assemble(0x3055_00n, 0, "MSTORE", 3, 29, "RETURN"),
  assemble(0xef, 0, "MSTORE8", 1, 0, "RETURN"),
  assemble(24_577, 0, "RETURN"),
  assemble(24_576, 0, "RETURN"),
  // Deploys `CALLER SELFDESTRUCT`; reverts with data; halts; stores; destroys itself; calls back.
  assemble(0x33ffn, 0, "MSTORE", 2, 30, "RETURN"),
  assemble(0xabcd, 0, "MSTORE", 2, 30, "REVERT"),
  assemble("INVALID"),
  assemble(5, 1, "SSTORE", 9, 2, "TSTORE"),
  assemble("CALLER", "SELFDESTRUCT"),
  assemble("ADDRESS", "SELFDESTRUCT"),
  assemble(1, "CALLVALUE", "SSTORE", 0, 0, 0, 0, 3, "CALLER", "GAS", "CALL"),
  assemble(7, 0, "SSTORE", "CALLER", "SELFDESTRUCT"),
  assemble("CODESIZE", 0, 0, "CODECOPY", "CODESIZE", 0, "RETURN"),
  assemble("ADDRESS", "EXTCODESIZE", 0, "MSTORE", "CALLDATASIZE", 32, "MSTORE", 64, 0, "REVERT"),
];

/** Initcode that deploys code. */
export function deployerOf(code: Uint8Array): Uint8Array {
  // PUSH2 size, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN.
  return concatBytes([
    Uint8Array.of(0x61, code.length >> 8, code.length & 0xff, 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3),
    code,
  ]);
}

/** Any initcode, of an account that may have code in the end. */
export function randomInitcode(surroundings: Surroundings, depth: number): Uint8Array {
  const { random } = surroundings;
  const kind = random.below(10);
  if (kind < 6 || depth === 0) return random.pick(INITCODES);
  const inner = concatBytes(randomCode(surroundings, { pieces: 1 + random.below(5), depth: depth - 1 }));
  return kind < 8 && inner.length < 24_576 ? deployerOf(inner) : inner;
}

const CALL_WHAT_IS_ON_TOP = assemble("DUP1", 0, "SWAP1", 0, "SWAP1", 0, "SWAP1", 0, "SWAP1", 0, "SWAP1", "GAS", "CALL");

function creation(surroundings: Surroundings, depth: number): Uint8Array {
  const { random } = surroundings;
  const { below, pick } = random;
  const initcode = randomInitcode(surroundings, depth);
  const size = initcode.length + (below(6) === 0 ? pick([1, 1_000, 49_152, 49_153, 49_152 - initcode.length]) : 0);
  const amount = pick<CodePart>([0, 0, 0, 1, 3, 2n ** 100n]);
  const create = below(2) === 0 ? [size, 0, amount, "CREATE"] : [below(3), size, 0, amount, "CREATE2"];
  const after = below(3);
  return concatBytes([
    storeBytes(initcode, 0),
    assemble(...create),
    ...(after === 0 ? [CALL_WHAT_IS_ON_TOP] : []),
    ...(after === 1 ? [assemble(below(10) + 50, "SSTORE")] : []),
    ...(below(6) === 0 ? [assemble(...create, below(10) + 50, "SSTORE")] : []),
  ]);
}

function useReturndata(random: Randomness): Uint8Array {
  const { below } = random;
  switch (below(4)) {
    case 0:
      return assemble("RETURNDATASIZE", below(20) + 60, "SSTORE");
    case 1:
      return assemble("RETURNDATASIZE", 0, below(70), "RETURNDATACOPY", "RETURNDATASIZE", 0, "LOG0");
    case 2:
      // One byte more than there is.
      return assemble(1, "RETURNDATASIZE", "ADD", 0, 0, "RETURNDATACOPY");
    default:
      return assemble(
        0,
        "RETURNDATASIZE",
        0,
        "RETURNDATACOPY",
        "RETURNDATASIZE",
        "MSIZE",
        "ADD",
        below(20) + 60,
        "SSTORE",
      );
  }
}

/** What is on the stack becomes storage, so that it counts. */
function remember({ below }: Randomness): Uint8Array {
  return assemble(below(20) + 20, "SSTORE");
}

/** Goes round `body` with a counter in memory. */
function loop(surroundings: Surroundings, depth: number): Uint8Array {
  const { random } = surroundings;
  const { below } = random;
  const body = concatBytes(randomPieces(surroundings, 1 + below(3), depth));
  const counter = 2_048 + 32 * depth;
  const rounds = below(10) === 0 ? 300 : 1 + below(6);
  const test = assemble(counter, "MLOAD", 1, "ADD", "DUP1", counter, "MSTORE", rounds, "GT");
  // From the PC behind PUSH2 back to the JUMPDEST.
  const back = 1 + body.length + test.length + 3;
  return concatBytes([
    assemble("JUMPDEST"),
    body,
    test,
    Uint8Array.of(0x61, back >> 8, back & 0xff),
    assemble("PC", "SUB", "JUMPI"),
  ]);
}

/** Jumps over `body` or does not. */
function branch(surroundings: Surroundings, depth: number): Uint8Array {
  const { random } = surroundings;
  const body = concatBytes(randomPieces(surroundings, 1 + random.below(3), depth));
  const condition = random.pick<CodePart>([0, 1, "CALLVALUE", "ORIGIN", "CALLDATASIZE", "RETURNDATASIZE", "MSIZE"]);
  // From the PC behind PUSH2 to the JUMPDEST.
  const over = 3 + body.length;
  const isConditional = random.below(4) > 0;
  return concatBytes([
    isConditional ? assemble(condition) : new Uint8Array(),
    Uint8Array.of(0x61, over >> 8, over & 0xff),
    assemble("PC", "ADD", isConditional ? "JUMPI" : "JUMP"),
    body,
    assemble("JUMPDEST"),
  ]);
}

function randomPieces(surroundings: Surroundings, count: number, depth: number): Uint8Array[] {
  return Array.from({ length: count }, () => piece(surroundings, depth));
}

function ending(surroundings: Surroundings): Uint8Array {
  const { random } = surroundings;
  const kind = random.below(16);
  if (kind < 5) return assemble(length(random), offset(random), "RETURN");
  if (kind < 8) return assemble(length(random), offset(random), "REVERT");
  if (kind < 10) return assemble("STOP");
  if (kind < 11) return assemble("INVALID");
  if (kind < 14) return assemble(account(surroundings), "SELFDESTRUCT");
  return new Uint8Array();
}

/** A random program. Something is on the stack for what takes it, but for one in eight, which is short. */
export function randomCode(
  surroundings: Surroundings,
  { pieces, depth }: { readonly pieces: number; readonly depth: number },
): Pieces {
  const { below, pick } = surroundings.random;
  const kind = below(16);
  if (kind === 0) return [Uint8Array.of(below(256))];
  if (kind === 1) {
    const { name, pops } = pick(PLAIN);
    return [instruction(surroundings, name, below(pops + 1)), ...randomPieces(surroundings, 2, depth)];
  }
  if (kind < 5) {
    const many = Array.from({ length: 17 }, () => assemble(below(4) === 0 ? randomWord(surroundings) : below(256)));
    return [...many, ...randomPieces(surroundings, pieces, depth), ending(surroundings)];
  }
  return [assemble(1, 2, 3), ...randomPieces(surroundings, pieces, depth), ending(surroundings)];
}
