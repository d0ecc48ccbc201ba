import { viewState } from "../../chain-view.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { address, slot } from "../../parameters/scalars.ts";

export const getStorageAt = defineMethod(
  "eth_getStorageAt",
  [address, slot, blockParameter],
  async ([account, key, block], { chain }) => {
    const { header } = await viewState(chain, block);
    return chain.engine.getStorageAt(header.stateRoot, account, key);
  },
);
