import { alignToByte, bitPosition, createBitReader, takeBits } from "./bit-reader.ts";
import type { BitReader } from "./bit-reader.ts";
import {
  MAXIMUM_CODE_LENGTH,
  assignCodes,
  clearCode,
  codeLengthsOf,
  createHuffmanCode,
  findCode,
  nameSymbols,
  takeSymbol,
} from "./huffman-code.ts";
import type { HuffmanCode } from "./huffman-code.ts";
import type { PayloadContent } from "./payload-content.ts";

/** First byte of every payload (specification §3 rule 1). */
export const PAYLOAD_VERSION = 0x01;

/** What comes next in a stream, in the order of docs/machine.md §16. */
export const INFLATE_MODES = ["block-head", "stored", "symbols", "ended"] as const;

export type InflateMode = (typeof INFLATE_MODES)[number];

/** Where a stream stands (`Stream` of docs/machine.md §16). In mode "ended" nothing but the mode means anything. */
export interface InflateState {
  readonly mode: InflateMode;
  /** In the payload, the lowest bit of each byte first. */
  readonly bitPosition: number;
  /** In a block: whether it is the last one. */
  readonly isFinal: boolean;
  /** In mode "stored": bytes of the block that are still to come. */
  readonly storedLeft: number;
}

/** Lengths of the codes of a block by symbol, in bits; 0 is none. */
export interface CodeLengths {
  readonly literals: Uint8Array;
  readonly distances: Uint8Array;
}

/** A range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** What a step has read besides the bits it took: bytes of the payload in mode "stored", of what came out in mode "symbols". */
export type InflateStep = ByteRange | undefined;

/** A payload that is being inflated: as far as somebody reads, or step by step. Both come by the same states. */
export interface Inflater extends PayloadContent {
  readonly payload: Uint8Array;
  state(): InflateState;
  /** In mode "symbols". */
  codeLengths(): CodeLengths;
  /** What has come out. What this gave stays as it is. */
  output(): Uint8Array;
  /**
   * One step of docs/machine.md §16: the head of a block, a part of a stored one, up to 256 literals, a match or the end of a
   * block. `needed` is more than has come out, and at most the maximum. Throws if the stream has ended.
   */
  step(needed: number): InflateStep;
}

/**
 * What a payload gives: a version byte and a raw DEFLATE stream (RFC 1951), of which all comes out before its first error, its
 * end or `maximum` bytes (specification §3), inflated at most 257 bytes further than somebody reads. Total; the work is bounded
 * by the bytes that are consumed and those that come out.
 */
export function createInflater(payload: Uint8Array, maximum: number): Inflater {
  const inflation: Inflation = {
    reader: createBitReader(payload),
    maximum,
    output: new Uint8Array(Math.min(maximum, INITIAL_CAPACITY)),
    size: 0,
    phase: "block-head",
    isFinal: false,
    storedLeft: 0,
    codes: FIXED_CODES,
    dynamicCodes: undefined,
    match: { distance: 0, length: 0 },
  };
  return {
    payload,
    state: () => ({
      mode: inflation.phase,
      bitPosition: bitPosition(inflation.reader),
      isFinal: inflation.isFinal,
      storedLeft: inflation.storedLeft,
    }),
    codeLengths: () => ({
      literals: codeLengthsOf(inflation.codes.literals),
      distances: codeLengthsOf(inflation.codes.distances),
    }),
    output: () => inflation.output.subarray(0, inflation.size),
    step: (needed) => takeStep(inflation, needed),
    read(position, length) {
      const end = position + length;
      if (end > maximum) return undefined;
      while (inflation.size < end && inflation.phase !== "ended") inflation.phase = advance(inflation, end);
      return inflation.size < end ? undefined : inflation.output.subarray(position, end);
    },
  };
}

const INITIAL_CAPACITY = 4_096;
/** Bytes from which on a call that copies them costs less than a loop. */
const LONG_COPY = 24;
const END_OF_BLOCK = 256;
const FIRST_LENGTH = 257;
const LITERAL_SYMBOLS = 286;
const DISTANCE_SYMBOLS = 30;
const REPEAT_PREVIOUS = 16;
const REPEAT_ZERO = 17;

// RFC 1951 §3.2.5.
const LENGTH_BASES = Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ],
);
const LENGTH_EXTRA_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const DISTANCE_BASES = Uint16Array.of(
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097],
  ...[6145, 8193, 12289, 16385, 24577],
);
const DISTANCE_EXTRA_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13],
);
/** The order in which a block names the lengths of the codes of code lengths (RFC 1951 §3.2.7). */
const CODE_LENGTH_ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

/** The codes of a block; a literal/length symbol may also end it. */
interface BlockCodes {
  readonly literals: HuffmanCode;
  readonly distances: HuffmanCode;
}

const FIXED_CODES = fixedCodes();

interface Inflation {
  readonly reader: BitReader;
  readonly maximum: number;
  /** What came out, and room for more. */
  output: Uint8Array;
  /** Bytes that came out. */
  size: number;
  phase: InflateMode;
  /** Whether the block is the last one. */
  isFinal: boolean;
  /** Bytes of a stored block that are still to come. */
  storedLeft: number;
  codes: BlockCodes;
  /** Memory for the codes of dynamic blocks, from the first one on. */
  dynamicCodes: (BlockCodes & { readonly codeLengths: HuffmanCode }) | undefined;
  /** The last one: how far it reaches back, and its bytes, were it not cut. */
  readonly match: { distance: number; length: number };
}

/** Goes on until the phase changes, or `target` bytes are there; gives the phase that is next. */
function advance(inflation: Inflation, target: number): InflateMode {
  switch (inflation.phase) {
    case "block-head":
      return beginBlock(inflation);
    case "stored":
      return copyStored(inflation, target);
    case "symbols":
      return inflateSymbols(inflation, target);
    case "ended":
      return "ended";
  }
}

function endBlock({ isFinal }: Inflation): InflateMode {
  return isFinal ? "ended" : "block-head";
}

function beginBlock(inflation: Inflation): InflateMode {
  const { reader } = inflation;
  if (bitPosition(reader) === 0) {
    if (reader.bytes[0] !== PAYLOAD_VERSION) return "ended";
    reader.position = 1;
  }
  const head = takeBits(reader, 3);
  inflation.isFinal = (head & 1) === 1;
  switch (head >> 1) {
    case 0: {
      alignToByte(reader);
      const length = takeBits(reader, 16);
      const complement = takeBits(reader, 16);
      if (length < 0 || complement !== (length ^ 0xffff)) return "ended";
      alignToByte(reader);
      inflation.storedLeft = length;
      return "stored";
    }
    case 1:
      inflation.codes = FIXED_CODES;
      return "symbols";
    case 2:
      return readDynamicCodes(inflation) ? "symbols" : "ended";
    default:
      return "ended";
  }
}

function copyStored(inflation: Inflation, target: number): InflateMode {
  const { reader } = inflation;
  const count = Math.min(inflation.storedLeft, target - inflation.size, reader.bytes.length - reader.position);
  reserve(inflation, inflation.size + count);
  inflation.output.set(reader.bytes.subarray(reader.position, reader.position + count), inflation.size);
  inflation.size += count;
  reader.position += count;
  inflation.storedLeft -= count;
  if (inflation.storedLeft === 0) return endBlock(inflation);
  return reader.position === reader.bytes.length ? "ended" : "stored";
}

function inflateSymbols(inflation: Inflation, target: number): InflateMode {
  while (inflation.size < target) {
    reserve(inflation, inflation.size + 1);
    const symbol = inflateLiterals(inflation, Math.min(target, inflation.output.length));
    if (symbol === END_OF_BLOCK) return endBlock(inflation);
    if (symbol >= FIRST_LENGTH && !inflateMatch(inflation, symbol - FIRST_LENGTH)) return "ended";
    if (symbol < 0) return "ended";
  }
  return "symbols";
}

/**
 * Writes literals until there are `limit` bytes. The symbol after them if it is no literal; −1 if there is none; the last
 * literal if the limit was reached.
 */
function inflateLiterals(inflation: Inflation, limit: number): number {
  const { reader, output } = inflation;
  const { literals } = inflation.codes;
  const { bytes } = reader;
  // Most of the time of inflating is spent in this loop, and twice as much if these were not local.
  let { position, held, heldCount } = reader;
  let { size } = inflation;
  let symbol = 0;
  while (size < limit) {
    if (heldCount < MAXIMUM_CODE_LENGTH) {
      while (heldCount <= 24 && position < bytes.length) {
        held |= (bytes[position++] as number) << heldCount;
        heldCount += 8;
      }
    }
    const entry = findCode(literals, held);
    const length = entry & 15;
    if (entry === 0 || length > heldCount) {
      symbol = -1;
      break;
    }
    held >>>= length;
    heldCount -= length;
    symbol = entry >>> 4;
    if (symbol >= END_OF_BLOCK) break;
    output[size++] = symbol;
  }
  reader.position = position;
  reader.held = held;
  reader.heldCount = heldCount;
  inflation.size = size;
  return symbol;
}

/** Whether there is a match to write. */
function inflateMatch(inflation: Inflation, lengthSymbol: number): boolean {
  const { reader, size } = inflation;
  if (lengthSymbol >= LENGTH_BASES.length) return false;
  const lengthExtra = takeBits(reader, LENGTH_EXTRA_BITS[lengthSymbol] as number);
  if (lengthExtra < 0) return false;
  const distanceSymbol = takeSymbol(reader, inflation.codes.distances);
  if (distanceSymbol < 0 || distanceSymbol >= DISTANCE_SYMBOLS) return false;
  const distanceExtra = takeBits(reader, DISTANCE_EXTRA_BITS[distanceSymbol] as number);
  const distance = (DISTANCE_BASES[distanceSymbol] as number) + distanceExtra;
  if (distanceExtra < 0 || distance > size) return false;

  const length = (LENGTH_BASES[lengthSymbol] as number) + lengthExtra;
  inflation.match.distance = distance;
  inflation.match.length = length;
  const end = Math.min(size + length, inflation.maximum);
  reserve(inflation, end);
  const { output } = inflation;
  if (end - size < LONG_COPY || (distance > 1 && distance < end - size)) {
    // Byte by byte, as the match may repeat what it writes.
    for (let to = size; to < end; to++) output[to] = output[to - distance] as number;
  } else if (distance === 1) {
    output.fill(output[size - 1] as number, size, end);
  } else {
    output.copyWithin(size, size - distance, end - distance);
  }
  inflation.size = end;
  return true;
}

/** Makes room for `size` bytes of output, at most the maximum. */
function reserve(inflation: Inflation, size: number): void {
  const { output, maximum } = inflation;
  if (size <= output.length) return;
  const larger = new Uint8Array(Math.min(maximum, Math.max(size, 2 * output.length)));
  larger.set(output.subarray(0, inflation.size));
  inflation.output = larger;
}

// ── Step by step ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes of a stored block that a step copies at most. */
const STORED_STRIDE = 32_768;
/** Literals that a step takes at most. */
const LITERALS_STRIDE = 256;

function takeStep(inflation: Inflation, needed: number): InflateStep {
  const { size, reader } = inflation;
  switch (inflation.phase) {
    case "block-head":
      inflation.phase = beginBlock(inflation);
      return undefined;
    case "stored": {
      const { position } = reader;
      inflation.phase = copyStored(inflation, Math.min(needed, size + STORED_STRIDE));
      return { start: position, length: inflation.size - size };
    }
    case "symbols":
      return takeSymbols(inflation, needed);
    case "ended":
      throw new Error("the stream has ended");
  }
}

function takeSymbols(inflation: Inflation, needed: number): InflateStep {
  const { reader, size } = inflation;
  const limit = Math.min(needed, size + LITERALS_STRIDE);
  reserve(inflation, limit);
  while (inflation.size < limit) {
    const { position, held, heldCount } = reader;
    const symbol = takeSymbol(reader, inflation.codes.literals);
    if (symbol >= 0 && symbol < END_OF_BLOCK) {
      inflation.output[inflation.size++] = symbol;
      continue;
    }
    if (inflation.size > size) {
      // What is no literal is for the next step.
      Object.assign(reader, { position, held, heldCount });
      return undefined;
    }
    if (symbol === END_OF_BLOCK) {
      inflation.phase = endBlock(inflation);
      return undefined;
    }
    if (symbol < 0 || !inflateMatch(inflation, symbol - FIRST_LENGTH)) {
      inflation.phase = "ended";
      return undefined;
    }
    const { distance, length } = inflation.match;
    return { start: size - distance, length: Math.min(distance, length) };
  }
  return undefined;
}

// ── Codes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The lengths of the codes of code lengths, while they are read. */
const codeLengthLengths = new Uint8Array(CODE_LENGTH_ORDER.length);

/** Reads the head of a dynamic block (RFC 1951 §3.2.7); false if it has an error. */
function readDynamicCodes(inflation: Inflation): boolean {
  const { reader } = inflation;
  const codes = (inflation.dynamicCodes ??= {
    literals: createHuffmanCode(LITERAL_SYMBOLS),
    distances: createHuffmanCode(DISTANCE_SYMBOLS),
    codeLengths: createHuffmanCode(CODE_LENGTH_ORDER.length),
  });
  const { literals, distances, codeLengths } = codes;

  // 1. How many codes there are.
  const counts = takeBits(reader, 14);
  if (counts < 0) return false;
  const literalCount = (counts & 31) + 257;
  const distanceCount = ((counts >> 5) & 31) + 1;
  const codeLengthCount = (counts >> 10) + 4;
  if (literalCount > LITERAL_SYMBOLS || distanceCount > DISTANCE_SYMBOLS) return false;

  // 2. The code of code lengths.
  codeLengthLengths.fill(0);
  for (let index = 0; index < codeLengthCount; index++) {
    const length = takeBits(reader, 3);
    if (length < 0) return false;
    codeLengthLengths[CODE_LENGTH_ORDER[index] as number] = length;
  }
  clearCode(codeLengths);
  for (let symbol = 0; symbol < codeLengthLengths.length; symbol++) {
    const length = codeLengthLengths[symbol] as number;
    if (length > 0) nameSymbols(codeLengths, symbol, symbol + 1, length);
  }
  if (assignCodes(codeLengths) !== "complete") return false;

  // 3. The lengths of both codes, in one list.
  clearCode(literals);
  clearCode(distances);
  const count = literalCount + distanceCount;
  let previous = 0;
  let endsBlock = false;
  for (let index = 0; index < count;) {
    const symbol = takeSymbol(reader, codeLengths);
    if (symbol < 0 || (symbol === REPEAT_PREVIOUS && index === 0)) return false;
    const repeats = symbol < REPEAT_PREVIOUS ? 1 : takeRepeats(reader, symbol);
    const end = index + repeats;
    if (repeats < 0 || end > count) return false;
    if (symbol !== REPEAT_PREVIOUS) previous = symbol < REPEAT_PREVIOUS ? symbol : 0;
    if (previous > 0) {
      if (index <= END_OF_BLOCK && END_OF_BLOCK < end) endsBlock = true;
      // One run of lengths may be of the last symbols of the one code and the first of the other.
      if (index < literalCount) nameSymbols(literals, index, Math.min(end, literalCount), previous);
      if (end > literalCount) {
        nameSymbols(distances, Math.max(index, literalCount) - literalCount, end - literalCount, previous);
      }
    }
    index = end;
  }

  // 4. The codes.
  if (!endsBlock || assignCodes(literals) === "invalid" || assignCodes(distances) === "invalid") return false;
  inflation.codes = codes;
  return true;
}

/** How many lengths a repeat stands for; −1 if the stream ends within it. */
function takeRepeats(reader: BitReader, symbol: number): number {
  const extra = takeBits(reader, symbol === REPEAT_PREVIOUS ? 2 : symbol === REPEAT_ZERO ? 3 : 7);
  return extra < 0 ? -1 : extra + (symbol <= REPEAT_ZERO ? 3 : 11);
}

/** RFC 1951 §3.2.6. Two symbols of each code have a code and no meaning. */
function fixedCodes(): BlockCodes {
  const literals = createHuffmanCode(LITERAL_SYMBOLS + 2);
  nameSymbols(literals, 0, 144, 8);
  nameSymbols(literals, 144, 256, 9);
  nameSymbols(literals, 256, 280, 7);
  nameSymbols(literals, 280, 288, 8);
  assignCodes(literals);
  const distances = createHuffmanCode(DISTANCE_SYMBOLS + 2);
  nameSymbols(distances, 0, 32, 5);
  assignCodes(distances);
  return { literals, distances };
}
