/** An error of the stream by the rules of specification §3, or more output than its limit: what ends the content. */
class EndOfContent extends Error {}

const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Symbols by their code, written as a string of bits. */
type HuffmanCode = ReadonlyMap<string, number>;

/**
 * Inflates a raw DEFLATE stream the slow and obvious way, straight from RFC 1951 and the rules of specification §3: what
 * comes out before the first error, the end, or `limit` bytes.
 */
export function referenceInflate(bytes: Uint8Array, limit: number): Uint8Array {
  const output: number[] = [];
  try {
    inflateInto(output, bytes, limit);
  } catch (error) {
    if (!(error instanceof EndOfContent)) throw error;
  }
  return Uint8Array.from(output);
}

function inflateInto(output: number[], bytes: Uint8Array, limit: number): void {
  let position = 0;

  const bit = (): number => {
    const byte = bytes[position >> 3];
    if (byte === undefined) throw new EndOfContent("truncated");
    return (byte >> (position++ & 7)) & 1;
  };
  const bits = (count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++) value += bit() * 2 ** index;
    return value;
  };
  const symbol = (code: HuffmanCode): number => {
    let prefix = "";
    while (prefix.length < 15) {
      prefix += bit();
      const found = code.get(prefix);
      if (found !== undefined) return found;
    }
    throw new EndOfContent("unassigned code");
  };
  const emit = (byte: number): void => {
    if (output.length === limit) throw new EndOfContent("too large");
    output.push(byte);
  };
  const compressedBlock = (literals: HuffmanCode, distances: HuffmanCode): void => {
    for (;;) {
      const literal = symbol(literals);
      if (literal === 256) return;
      if (literal < 256) {
        emit(literal);
        continue;
      }
      const lengthBase = LENGTH_BASES[literal - 257];
      if (lengthBase === undefined) throw new EndOfContent("length symbol 286 or 287");
      const length = lengthBase + bits(LENGTH_EXTRA_BITS[literal - 257]!);
      const distanceSymbol = symbol(distances);
      const distanceBase = DISTANCE_BASES[distanceSymbol];
      if (distanceBase === undefined) throw new EndOfContent("distance symbol 30 or 31");
      const distance = distanceBase + bits(DISTANCE_EXTRA_BITS[distanceSymbol]!);
      if (distance > output.length) throw new EndOfContent("distance before the start");
      for (let index = 0; index < length; index++) emit(output[output.length - distance]!);
    }
  };

  for (let final = false; !final;) {
    final = bit() === 1;
    const type = bits(2);
    if (type === 0) {
      position = Math.ceil(position / 8) * 8;
      const length = bits(16);
      if (bits(16) !== 0xffff - length) throw new EndOfContent("stored length and its complement differ");
      for (let index = 0; index < length; index++) emit(bits(8));
    } else if (type === 1) {
      const lengths = Array.from({ length: 288 }, (_, index) =>
        index < 144 ? 8 : index < 256 ? 9 : index < 280 ? 7 : 8,
      );
      compressedBlock(huffmanCode(lengths), huffmanCode(Array<number>(32).fill(5)));
    } else if (type === 2) {
      const literalCount = bits(5) + 257;
      const distanceCount = bits(5) + 1;
      const codeLengthCount = bits(4) + 4;
      if (literalCount > 286 || distanceCount > 30) throw new EndOfContent("too many codes");
      const codeLengths = Array<number>(19).fill(0);
      for (let index = 0; index < codeLengthCount; index++) codeLengths[CODE_LENGTH_ORDER[index]!] = bits(3);
      if (!isComplete(codeLengths)) throw new EndOfContent("incomplete code of code lengths");
      const codeLengthCode = huffmanCode(codeLengths);
      const lengths: number[] = [];
      while (lengths.length < literalCount + distanceCount) {
        const length = symbol(codeLengthCode);
        if (length < 16) {
          lengths.push(length);
        } else {
          const previous = lengths.at(-1);
          if (length === 16 && previous === undefined) throw new EndOfContent("nothing to repeat");
          const count = length === 16 ? 3 + bits(2) : length === 17 ? 3 + bits(3) : 11 + bits(7);
          for (let index = 0; index < count; index++) lengths.push(length === 16 ? previous! : 0);
        }
      }
      if (lengths.length > literalCount + distanceCount) throw new EndOfContent("repeat beyond the last code");
      const literalLengths = lengths.slice(0, literalCount);
      const distanceLengths = lengths.slice(literalCount);
      if (literalLengths[256] === 0) throw new EndOfContent("no code for the end of the block");
      if (!isComplete(literalLengths) && !isLone(literalLengths)) throw new EndOfContent("incomplete literal code");
      if (!isComplete(distanceLengths) && !isLone(distanceLengths) && distanceLengths.some((length) => length > 0)) {
        throw new EndOfContent("incomplete distance code");
      }
      compressedBlock(huffmanCode(literalLengths), huffmanCode(distanceLengths));
    } else {
      throw new EndOfContent("block type 3");
    }
  }
}

/** Canonical codes of RFC 1951 §3.2.2. Throws EndOfContent if there are too many for their lengths. */
function huffmanCode(lengths: readonly number[]): HuffmanCode {
  if (space(lengths) > 1) throw new EndOfContent("over-subscribed code");
  const code = new Map<string, number>();
  let next = 0;
  for (let length = 1; length <= 15; length++) {
    next *= 2;
    lengths.forEach((candidate, symbol) => {
      if (candidate === length) code.set((next++).toString(2).padStart(length, "0"), symbol);
    });
  }
  return code;
}

/** The share of all bit strings that begin with a code of these lengths. */
function space(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + (length === 0 ? 0 : 2 ** -length), 0);
}

function isComplete(lengths: readonly number[]): boolean {
  return space(lengths) === 1;
}

/** One code only, of one bit. */
function isLone(lengths: readonly number[]): boolean {
  return space(lengths) === 0.5 && lengths.includes(1);
}
