import { viewState } from "../../chain-view.ts";
import { formatQuantity } from "../../format/scalars.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { address } from "../../parameters/scalars.ts";

export const getBalance = defineMethod(
  "eth_getBalance",
  [address, blockParameter],
  async ([account, block], { chain }) => {
    const { header } = await viewState(chain, block);
    return formatQuantity((await chain.engine.getAccount(header.stateRoot, account))?.balance ?? 0n);
  },
);
