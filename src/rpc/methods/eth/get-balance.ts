import { viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/index.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter, address } from "../../parameters/index.ts";

export const getBalance = defineMethod(
  "eth_getBalance",
  [address, blockParameter],
  async ([account, block], { chain }) => {
    const { header } = await viewState(chain, block);
    return formatQuantity((await chain.engine.getAccount(header.stateRoot, account))?.balance ?? 0n);
  },
);
