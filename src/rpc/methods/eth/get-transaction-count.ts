import { isPending, viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { address } from "../../parameters/scalars.ts";

/** At `pending`, transactions of the pool that can follow one another from the account's nonce count. */
export const getTransactionCount = defineMethod(
  "eth_getTransactionCount",
  [address, blockParameter],
  async ([account, block], { chain, pool }) => {
    const { header } = await viewState(chain, block);
    const nonce = (await chain.engine.getAccount(header.stateRoot, account))?.nonce ?? 0n;
    const pooled = isPending(block) ? pool.pendingNonce(account) : undefined;
    return formatQuantity(pooled !== undefined && pooled > nonce ? pooled : nonce);
  },
);
