import { EMPTY_BUFFER, bufferFrom, openRegion, writeBuffer } from "../../../../src/machine/proving/buffer-tree.ts";
import type { MerkleBuffer, Region } from "../../../../src/machine/proving/buffer-tree.ts";
import { bytesToHex } from "../../../../src/primitives/index.ts";
import { encodeWords } from "./chain-states.ts";

// Inflating by docs/machine/chain.md §16, one step after the other, with nothing of src/batch or contracts/: bit by bit, by tables
// of codes written as strings of bits.

export type Mode = "block-head" | "stored" | "symbols" | "ended";
export const MODES: readonly Mode[] = ["block-head", "stored", "symbols", "ended"];

export interface Stream {
  readonly payload: Uint8Array;
  readonly payloadBuffer: MerkleBuffer;
  readonly bitPosition: number;
  readonly mode: Mode;
  readonly isFinal: boolean;
  readonly storedLeft: number;
  /** By symbol. */
  readonly literalLengths: readonly number[];
  readonly distanceLengths: readonly number[];
  readonly output: Uint8Array;
  readonly outputBuffer: MerkleBuffer;
}

/** A step, with the Regions that it opens in their order. */
export interface StreamStep {
  readonly after: Stream;
  readonly regions: readonly Region[];
}

/** Content is cut here. */
export const MAXIMUM = 2 ** 22;

export function newStream(payload: Uint8Array): Stream {
  return {
    payload,
    payloadBuffer: bufferFrom(payload),
    bitPosition: 0,
    mode: "block-head",
    isFinal: false,
    storedLeft: 0,
    literalLengths: [],
    distanceLengths: [],
    output: new Uint8Array(),
    outputBuffer: EMPTY_BUFFER,
  };
}

export function encodeStream(stream: Stream): Uint8Array {
  const packed = (lengths: readonly number[], word: number): bigint =>
    lengths
      .slice(64 * word, 64 * word + 64)
      .reduce((sum, length, index) => sum + BigInt(length) * 16n ** BigInt(index), 0n);
  return encodeWords([
    bytesToHex(stream.payloadBuffer.root),
    stream.payload.length,
    stream.bitPosition,
    MODES.indexOf(stream.mode),
    stream.isFinal,
    stream.storedLeft,
    ...[0, 1, 2, 3, 4].map((word) => packed(stream.literalLengths, word)),
    packed(stream.distanceLengths, 0),
    bytesToHex(stream.outputBuffer.root),
    stream.output.length,
  ]);
}

/** The next step, taken because the content is to have `needed` bytes. */
export function stepStream(stream: Stream, needed: number): StreamStep {
  switch (stream.mode) {
    case "block-head":
      return readHead(stream);
    case "stored":
      return copyStored(stream, needed);
    case "symbols":
      return inflateSymbols(stream, needed);
    case "ended":
      throw new Error("expected a stream that goes on");
  }
}

/** What ends the content. */
class Fault extends Error {}

function ended({ output, outputBuffer }: Stream): Stream {
  return { ...newStream(new Uint8Array()), mode: "ended", output, outputBuffer };
}

function afterBlock(stream: Stream): Stream {
  if (stream.isFinal) return ended(stream);
  return { ...stream, mode: "block-head", storedLeft: 0, literalLengths: [], distanceLengths: [] };
}

// ── The head of a block ───────────────────────────────────────────────────────────────────────────────────────────────

function readHead(stream: Stream): StreamStep {
  const regions = openPayload(stream, 320);
  try {
    return { after: afterHead(stream), regions };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { after: ended(stream), regions };
  }
}

function afterHead(stream: Stream): Stream {
  const reader = createReader(stream.payload, stream.bitPosition);
  if (stream.bitPosition === 0 && reader.bits(8) !== 1) throw new Fault("version");
  const isFinal = reader.bits(1) === 1;
  const type = reader.bits(2);
  if (type === 0) {
    const bitPosition = 8 * Math.ceil(reader.position() / 8);
    const bytes = createReader(stream.payload, bitPosition);
    const length = bytes.bits(16);
    if (bytes.bits(16) !== 0xffff - length) throw new Fault("c");
    return { ...stream, isFinal, mode: "stored", storedLeft: length, bitPosition: bytes.position() };
  }
  if (type === 3) throw new Fault("b");
  const lengths = type === 1 ? FIXED : readCodes(reader);
  return { ...stream, isFinal, mode: "symbols", ...lengths, bitPosition: reader.position() };
}

type Codes = Pick<Stream, "literalLengths" | "distanceLengths">;

const FIXED: Codes = {
  literalLengths: Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
  distanceLengths: Array<number>(32).fill(5),
};
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function readCodes(reader: Reader): Codes {
  const literalCount = reader.bits(5) + 257;
  const distanceCount = reader.bits(5) + 1;
  const codeLengthCount = reader.bits(4) + 4;
  if (literalCount > 286 || distanceCount > 30) throw new Fault("d");
  const codeLengths = Array<number>(19).fill(0);
  for (const symbol of ORDER.slice(0, codeLengthCount)) codeLengths[symbol] = reader.bits(3);
  if (spaceOf(codeLengths) !== 1) throw new Fault("e");
  const code = codeOf(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = reader.symbol(code);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    const previous = symbol === 16 ? lengths.at(-1) : 0;
    if (previous === undefined) throw new Fault("f");
    const count = symbol === 16 ? 3 + reader.bits(2) : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
    lengths.push(...Array<number>(count).fill(previous));
  }
  if (lengths.length > literalCount + distanceCount) throw new Fault("f");
  const literalLengths = lengths.slice(0, literalCount);
  const distanceLengths = lengths.slice(literalCount);
  if (literalLengths[256] === 0) throw new Fault("g");
  if (!isCode(literalLengths) || !(isCode(distanceLengths) || spaceOf(distanceLengths) === 0)) throw new Fault("h");
  return { literalLengths, distanceLengths };
}

/** The share of all strings of bits that begin with a code. */
function spaceOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => (length === 0 ? sum : sum + 2 ** -length), 0);
}

function isCode(lengths: readonly number[]): boolean {
  return spaceOf(lengths) === 1 || lengths.filter((length) => length > 0).join() === "1";
}

// ── What is in a block ────────────────────────────────────────────────────────────────────────────────────────────────

function copyStored(stream: Stream, needed: number): StreamStep {
  const { payload, output, storedLeft } = stream;
  const position = stream.bitPosition / 8;
  const count = Math.min(storedLeft, needed - output.length, 32_768, payload.length - position);
  const regions = count === 0 ? [] : [regionOf(stream.payloadBuffer, position, count)];
  const written = write(stream, payload.subarray(position, position + count));
  const copied = { ...written.after, storedLeft: storedLeft - count, bitPosition: stream.bitPosition + 8 * count };
  const isShort = position + count === payload.length;
  const after = copied.storedLeft === 0 ? afterBlock(copied) : isShort ? ended(copied) : copied;
  return { after, regions: [...regions, ...written.regions] };
}

function inflateSymbols(stream: Stream, needed: number): StreamStep {
  const regions = openPayload(stream, 512);
  const literals = codeOf(stream.literalLengths);
  const reader = createReader(stream.payload, stream.bitPosition);
  try {
    const symbol = reader.symbol(literals);
    if (symbol === 256) return { after: afterBlock({ ...stream, bitPosition: reader.position() }), regions };
    if (symbol > 256) return takeMatch(stream, reader, symbol, regions);
    const taken = [symbol];
    let bitPosition = reader.position();
    while (taken.length < 256 && stream.output.length + taken.length < needed) {
      const next = literalAt(stream.payload, bitPosition, literals);
      if (next === undefined) break;
      taken.push(next.literal);
      bitPosition = next.end;
    }
    const written = write({ ...stream, bitPosition }, Uint8Array.from(taken));
    return { after: written.after, regions: [...regions, ...written.regions] };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { after: ended(stream), regions };
  }
}

function literalAt(payload: Uint8Array, position: number, code: Code): { literal: number; end: number } | undefined {
  const reader = createReader(payload, position);
  try {
    const literal = reader.symbol(code);
    return literal < 256 ? { literal, end: reader.position() } : undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return undefined;
  }
}

const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

function takeMatch(stream: Stream, reader: Reader, symbol: number, regions: readonly Region[]): StreamStep {
  const { output } = stream;
  const lengthBase = LENGTHS[symbol - 257];
  if (lengthBase === undefined) throw new Fault("i");
  const length = lengthBase + reader.bits(LENGTH_BITS[symbol - 257] as number);
  const distanceSymbol = reader.symbol(codeOf(stream.distanceLengths));
  const distanceBase = DISTANCES[distanceSymbol];
  if (distanceBase === undefined) throw new Fault("i");
  const distance = distanceBase + reader.bits(DISTANCE_BITS[distanceSymbol] as number);
  if (distance > output.length) throw new Fault("j");

  const start = output.length - distance;
  const pattern = output.subarray(start, start + Math.min(distance, length));
  const bytes = Uint8Array.from(
    { length: Math.min(length, MAXIMUM - output.length) },
    (_, index) => pattern[index % pattern.length] as number,
  );
  const written = write({ ...stream, bitPosition: reader.position() }, bytes);
  const opened = regionOf(stream.outputBuffer, start, pattern.length);
  return { after: written.after, regions: [...regions, opened, ...written.regions] };
}

// ── Bits and bytes ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Symbols by their codes, written as strings of bits. */
type Code = ReadonlyMap<string, number>;

const codes = new WeakMap<readonly number[], Code>();

/** RFC 1951 §3.2.2. Throws a Fault if there are too many codes for their lengths. */
function codeOf(lengths: readonly number[]): Code {
  const known = codes.get(lengths);
  if (known !== undefined) return known;
  if (spaceOf(lengths) > 1) throw new Fault("h");
  const code = new Map<string, number>();
  let next = 0;
  for (let length = 1; length <= 15; length++) {
    next *= 2;
    lengths.forEach((candidate, symbol) => {
      if (candidate === length) code.set((next++).toString(2).padStart(length, "0"), symbol);
    });
  }
  codes.set(lengths, code);
  return code;
}

interface Reader {
  position(): number;
  /** The lowest bit first. */
  bits(count: number): number;
  symbol(code: Code): number;
}

/** Reads from bit `position` on; throws a Fault where there is nothing to read. */
function createReader(payload: Uint8Array, position: number): Reader {
  let next = position;
  const bit = (): number => {
    const byte = payload[next >> 3];
    if (byte === undefined) throw new Fault("a");
    return (byte >> (next++ & 7)) & 1;
  };
  return {
    position: () => next,
    bits: (count) => {
      let value = 0;
      for (let index = 0; index < count; index++) value += bit() * 2 ** index;
      return value;
    },
    symbol: (code) => {
      let bits = "";
      while (bits.length < 15) {
        bits += bit();
        const symbol = code.get(bits);
        if (symbol !== undefined) return symbol;
      }
      throw new Fault("i");
    },
  };
}

function openPayload({ payload, payloadBuffer, bitPosition }: Stream, length: number): readonly Region[] {
  const position = bitPosition >> 3;
  const count = Math.min(length, payload.length - position);
  return count === 0 ? [] : [regionOf(payloadBuffer, position, count)];
}

/** The words of `length` > 0 bytes. */
function regionOf(buffer: MerkleBuffer, position: number, length: number): Region {
  const first = position >> 5;
  return openRegion(buffer, first, ((position + length - 1) >> 5) - first + 1);
}

function write(stream: Stream, bytes: Uint8Array): StreamStep {
  if (bytes.length === 0) return { after: stream, regions: [] };
  const position = stream.output.length;
  const output = Buffer.concat([stream.output, bytes]);
  const outputBuffer = writeBuffer(stream.outputBuffer, output, position >> 5, (output.length - 1) >> 5);
  return {
    after: { ...stream, output, outputBuffer },
    regions: [regionOf(stream.outputBuffer, position, bytes.length)],
  };
}
