import { derivedStateAt, genesisState } from "../node/index.ts";
import type { ReadableChain } from "../node/index.ts";
import { ZERO_HASH } from "../primitives/index.ts";
import type { Hash } from "../primitives/index.ts";
import { claimId, stateHash } from "../rollup/index.ts";
import type { ChainState } from "../rollup/index.ts";
import type { Claim } from "./claim.ts";

/** What a state hash commits to (specification §6). */
export type ClaimedState = ChainState;

/** The states this node derived itself, by the number of batches: what claims are held against. */
export interface OwnStates {
  readonly genesis: Claim;
  /** Undefined if so many batches are not derived. */
  stateAt(batchCount: number): ClaimedState | undefined;
  stateHashAt(batchCount: number): Hash | undefined;
  /** Whether so many batches are in final L1 blocks, so that what was derived of them does not change. */
  isFinal(batchCount: number): boolean;
}

export function createOwnStates({
  config,
  store,
}: {
  readonly config: Pick<ReadableChain["config"], "genesisHash">;
  readonly store: Pick<ReadableChain["store"], "getDerivedBatch" | "getHeads">;
}): OwnStates {
  const stateAt = (batchCount: number): ClaimedState | undefined => derivedStateAt(batchCount, { config, store });
  const genesisStateHash = stateHash(genesisState(config));
  const genesis = {
    claimId: claimId(ZERO_HASH, genesisStateHash, ZERO_HASH),
    parentId: ZERO_HASH,
    stateHash: genesisStateHash,
    traceRoot: ZERO_HASH,
    batchCount: 0,
  };

  return {
    genesis,
    stateAt,
    stateHashAt(batchCount) {
      const state = stateAt(batchCount);
      return state === undefined ? undefined : stateHash(state);
    },
    isFinal: (batchCount) =>
      batchCount === 0 || (store.getDerivedBatch(batchCount - 1)?.lastBlock ?? Infinity) <= store.getHeads().finalized,
  };
}
