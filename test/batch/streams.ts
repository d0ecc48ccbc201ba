import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 30 }).map((text) => Buffer.from(text.repeat(20))),
);

/** Content and the settings with which zlib is to compress it. */
export const compression = fc.record({
  content,
  settings: fc.record({
    level: fc.integer({ min: 0, max: 9 }),
    memLevel: fc.constantFrom(1, 8, 9),
    strategy: fc.constantFrom(
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FILTERED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FIXED,
    ),
  }),
});

/** Streams zlib made in all of its manners. */
export const stream: fc.Arbitrary<Uint8Array> = compression.map((it) => deflateRawSync(it.content, it.settings));

/** The same with bits flipped. */
export const mutatedStream: fc.Arbitrary<Uint8Array> = fc
  .tuple(stream, fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 7 })), { maxLength: 3 }), fc.boolean())
  .map(([bytes, flips, dynamic]) => {
    const mutated = Uint8Array.from(bytes);
    for (const [index, bit] of flips) if (index < mutated.length) mutated[index]! ^= 1 << bit;
    // Final block with dynamic codes, whose rules are the most intricate.
    if (dynamic) mutated[0] = (mutated[0]! & 0xf8) | 0b101;
    return mutated;
  });

/** Content like that of a busy rollup, always the same: half of it repeats, half does not. */
export function busyContent(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let index = 0; index < size; index++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    bytes[index] = index % 160 < 80 ? index % 160 : state >> 16;
  }
  return bytes;
}
