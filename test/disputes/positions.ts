import { bigintToBytes32, concatBytes, hexToBytes, keccak256 } from "../../src/primitives/index.ts";
import type { Hash } from "../../src/primitives/index.ts";

export const CLAIM_LEVEL = 0;
export const UNIT_LEVEL = 1;

/** As the type `Position` of the contracts. */
export interface Position {
  readonly level: number;
  readonly context: Hash;
  readonly start: number;
  readonly height: number;
  readonly prefix: Hash;
}

export interface ClaimBody {
  readonly parentId: Hash;
  readonly stateHash: Hash;
  readonly traceRoot: Hash;
}

/** The hash of 32-byte words. */
export function hashWords(...words: readonly (Hash | number)[]): Hash {
  return keccak256(
    concatBytes(words.map((word) => (typeof word === "number" ? bigintToBytes32(BigInt(word)) : hexToBytes(word)))),
  );
}

export function positionId({ level, context, start, height, prefix }: Position): Hash {
  return hashWords(level, context, start, height, prefix);
}

export function claimIdOf({ parentId, stateHash, traceRoot }: ClaimBody): Hash {
  return hashWords(parentId, stateHash, traceRoot);
}

export function leftHalf(position: Position): Position {
  return { ...position, height: position.height - 1 };
}

export function rightHalf(position: Position, left: Hash): Position {
  const height = position.height - 1;
  return { ...position, height, start: position.start + 2 ** height, prefix: hashWords(position.prefix, left) };
}
