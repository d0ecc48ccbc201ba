import { requireSummary } from "../../chain-view.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";

/** The batch that put a block on L1; null while it is not there yet, and for genesis, which is in none. */
export const getBatchOfBlock = defineMethod("rollup_getBatchOfBlock", [blockParameter], ([parameter], { chain }) => {
  const { number } = requireSummary(chain, parameter).header;
  const derived = number === 0 ? undefined : chain.store.findBatchOfBlock(number);
  if (derived === undefined) return null;
  const batch = chain.inbox.getBatchRecord(derived.batch);
  const origin = chain.inbox.getBatchOrigin(derived.batch);
  return {
    index: derived.batch,
    kind: batch?.kind ?? null,
    dataHash: batch?.dataHash ?? null,
    messagesUpTo: batch?.messagesUpTo ?? null,
    l1Timestamp: batch?.timestamp ?? null,
    l1Block: origin?.block ?? null,
    l1TransactionHash: origin?.transactionHash ?? null,
    lastBlock: { number: derived.lastBlock, hash: derived.lastBlockHash },
  };
});
