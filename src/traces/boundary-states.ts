import { Phase, canonicalStateHash } from "../machine/index.ts";
import type { Hash } from "../primitives/index.ts";
import { stateHash } from "../rollup/index.ts";
import type { ChainState } from "../rollup/index.ts";

/** The hash of the boundary state between batches with this state of the chain: of the phase `LoadBatch`. */
export function loadHash(state: ChainState): Hash {
  return canonicalStateHash(Phase.LoadBatch, stateHash(state));
}

/** The hash of the boundary state in which a claim of this state of the chain ends: of the phase `Halt`. */
export function haltHash(state: ChainState): Hash {
  return canonicalStateHash(Phase.Halt, stateHash(state));
}
