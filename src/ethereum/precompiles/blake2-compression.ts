import { webAssembly } from "../../primitives/index.ts";
import type { Precompile } from "./precompile.ts";

const { OPCODE, assembleModule, get, I32, I64, load, NO_RESULT, number32, number64, set, store, unsigned, xor } =
  webAssembly;
type Code = webAssembly.Code;

const INPUT_LENGTH = 213;
const STATE_SIZE = 64;

// Where things are in the module's memory: h, m and t as in the input (all little-endian), then ones if the block is the
// last, then for every round where its sixteen words are in m.
const MESSAGE = 64;
const COUNTER = 192;
const LAST_BLOCK = 208;
const SCHEDULE = 256;
const ROUNDS_OF_SCHEDULE = 10;

/** RFC 7693 §2.6. */
const INITIALIZATION_VECTOR = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];
/** RFC 7693 §2.7. */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** Indices into v of the eight mixings of a round, RFC 7693 §3.2. */
const MIXINGS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/**
 * Precompile 0x09 (EIP-152): input rounds (4) ‖ h (64) ‖ m (128) ‖ t (16) ‖ f (1), 1 gas a round; output h (64).
 * In WebAssembly, assembled here, for its 64-bit integers: JavaScript takes longer for a round than a gas pays for.
 */
export function createBlake2Compression(): Precompile {
  const compress = createCompress();
  const roundsOf = (input: Uint8Array) => new DataView(input.buffer, input.byteOffset).getUint32(0);
  return {
    gas: (input) => (input.length === INPUT_LENGTH ? roundsOf(input) : 0),
    run: (input) => {
      const lastBlock = input[INPUT_LENGTH - 1];
      if (input.length !== INPUT_LENGTH || (lastBlock !== 0 && lastBlock !== 1)) return undefined;
      return compress(roundsOf(input), input.subarray(4, -1), lastBlock === 1);
    },
  };
}

// TypeScript knows it from the DOM only.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Of the block in memory; `rounds` as an unsigned number of 32 bits. */
  readonly compress: (rounds: number) => void;
}

/** `block` is h ‖ m ‖ t, 208 bytes. */
type Compress = (rounds: number, block: Uint8Array, isLast: boolean) => Uint8Array;

function createCompress(): Compress {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(
      assembleModule({
        name: "compress",
        parameters: 1,
        locals: [
          [16, I64],
          [1, I32],
        ],
        instructions: assembleCompress(),
        pages: 1,
      }),
    ),
  );
  const { memory, compress } = exports as Exports;
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(
    SIGMA.flatMap((words) => words.map((word) => 8 * word)),
    SCHEDULE,
  );
  return (rounds, block, isLast) => {
    bytes.set(block);
    bytes.fill(isLast ? 0xff : 0, LAST_BLOCK, LAST_BLOCK + 8);
    compress(rounds);
    return bytes.slice(0, STATE_SIZE);
  };
}

// ── Assembly ──────────────────────────────────────────────────────────────────────────────────────────────────────────

// Instructions, each with its operands before it.
const loadByte = (address: Code, offset: number): Code => [...address, OPCODE.i32Load8Unsigned, 0, ...unsigned(offset)];
const add = (...terms: readonly [Code, ...Code[]]): Code =>
  terms.reduce((sum, term) => [...sum, ...term, OPCODE.i64Add]);
const rotateRight = (value: Code, bits: number): Code => [...value, ...number64(BigInt(bits)), OPCODE.i64RotateRight];

// Locals of the function: its parameter, v, and where the round is in the schedule.
const ROUNDS = 0;
const V = 1;
const ROUND = 17;
const START = number32(0);

/** RFC 7693 §3.2, with the number of rounds in the parameter. */
function assembleCompress(): Code {
  const vectorStart = Array.from({ length: 8 }, (_, index) => [
    ...set(V + index, load(START, 8 * index)),
    ...set(V + 8 + index, number64(INITIALIZATION_VECTOR[index] as bigint)),
  ]).flat();
  const mixWithBlock = (index: number, offset: number) => set(V + index, xor(get(V + index), load(START, offset)));
  const endOfSchedule = SCHEDULE + 16 * ROUNDS_OF_SCHEDULE;
  const nextRound = [...get(ROUND), ...number32(16), OPCODE.i32Add];
  return [
    ...vectorStart,
    ...mixWithBlock(12, COUNTER),
    ...mixWithBlock(13, COUNTER + 8),
    ...mixWithBlock(14, LAST_BLOCK),
    ...set(ROUND, number32(SCHEDULE)),
    ...[OPCODE.block, NO_RESULT, OPCODE.loop, NO_RESULT],
    // Leaves the loop when no round is left.
    ...[...get(ROUNDS), OPCODE.i32EqualsZero, OPCODE.branchIf, 1],
    ...MIXINGS.flatMap((indices, position) => mix(indices, position)),
    ...set(ROUNDS, [...get(ROUNDS), ...number32(1), OPCODE.i32Subtract]),
    ...set(ROUND, nextRound),
    // The schedule starts over: SCHEDULE if ROUND is at its end, else ROUND.
    ...set(ROUND, [
      ...number32(SCHEDULE),
      ...get(ROUND),
      ...get(ROUND),
      ...number32(endOfSchedule),
      OPCODE.i32Equal,
      OPCODE.select,
    ]),
    ...[OPCODE.branch, 0, OPCODE.end, OPCODE.end],
    ...Array.from({ length: 8 }, (_, index) =>
      store(START, 8 * index, xor(load(START, 8 * index), get(V + index), get(V + 8 + index))),
    ).flat(),
  ];
}

/** The function G of RFC 7693 §3.1 with the words of the round at 2 × `position`. */
function mix([a, b, c, d]: readonly [number, number, number, number], position: number): Code {
  const word = (index: number) => load(loadByte(get(ROUND), 2 * position + index), MESSAGE);
  const v = (index: number) => get(V + index);
  const addWord = (index: number) => set(V + a, add(v(a), v(b), word(index)));
  const rotate = (target: number, other: number, bits: number) =>
    set(V + target, rotateRight(xor(v(target), v(other)), bits));
  const accumulate = set(V + c, add(v(c), v(d)));
  return [
    ...[...addWord(0), ...rotate(d, a, 32), ...accumulate, ...rotate(b, c, 24)],
    ...[...addWord(1), ...rotate(d, a, 16), ...accumulate, ...rotate(b, c, 63)],
  ];
}
