// What hand-assembled WebAssembly modules share: each has one function and a memory.

/** Bytes of the binary format (https://webassembly.github.io/spec/core/binary). */
export type Code = readonly number[];

export const I32 = 0x7f;
export const I64 = 0x7e;

/** Instructions by the names of the specification, § 5.4. */
export const OPCODE = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i64Load: 0x29,
  i32Load8Unsigned: 0x2d,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32EqualsZero: 0x45,
  i32Equal: 0x46,
  i32LessThanUnsigned: 0x49,
  i32Add: 0x6a,
  i32Subtract: 0x6b,
  i64Add: 0x7c,
  i64And: 0x83,
  i64Xor: 0x85,
  i64RotateLeft: 0x89,
  i64RotateRight: 0x8a,
} as const;

export const NO_RESULT = 0x40;
/** log2 of the bytes that a 64-bit load or store is aligned to. */
const ALIGNMENT_OF_I64 = 3;

/** Runs `body` and, as long as the number it leaves on the stack is not 0, again. */
export function repeatWhile(body: Code): Code {
  return [OPCODE.loop, NO_RESULT, ...body, OPCODE.branchIf, 0, OPCODE.end];
}

/** LEB128 of a natural number. */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a signed integer. */
function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = rest === 0n ? (low & 0x40) === 0 : rest === -1n && (low & 0x40) !== 0;
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

// Instructions, each with its operands before it.
export const get = (local: number): Code => [OPCODE.localGet, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, OPCODE.localSet, ...unsigned(local)];
export const number32 = (value: number): Code => [OPCODE.i32Const, ...signed(BigInt(value))];
export const number64 = (value: bigint): Code => [OPCODE.i64Const, ...signed(BigInt.asIntN(64, value))];
export const load = (address: Code, offset: number): Code => [
  ...address,
  OPCODE.i64Load,
  ALIGNMENT_OF_I64,
  ...unsigned(offset),
];
export const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  OPCODE.i64Store,
  ALIGNMENT_OF_I64,
  ...unsigned(offset),
];
export const xor = (...terms: readonly [Code, ...Code[]]): Code =>
  terms.reduce((sum, term) => [...sum, ...term, OPCODE.i64Xor]);

/** A module that exports its memory and one function of `parameters` 32-bit numbers without a result. */
export function assembleModule(options: {
  readonly name: string;
  readonly parameters: number;
  /** Counts of locals with their types, behind the parameters. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly instructions: Code;
  /** Memory, in pages of 65,536 bytes. */
  readonly pages: number;
}): Uint8Array<ArrayBuffer> {
  const text = (name: string) => vector([...name].map((letter) => [letter.charCodeAt(0)]));
  const body = [...vector(options.locals), ...options.instructions, OPCODE.end];
  const parameters = Array.from({ length: options.parameters }, () => [I32]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...vector(parameters), ...vector([])]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0, options.pages]])),
    ...section(
      7,
      vector([
        [...text("memory"), 2, 0],
        [...text(options.name), 0, 0],
      ]),
    ),
    ...section(10, vector([[...unsigned(body.length), ...body]])),
  ]);
}
