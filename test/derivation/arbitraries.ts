import fc from "fast-check";
import { compressContent, encodeBlocks, encodePayload } from "../../src/batch/index.ts";
import type { EncodedBlock } from "../../src/batch/index.ts";
import { ZERO_ADDRESS, ZERO_HASH, bytesToHex } from "../../src/primitives/index.ts";
import type { InboxMessage } from "../../src/rollup/index.ts";

/** Around the L1 timestamps of the batches below, and absurd ones. */
const timestamp = fc.oneof(
  fc.integer({ min: 1_700_000_000 - 100_000, max: 1_700_000_000 + 3_000 }),
  fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);

const listable = fc.uint8Array({ minLength: 65, maxLength: 200 });

const transaction = fc.oneof(
  { weight: 8, arbitrary: listable },
  // Of lengths that end a payload, and at their edges.
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 64, 65, 70_000, 131_072, 131_073).map((length) => new Uint8Array(length)),
  },
);

export const encodedBlock: fc.Arbitrary<EncodedBlock> = fc.record({
  timestamp,
  messages: fc.oneof(fc.nat({ max: 6 }), fc.constantFrom(0, 2 ** 32 - 1)),
  transactions: fc.array(transaction, { maxLength: 6 }),
});

/** A block as a sequencer makes it: of transactions that have a length that one may have. */
export const honestBlock: fc.Arbitrary<EncodedBlock> = fc.record({
  timestamp,
  messages: fc.nat({ max: 6 }),
  transactions: fc.array(fc.oneof(listable, fc.constant(new Uint8Array(131_072))), { maxLength: 6 }),
});

/** Flips bits, drops, repeats or replaces a piece, anywhere. */
export function mutations(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat({ max: Math.max(0, bytes.length - 1) });
  return fc.oneof(
    fc.array(fc.tuple(position, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }).map((flips) => {
      const mutated = Uint8Array.from(bytes);
      for (const [index, mask] of flips) if (index < mutated.length) mutated[index]! ^= mask;
      return mutated;
    }),
    position.map((end) => bytes.slice(0, end)),
    fc.tuple(position, position).map(([start, end]) => Buffer.concat([bytes.slice(0, start), bytes.slice(end)])),
    fc.uint8Array({ maxLength: 64 }).map((suffix) => Buffer.concat([bytes, suffix])),
  );
}

/** Bytes that parse as blocks for a while: encodings with heads that lie, mutated. */
const content = fc
  .array(encodedBlock, { maxLength: 5 })
  .map(encodeBlocks)
  .chain((bytes) => fc.oneof(fc.constant(bytes), mutations(bytes)));

/** Everything an operator might post: valid payloads, mutated ones, payloads around mutated content, and noise. */
export const payload: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.array(encodedBlock, { maxLength: 5 }).map(encodePayload),
  content.map(compressContent),
  fc.array(encodedBlock, { maxLength: 5 }).map(encodePayload).chain(mutations),
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.concat([Uint8Array.of(1), noise])),
);

/** Message `index` of an Inbox; deposits ask for anything up to 2^24 gas. */
export function inboxMessage(index: number): fc.Arbitrary<InboxMessage> {
  const hash = bytesToHex(Buffer.alloc(32, index + 1));
  return fc.oneof(
    fc.record({
      kind: fc.constant("context" as const),
      index: fc.constant(index),
      hash: fc.constant(hash),
      enqueuedAt: fc.constant(1_700_000_000),
      number: fc.nat(),
      timestamp: fc.nat(),
      baseFee: fc.bigInt({ min: 0n, max: 2n ** 64n }),
      blobBaseFee: fc.bigInt({ min: 0n, max: 2n ** 64n }),
      parentHash: fc.constant(ZERO_HASH),
    }),
    fc.record({
      kind: fc.constant("deposit" as const),
      index: fc.constant(index),
      hash: fc.constant(hash),
      enqueuedAt: fc.constant(1_700_000_000),
      sender: fc.constant(ZERO_ADDRESS),
      to: fc.constant(ZERO_ADDRESS),
      mint: fc.bigInt({ min: 0n, max: 2n ** 90n }),
      value: fc.bigInt({ min: 0n, max: 2n ** 90n }),
      gasLimit: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 24n }), fc.constantFrom(0n, 2n ** 24n)),
      refundTo: fc.constant(ZERO_ADDRESS),
      data: fc.constantFrom(0, 300, 313, 65_536).map((length) => new Uint8Array(length)),
    }),
  );
}
