import { findSummary } from "../../chain-view.ts";
import { formatHeader } from "../../format/block.ts";
import { defineMethod } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { hash } from "../../parameters/scalars.ts";

export const getHeaderByNumber = defineMethod("eth_getHeaderByNumber", [blockNumberOrTag], ([parameter], { chain }) => {
  const block = findSummary(chain, parameter);
  return block === undefined ? null : formatHeader(block.hash, block.header);
});

export const getHeaderByHash = defineMethod("eth_getHeaderByHash", [hash], ([wanted], { chain }) => {
  const block = chain.store.getBlockByHash(wanted);
  return block === undefined ? null : formatHeader(block.hash, block.header);
});
