import { findSummary } from "../../chain-view.ts";
import { formatHeader } from "../../format/index.ts";
import { defineMethod } from "../../node.ts";
import { blockNumberOrTag, hash } from "../../parameters/index.ts";

export const getHeaderByNumber = defineMethod("eth_getHeaderByNumber", [blockNumberOrTag], ([parameter], { chain }) => {
  const block = findSummary(chain, parameter);
  return block === undefined ? null : formatHeader(block.hash, block.header);
});

export const getHeaderByHash = defineMethod("eth_getHeaderByHash", [hash], ([wanted], { chain }) => {
  const block = chain.store.getBlockByHash(wanted);
  return block === undefined ? null : formatHeader(block.hash, block.header);
});
