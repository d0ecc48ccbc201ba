import { concatBytes, hexToBytes, proofLength, zeroSubtree } from "../../primitives/index.ts";
import type { AppendOnlyMerkleTree, Hash } from "../../primitives/index.ts";

/**
 * The siblings, lowest first, that prove that the leaf behind the last is zero (docs/machine.md §10), for AppendOnlyProof.sol.
 * None if the tree is full or empty, so that it grows by a level: there the root says all.
 */
export function appendSiblings({ count, frontier }: AppendOnlyMerkleTree): Uint8Array {
  const depth = proofLength(count);
  if (count === 0 || count === 2 ** depth) return new Uint8Array();
  return concatBytes(
    Array.from({ length: depth }, (_, level) => {
      const isRight = Math.floor(count / 2 ** level) % 2 === 1;
      return hexToBytes(isRight ? (frontier[level] as Hash) : zeroSubtree(level));
    }),
  );
}
