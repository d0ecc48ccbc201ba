// Streams of DEFLATE (RFC 1951) bit by bit, for those that no compressor makes.

/** A stream from a string of bits in the order they are read. */
export function bits(...parts: string[]): Uint8Array {
  const all = parts.join("").replaceAll(" ", "");
  const bytes = new Uint8Array(Math.ceil(all.length / 8));
  for (let index = 0; index < all.length; index++) if (all[index] === "1") bytes[index >> 3]! |= 1 << (index & 7);
  return bytes;
}
/** A field as DEFLATE writes numbers: lowest bit first. */
export const number = (value: number, width: number): string =>
  [...value.toString(2).padStart(width, "0")].reverse().join("");

/** A block that stores the bytes. */
export const stored = (content: Uint8Array, size = content.length): Buffer =>
  Buffer.concat([Uint8Array.of(0, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255), content]);
/**
 * The smallest block of dynamic codes that has no error: lengths 1 and repeats of 0 in the code of code lengths, a code
 * of one bit for the end of the block, one for a distance, and the end.
 */
export const TINY_DYNAMIC = [
  ["0", number(2, 2), number(0, 5), number(0, 5), number(14, 4)],
  Array.from({ length: 18 }, (_, index) => number(index === 2 || index === 17 ? 1 : 0, 3)),
  // Of the two codes of one bit, 0 is length 1 and 1 a repeat of 11 or more zeros: 138 and 118 of them.
  ["1", number(127, 7), "1", number(107, 7), "0", "0"],
  ["0"],
]
  .flat()
  .join("");

/** A unit of bits again and again, up to so many bytes. */
export function repeated(unit: string, size: number): Uint8Array {
  // Eight units are whole bytes.
  const whole = bits(unit.repeat(8));
  return Buffer.concat(Array<Uint8Array>(Math.ceil(size / whole.length)).fill(whole)).subarray(0, size);
}

/** The bits of bytes, in the order they are read. */
export function bitsOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => number(byte, 8)).join("");
}
