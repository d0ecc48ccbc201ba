import type { Witness } from "../../machine/index.ts";
import { bytesToHex } from "../../primitives/index.ts";
import type { Hash, Hex } from "../../primitives/index.ts";

const WORD = 32;

/** A witness as JSON: what general encoders take for the struct of contracts/machine/types/Witness.sol. */
export function formatWitness({ stack, regions, overlay, tries, appends, preimages, ...plain }: Witness): object {
  const fields = Object.entries(plain).map(([name, bytes]): [string, Hex] => [name, bytesToHex(bytes)]);
  return {
    ...Object.fromEntries(fields),
    stack: wordsOf(stack),
    regions: regions.map(({ words, siblings }) => ({ words: bytesToHex(words), siblings: wordsOf(siblings) })),
    overlay: overlay.map(({ siblings, value, otherKey, otherValue }) => ({
      siblings: wordsOf(siblings),
      value: bytesToHex(value),
      otherKey: bytesToHex(otherKey),
      otherValue: bytesToHex(otherValue),
    })),
    tries: tries.map((nodes) => nodes.map(bytesToHex)),
    appends: appends.map(wordsOf),
    preimages: preimages.map(bytesToHex),
  };
}

function wordsOf(bytes: Uint8Array): readonly Hash[] {
  return Array.from({ length: bytes.length / WORD }, (_, index) =>
    bytesToHex(bytes.subarray(WORD * index, WORD * (index + 1))),
  );
}
