import { ZERO_HASH } from "../primitives/index.ts";
import type { ChainState, RollupConfig } from "../rollup/index.ts";
import type { ReadableChainStore } from "../storage/index.ts";

/** The chain before its first batch (specification §6). */
export function genesisState({ genesisHash }: Pick<RollupConfig, "genesisHash">): ChainState {
  return { blockHash: genesisHash, outboxRoot: ZERO_HASH, batchCount: 0, messageCount: 0 };
}

/** The chain after its first `batchCount` batches (specification §6). Undefined if so many are not derived. */
export function derivedStateAt(
  batchCount: number,
  {
    config,
    store,
  }: {
    readonly config: Pick<RollupConfig, "genesisHash">;
    readonly store: Pick<ReadableChainStore, "getDerivedBatch">;
  },
): ChainState | undefined {
  if (batchCount === 0) return genesisState(config);
  const derived = store.getDerivedBatch(batchCount - 1);
  if (derived === undefined) return undefined;
  const { lastBlockHash: blockHash, outboxRoot, nextMessage: messageCount } = derived;
  return { blockHash, outboxRoot, batchCount, messageCount };
}
