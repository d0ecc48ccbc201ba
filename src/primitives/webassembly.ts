// What hand-assembled WebAssembly modules share: each has one function and a memory.

/** Bytes of the binary format (https://webassembly.github.io/spec/core/binary). */
export type Code = readonly number[];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const NO_RESULT = 0x40;
export const END = 0x0b;

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
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const number32 = (value: number): Code => [0x41, ...signed(BigInt(value))];
export const number64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
export const load = (address: Code, offset: number): Code => [...address, 0x29, 3, ...unsigned(offset)];
export const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  0x37,
  3,
  ...unsigned(offset),
];
export const xor = (...terms: readonly [Code, ...Code[]]): Code => terms.reduce((sum, term) => [...sum, ...term, 0x85]);

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
  const body = [...vector(options.locals), ...options.instructions, END];
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
