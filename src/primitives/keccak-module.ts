// keccak-f[1600] in WebAssembly, assembled here: a page of code instead of a toolchain.

import {
  OPCODE,
  assembleModule,
  get,
  I32,
  I64,
  load,
  number32,
  number64,
  repeatWhile,
  set,
  store,
  xor,
} from "./webassembly.ts";
import type { Code } from "./webassembly.ts";

/** Bytes of a block of keccak256. */
export const KECCAK_RATE = 136;
const LANES_OF_RATE = 17;
const ROUNDS = 24;

/** Where the round constants are in the module's memory; up to 512 it is the module's. */
const CONSTANTS = 256;
const PAGES = 4;

// TypeScript knows it from the DOM only.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

export interface KeccakModule {
  /** 262,144 bytes; what is below 512 is the module's. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * XORs `blocks` ≥ 1 blocks of 136 bytes from `input` into the state of 200 bytes that is at `from`, with a permutation
   * after each. What comes out is the state at 0.
   */
  readonly absorb: (input: number, blocks: number, from: number) => void;
}

export function instantiateKeccak(): KeccakModule {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(
      assembleModule({
        name: "absorb",
        parameters: 3,
        locals: [
          [1, I32],
          [65, I64],
        ],
        instructions: assembleAbsorb(),
        pages: PAGES,
      }),
    ),
  );
  const keccak = exports as KeccakModule;
  new BigUint64Array(keccak.memory.buffer, CONSTANTS, ROUNDS).set(roundConstants());
  return keccak;
}

/** FIPS 202 §3.2.5: bits of a linear feedback shift register at the positions 2^j − 1. */
function roundConstants(): BigUint64Array {
  const constants = new BigUint64Array(ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let constant = 0n;
    for (let bit = 0; bit < 7; bit++) {
      if ((register & 1) === 1) constant |= 1n << BigInt(2 ** bit - 1);
      register <<= 1;
      if (register > 255) register ^= 0x171;
    }
    constants[round] = constant;
  }
  return constants;
}

/** FIPS 202 §3.2.2: how far lane x + 5y is rotated. */
function rotations(): number[] {
  const offsets = Array.from({ length: 25 }, () => 0);
  let x = 1;
  let y = 0;
  for (let step = 0; step < 24; step++) {
    offsets[x + 5 * y] = (((step + 1) * (step + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

const and = (left: Code, right: Code): Code => [...left, ...right, OPCODE.i64And];
const rotateLeft = (value: Code, bits: number): Code =>
  bits === 0 ? value : [...value, ...number64(BigInt(bits)), OPCODE.i64RotateLeft];
const addTo = (local: number, amount: number): Code => set(local, [...get(local), ...number32(amount), OPCODE.i32Add]);

// Locals: the parameters; the place of the round's constant; the lanes before and after a round; column parities; what a
// column is changed by; a row between π and χ.
const INPUT = 0;
const BLOCKS = 1;
const FROM = 2;
const CONSTANT = 3;
const EVEN = 4;
const ODD = 29;
const PARITIES = 54;
const CHANGES = 59;
const ROW = 64;
const START = number32(0);

function assembleAbsorb(): Code {
  const lanes = Array.from({ length: 25 }, (_, lane) => lane);
  return [
    ...lanes.flatMap((lane) => set(EVEN + lane, load(get(FROM), 8 * lane))),
    // Again while blocks are left.
    ...repeatWhile([
      ...lanes
        .slice(0, LANES_OF_RATE)
        .flatMap((lane) => set(EVEN + lane, xor(get(EVEN + lane), load(get(INPUT), 8 * lane)))),
      ...set(CONSTANT, number32(CONSTANTS)),
      // Again until all constants are used.
      ...repeatWhile([
        ...assembleRound(EVEN, ODD, 0),
        ...assembleRound(ODD, EVEN, 8),
        ...addTo(CONSTANT, 16),
        ...[...get(CONSTANT), ...number32(CONSTANTS + 8 * ROUNDS), OPCODE.i32LessThanUnsigned],
      ]),
      ...addTo(INPUT, KECCAK_RATE),
      ...[...get(BLOCKS), ...number32(1), OPCODE.i32Subtract, OPCODE.localTee, BLOCKS],
    ]),
    ...lanes.flatMap((lane) => store(START, 8 * lane, get(EVEN + lane))),
  ];
}

/** A round from the lanes at `from` to those at `to` (FIPS 202 §3.2), lane x + 5y. */
function assembleRound(from: number, to: number, constant: number): Code {
  const offsets = rotations();
  const code: number[] = [];
  for (let x = 0; x < 5; x++) {
    const [first, ...others] = [0, 5, 10, 15, 20].map((row) => get(from + x + row)) as [Code, ...Code[]];
    code.push(...set(PARITIES + x, xor(first, ...others)));
  }
  for (let x = 0; x < 5; x++) {
    const left = get(PARITIES + ((x + 4) % 5));
    code.push(...set(CHANGES + x, xor(left, rotateLeft(get(PARITIES + ((x + 1) % 5)), 1))));
  }
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 5; x++) {
      // π brings lane (column, x) to (x, y) with y = 2·column + 3x.
      const column = (3 * (y + 2 * x)) % 5;
      const lane = column + 5 * x;
      code.push(...set(ROW + x, rotateLeft(xor(get(from + lane), get(CHANGES + column)), offsets[lane] as number)));
    }
    for (let x = 0; x < 5; x++) {
      const [one, two] = [get(ROW + ((x + 1) % 5)), get(ROW + ((x + 2) % 5))];
      // (¬one ∧ two) = two ⊕ (one ∧ two)
      const terms: [Code, ...Code[]] = [get(ROW + x), two, and(one, two)];
      if (x + y === 0) terms.push(load(get(CONSTANT), constant));
      code.push(...set(to + x + 5 * y, xor(...terms)));
    }
  }
  return code;
}
