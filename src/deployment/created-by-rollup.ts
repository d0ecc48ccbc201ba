import { createAddress } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";

/** The contracts that a Rollup at an address creates, at its nonces 1 to 4 (specification §1). */
export function createdByRollup(rollup: Address) {
  return {
    inbox: createAddress(rollup, 1n),
    challengeGame: createAddress(rollup, 2n),
    stateCommitmentChain: createAddress(rollup, 3n),
    portal: createAddress(rollup, 4n),
  } as const;
}
