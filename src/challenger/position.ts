import { Phase, canonicalStateHash } from "../machine/index.ts";
import { bigintToBytes32, concatBytes, hashPair, hexToBytes, keccak256 } from "../primitives/index.ts";
import type { Hash, Hex } from "../primitives/index.ts";

/** The two traces a dispute goes down: the units of a claim, and the steps of one unit. Numbered as in Position.sol. */
export const LEVELS = ["claim", "unit"] as const;
export type Level = (typeof LEVELS)[number];

/** Where a span stands; twin of contracts/l1/types/Position.sol. */
export interface Position {
  readonly level: Level;
  /** In the trace of a claim the claim's parent; in that of a unit the id of the unit's position. */
  readonly context: Hash;
  /** Index of the first state the span covers, a multiple of 2^height. */
  readonly start: number;
  /** It covers 2^height states. */
  readonly height: number;
  /** Commits to the state before the trace and to all states below `start`; at 0 that state itself. */
  readonly prefix: Hash;
}

/** The halves of a span, by their roots. */
export interface Halves {
  readonly left: Hash;
  readonly right: Hash;
}

/** The first 25 bytes of a root: all that the game keeps of it. */
export type RootKey = Hex;

const ROOT_KEY_DIGITS = 2 + 2 * 25;

export function rootKey(root: Hash): RootKey {
  return root.slice(0, ROOT_KEY_DIGITS) as RootKey;
}

/** What the game keeps of the whole trace of a unit: hashed with the state that it ends in. */
export function unitRootKey(root: Hash, unitRoot: Hash): RootKey {
  return rootKey(hashPair(root, unitRoot));
}

/** `keccak256(abi.encode(position))`. */
export function positionId({ level, context, start, height, prefix }: Position): Hash {
  return keccak256(
    concatBytes([
      bigintToBytes32(BigInt(LEVELS.indexOf(level))),
      hexToBytes(context),
      bigintToBytes32(BigInt(start)),
      bigintToBytes32(BigInt(height)),
      hexToBytes(prefix),
    ]),
  );
}

/** `height` ≥ 1. */
export function leftHalf(position: Position): Position {
  return { ...position, height: position.height - 1 };
}

/** Of a span whose left half has the root `left`. `height` ≥ 1. */
export function rightHalf(position: Position, left: Hash): Position {
  const height = position.height - 1;
  return { ...position, height, start: position.start + 2 ** height, prefix: hashPair(position.prefix, left) };
}

/** The position of the trace roots of the children of a claim. */
export function claimTracePosition(
  parent: { readonly claimId: Hash; readonly stateHash: Hash },
  claimTraceHeight: number,
): Position {
  const prefix = canonicalStateHash(Phase.LoadBatch, parent.stateHash);
  return { level: "claim", context: parent.claimId, start: 0, height: claimTraceHeight, prefix };
}

/** The position of the traces opened for a unit, which begin after the state `before`. */
export function unitTracePosition(unit: Hash, before: Hash, unitTraceHeight: number): Position {
  return { level: "unit", context: unit, start: 0, height: unitTraceHeight, prefix: before };
}
