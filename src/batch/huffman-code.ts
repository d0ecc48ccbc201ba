import { dropBits, holdBits } from "./bit-reader.ts";
import type { BitReader } from "./bit-reader.ts";

/** Longest code of DEFLATE, in bits. */
export const MAXIMUM_CODE_LENGTH = 15;

/**
 * Codes up to this long are remembered once they are found, and not before: whoever sends many blocks of few symbols has
 * no tables filled for each. Longer codes, which are rare, are found by counting whenever they come.
 */
const MAXIMUM_FOUND_BITS = 10;

/**
 * A canonical Huffman code (RFC 1951 §3.2.2). It is made by clearing it, naming the symbols that have a code, and assigning
 * the codes, and can be made again in the same memory. The work is that of the symbols named.
 */
export interface HuffmanCode {
  /** How many symbols have a code of each length. */
  readonly counts: Uint16Array;
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array;
  /** By the next bits under `foundMask`: `symbol << 4 | length` of the code they begin with; 0 if none was found yet. */
  readonly found: Uint16Array;
  foundMask: number;
  /** The symbols named: [first, end) of each run, rising, and the length of their codes. */
  readonly runFirsts: Uint16Array;
  readonly runEnds: Uint16Array;
  readonly runLengths: Uint8Array;
  runCount: number;
}

/** Of all strings of bits, how many begin with a code. */
export type CodeSpace =
  | "complete"
  /** There is one code, of one bit. */
  | "single"
  | "empty"
  /** There are more codes than their lengths allow, or fewer. */
  | "invalid";

/** A code of up to so many symbols, without any yet. */
export function createHuffmanCode(maximumSymbols: number): HuffmanCode {
  return {
    counts: new Uint16Array(MAXIMUM_CODE_LENGTH + 1),
    symbols: new Uint16Array(maximumSymbols),
    found: new Uint16Array(1 << MAXIMUM_FOUND_BITS),
    foundMask: 0,
    runFirsts: new Uint16Array(maximumSymbols),
    runEnds: new Uint16Array(maximumSymbols),
    runLengths: new Uint8Array(maximumSymbols),
    runCount: 0,
  };
}

export function clearCode(code: HuffmanCode): void {
  for (let length = 1; length <= MAXIMUM_CODE_LENGTH; length++) code.counts[length] = 0;
  code.runCount = 0;
}

/** Names the symbols [first, end), above those named before, with the length of their codes: 1 to 15 bits. */
export function nameSymbols(code: HuffmanCode, first: number, end: number, length: number): void {
  const run = code.runCount++;
  code.runFirsts[run] = first;
  code.runEnds[run] = end;
  code.runLengths[run] = length;
  code.counts[length] = (code.counts[length] as number) + end - first;
}

/** The places in `symbols` of the codes of each length, while they are filled. */
const places = new Uint16Array(MAXIMUM_CODE_LENGTH + 1);

/** Gives the symbols named their codes. After "invalid" there is no code. */
export function assignCodes(code: HuffmanCode): CodeSpace {
  const { counts, symbols } = code;

  // 1. Are these lengths those of a code?
  let space = 1;
  let place = 0;
  let longest = 0;
  for (let length = 1; length <= MAXIMUM_CODE_LENGTH; length++) {
    const count = counts[length] as number;
    space = 2 * space - count;
    if (space < 0) return "invalid";
    if (count > 0) longest = length;
    places[length] = place;
    place += count;
  }
  // `place` is now the number of symbols.
  const isSingle = place === 1 && longest === 1;
  if (space > 0 && place > 0 && !isSingle) return "invalid";

  // 2. Symbols by length, then by value.
  for (let run = 0; run < code.runCount; run++) {
    const length = code.runLengths[run] as number;
    const end = code.runEnds[run] as number;
    let to = places[length] as number;
    for (let symbol = code.runFirsts[run] as number; symbol < end; symbol++) symbols[to++] = symbol;
    places[length] = to;
  }

  const size = 1 << Math.min(longest, MAXIMUM_FOUND_BITS);
  code.foundMask = size - 1;
  code.found.fill(0, 0, size);
  return space === 0 ? "complete" : isSingle ? "single" : "empty";
}

/** The length of each symbol's code, 0 for those that have none. */
export function codeLengthsOf({ symbols, runFirsts, runEnds, runLengths, runCount }: HuffmanCode): Uint8Array {
  const lengths = new Uint8Array(symbols.length);
  for (let run = 0; run < runCount; run++) {
    lengths.fill(runLengths[run] as number, runFirsts[run] as number, runEnds[run] as number);
  }
  return lengths;
}

/** `symbol << 4 | length` of the code that the bits begin with; 0 if none does. */
export function findCode(code: HuffmanCode, bits: number): number {
  const entry = code.found[bits & code.foundMask] as number;
  return entry === 0 ? countToCode(code, bits) : entry;
}

/** As `findCode`, bit by bit: the codes of one length are consecutive numbers, and so are the places of their symbols. */
function countToCode({ counts, symbols, found, foundMask }: HuffmanCode, bits: number): number {
  let value = 0;
  let first = 0;
  let place = 0;
  for (let length = 1; length <= MAXIMUM_CODE_LENGTH; length++) {
    value = (value << 1) | ((bits >>> (length - 1)) & 1);
    const count = counts[length] as number;
    if (value - first < count) {
      const entry = ((symbols[place + value - first] as number) << 4) | length;
      if (1 << length <= foundMask + 1) found[bits & foundMask] = entry;
      return entry;
    }
    place += count;
    first = (first + count) << 1;
  }
  return 0;
}

/** The next symbol; −1 if the bits are no code, or end within it. */
export function takeSymbol(reader: BitReader, code: HuffmanCode): number {
  if (reader.heldCount < MAXIMUM_CODE_LENGTH) holdBits(reader);
  const entry = findCode(code, reader.held);
  const length = entry & 15;
  if (entry === 0 || length > reader.heldCount) return -1;
  dropBits(reader, length);
  return entry >>> 4;
}
