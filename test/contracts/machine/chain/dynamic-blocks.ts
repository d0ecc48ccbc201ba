import { number } from "../../../batch/deflate-bits.ts";

// Blocks of dynamic codes (RFC 1951 §3.2.7) from any code lengths, as strings of bits in the order they are read.

/** A code length, or a repeat: 16 of the length before it 3 to 6 times, 17 of 0 3 to 10 times, 18 of 0 11 to 138 times. */
export type LengthItem = number | { readonly repeat: 16 | 17 | 18; readonly times: number };

/** Codes of symbols that have a length, by RFC 1951 §3.2.2, whether or not there is room for them. */
export function codesOf(lengths: readonly number[]): ReadonlyMap<number, string> {
  const codes = new Map<number, string>();
  let next = 0;
  for (let length = 1; length <= 15; length++) {
    next *= 2;
    lengths.forEach((candidate, symbol) => {
      if (candidate === length) codes.set(symbol, (next++).toString(2).padStart(length, "0").slice(-length));
    });
  }
  return codes;
}

/** Lengths of a complete code of code lengths: 5 bits for what dynamic blocks here rarely need, else 4. */
const CODE_LENGTHS = Array.from({ length: 19 }, (_, symbol) => (symbol >= 8 && symbol < 14 ? 5 : 4));
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

export interface DynamicHead {
  readonly isFinal?: boolean;
  readonly literalCount: number;
  readonly distanceCount: number;
  /** Of both codes, the literal/length symbols first. */
  readonly lengths: readonly LengthItem[];
  /** By symbol. */
  readonly codeLengths?: readonly number[];
}

/** The head of a block, to the end of its codes. */
export function dynamicHead(head: DynamicHead): string {
  const { isFinal = true, literalCount, distanceCount, lengths, codeLengths = CODE_LENGTHS } = head;
  const codes = codesOf(codeLengths);
  const codeOf = (symbol: number): string => codes.get(symbol) ?? "";
  return [
    isFinal ? "1" : "0",
    number(2, 2),
    number(literalCount - 257, 5),
    number(distanceCount - 1, 5),
    number(15, 4),
    ...ORDER.map((symbol) => number(codeLengths[symbol] ?? 0, 3)),
    ...lengths.map((item) => {
      if (typeof item === "number") return codeOf(item);
      const [least, width] = item.repeat === 16 ? [3, 2] : item.repeat === 17 ? [3, 3] : [11, 7];
      return codeOf(item.repeat) + number(item.times - least, width);
    }),
  ].join("");
}

/** Runs of lengths, each as often as it says. */
export function runs(...parts: readonly (readonly [length: number, times: number])[]): number[] {
  return parts.flatMap(([length, times]) => Array<number>(times).fill(length));
}

/** The head of a block with these code lengths, by symbol, and no repeats. */
export function headOf(literals: readonly number[], distances: readonly number[], isFinal = true): string {
  return dynamicHead({
    isFinal,
    literalCount: literals.length,
    distanceCount: distances.length,
    lengths: [...literals, ...distances],
  });
}
