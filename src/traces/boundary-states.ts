import { boundaryHash, createChainMachine, runUnit } from "../machine/index.ts";
import { ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { ChainState } from "../rollup/index.ts";

/** The hash of the boundary state between batches with this state of the chain: of the phase `LoadBatch`. */
export function loadHash(state: ChainState): Hash {
  return boundaryHash(createChainMachine({ chain: state, isProving: false }), ZERO_HASH);
}

/** The hash of the boundary state in which a claim of this state of the chain ends: of the phase `Halt`. */
export function haltHash(state: ChainState): Hash {
  const machine = createChainMachine({ chain: state, target: state.batchCount, isProving: false });
  runUnit(machine);
  return boundaryHash(machine, ZERO_HASH);
}
