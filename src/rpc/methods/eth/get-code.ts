import { bytesToHex } from "../../../primitives/index.ts";
import { viewState } from "../../chain-view.ts";
import { defineMethod } from "../../node.ts";
import { blockParameter } from "../../parameters/block-parameter.ts";
import { address } from "../../parameters/scalars.ts";

export const getCode = defineMethod("eth_getCode", [address, blockParameter], async ([account, block], { chain }) => {
  const { header } = await viewState(chain, block);
  return bytesToHex(await chain.engine.getCode(header.stateRoot, account));
});
