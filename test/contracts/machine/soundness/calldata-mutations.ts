import { bigintToBytes32, concatBytes } from "../../../../src/primitives/index.ts";
import { edgeWords, withWord, wordAt } from "./randomness.ts";
import type { Randomness } from "./randomness.ts";

/** A change of the ABI encoding of a call, which need not encode anything then. */
export interface CalldataMutation {
  readonly what: string;
  readonly make: () => Uint8Array;
}

const WORD = 32;
const SELECTOR = 4;
/** The state, the offset of the witness, and a ChainInput. */
const HEAD = 4 * WORD;
const WITNESS_FIELDS = 18;

/**
 * Changes of what decoders follow: offsets, lengths, and where tails lie. Offsets and lengths are all words that could be one: below the length
 * of the calldata; the first is the offset of the witness, and those behind it the offsets of its parts.
 */
export function calldataMutations(calldata: Uint8Array, randomness: Randomness): CalldataMutation[] {
  const body = calldata.subarray(SELECTOR);
  const pointers: number[] = [];
  for (let position = WORD; position + WORD <= body.length; position += WORD) {
    const word = wordAt(body, position);
    if (word > 0n && word < BigInt(body.length)) pointers.push(position);
  }
  const offsets = Array.from({ length: WITNESS_FIELDS }, (_, index) => HEAD + index * WORD);
  const change = (what: string, make: () => Uint8Array): CalldataMutation => ({
    what,
    make: () => concatBytes([calldata.subarray(0, SELECTOR), make()]),
  });
  const toEdge = (position: number) => withWord(body, position, randomness.pick(edgeWords(wordAt(body, position))));
  const mutations: CalldataMutation[] = [
    change("witness at an edge", () => toEdge(WORD)),
    change("cut off", () => body.subarray(0, randomness.below(body.length))),
    change("cut off", () => body.subarray(0, body.length - 1)),
    change("bytes behind the end", () => concatBytes([body, randomness.bytes(1 + randomness.below(64))])),
    // The same tails elsewhere: not canonical, but the same witness.
    change("tails moved", () => moveTails(body, WORD * (1 + randomness.below(3)))),
    change("tails moved", () => moveTails(body, 1 + randomness.below(31))),
    change("no calldata", () => body.subarray(0, WORD)),
  ];
  for (const position of offsets) {
    mutations.push(
      change("part at an edge", () => toEdge(position)),
      change("part at another's place", () => {
        const other = randomness.pick(offsets);
        return withWord(body, position, body.slice(other, other + WORD));
      }),
      change("part elsewhere", () => withWord(body, position, bigintToBytes32(BigInt(randomness.below(body.length))))),
    );
  }
  for (let draw = 0; draw < 24 && pointers.length > 0; draw++) {
    mutations.push(change("offset or length at an edge", () => toEdge(randomness.pick(pointers))));
    mutations.push(
      change("offset or length of another", () => {
        const [to, from] = [randomness.pick(pointers), randomness.pick(pointers)];
        return withWord(body, to, body.slice(from, from + WORD));
      }),
    );
  }
  return mutations;
}

/** Puts `gap` bytes between the head of the witness and its tails. */
function moveTails(body: Uint8Array, gap: number): Uint8Array {
  const tails = HEAD + WITNESS_FIELDS * WORD;
  let moved = concatBytes([body.subarray(0, tails), new Uint8Array(gap), body.subarray(tails)]);
  for (let position = HEAD; position < tails; position += WORD) {
    moved = withWord(moved, position, bigintToBytes32(wordAt(body, position) + BigInt(gap)));
  }
  return moved;
}
