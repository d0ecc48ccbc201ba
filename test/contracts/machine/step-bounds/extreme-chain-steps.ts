import { payloadToBlobs } from "../../../../src/batch/index.ts";
import { bufferFrom } from "../../../../src/machine/proving/buffer-tree.ts";
import { Phase } from "../../../../src/machine/phase.ts";
import { bits, bitsOf, number } from "../../../batch/deflate-bits.ts";
import { codesOf, dynamicHead, headOf, runs } from "../chain/dynamic-blocks.ts";
import { inflateStep } from "../chain/inflate-steps.ts";
import type { ChainStep } from "../chain/inflate-steps.ts";
import { loadKzgProver } from "../chain/kzg-proofs.ts";
import { calldataStep, elementSteps } from "../chain/load-batch-steps.ts";
import { MAXIMUM, newStream, stepStream } from "../chain/stream-model.ts";
import type { Stream } from "../chain/stream-model.ts";

/** A step of a chain unit made to be dear. */
export interface ExtremeStep extends ChainStep {
  /** The phase. */
  readonly name: string;
  readonly cause: string;
}

/** No byte of it is 0. */
const noise = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => 1 + ((index * 7_919) % 255));

/** The dearest steps of each phase that reads or inflates a payload. Takes some seconds to make. */
export async function extremeChainSteps(): Promise<ExtremeStep[]> {
  const elementStep = elementSteps(
    await loadKzgProver(),
    Array<Uint8Array>(32).fill(payloadToBlobs(noise(126_976))[0]!),
  );
  return [
    { name: "ReadCalldata", cause: "65,536 bytes without zeros", ...calldataStep(noise(65_536)) },
    { name: "ReadElement", cause: "the last of 32 blobs", ...elementStep(32 * 4_096 - 1) },
    { name: "ReadElement", cause: "one of 32 blobs, in two words", ...elementStep(31 * 4_096 + 33) },
    { name: "InflateBlockHead", cause: "286 and 30 lengths of 7 bits each", ...inflate(LONGEST_HEAD) },
    { name: "InflateStored", cause: "32,768 bytes without zeros, across words", ...inflate(storedBlock(), 1) },
    { name: "InflateSymbols", cause: "256 literals of 15 bits", ...inflate(longestLiterals(), 1) },
    { name: "InflateSymbols", cause: "a match of 258 bytes, codes of 15 bits", ...inflate(longestMatch(), 1) },
    { name: "InflateSymbols", cause: "a match of 258 bytes, repeating one", ...inflate(longestMatch(true), 1) },
  ];
}

/** Bytes of content before the step: an odd number, and 17 siblings left of the end. */
const CONTENT = 2 ** 22 - 65_537;
const BITS_BEFORE = 3;

/** The step after `skipped` others of a stream of these bits, in the midst of a payload and of the content. */
function inflate(stream: string, skipped = 0): ChainStep {
  const before = noise(1_003);
  const payload = Buffer.concat([before, bits("1".repeat(BITS_BEFORE), stream), noise(2_000)]);
  const output = noise(CONTENT);
  let from: Stream = {
    ...newStream(payload),
    bitPosition: 8 * before.length + BITS_BEFORE,
    output,
    outputBuffer: bufferFrom(output),
  };
  for (let count = 0; count < skipped; count++) from = stepStream(from, MAXIMUM).after;
  return inflateStep(from, MAXIMUM, Phase.ReadTransaction);
}

/** 286 literal/length codes of 8 and 9 bits, 30 distance codes of 4 and 5, and 7 bits to say each. */
const LONGEST_HEAD = dynamicHead({
  literalCount: 286,
  distanceCount: 30,
  lengths: runs([8, 226], [9, 60], [4, 2], [5, 28]),
  codeLengths: Object.assign(Array<number>(19).fill(0), { 0: 1, 1: 2, 2: 3, 3: 4, 6: 5, 4: 7, 5: 7, 8: 7, 9: 7 }),
});

function storedBlock(): string {
  // 3 bits of the head and 3 before it leave 2 to the next byte.
  return `1${number(0, 2)}00${number(65_535, 16)}${number(0, 16)}${bitsOf(noise(65_535))}`;
}

/** 7 symbols of 1 to 7 bits, and 256 of 15. */
const LONG_LITERALS = [...runs([15, 249]), 1, 2, 3, 4, 5, 6, 7, ...runs([15, 7])];

function longestLiterals(): string {
  const codes = codesOf(LONG_LITERALS);
  return headOf(LONG_LITERALS, [1]) + Array.from({ length: 400 }, (_, index) => codes.get(248 - (index % 9))).join("");
}

function longestMatch(isRepeating = false): string {
  // Symbol 285, a length of 258, has 15 bits, and so have the first distance and the last.
  const literals = [
    ...runs([15, 1], [0, 255]),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    ...runs([0, 15]),
    15,
  ];
  const distances = [15, ...runs([0, 14]), ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], 15];
  const code = codesOf(literals).get(285) ?? "";
  const distance = codesOf(distances).get(isRepeating ? 0 : 29) ?? "";
  return headOf(literals, distances) + code + distance + (isRepeating ? "" : "1".repeat(13));
}
