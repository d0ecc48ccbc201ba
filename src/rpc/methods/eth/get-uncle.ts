import { findSummary } from "../../chain-view.ts";
import { defineMethod, type RpcMethod } from "../../node.ts";
import { blockNumberOrTag, hash, position } from "../../parameters/index.ts";

/** There are no uncles: counts are 0 for blocks that exist, and no uncle is ever found. */
export const uncleMethods: readonly RpcMethod[] = [
  defineMethod("eth_getUncleCountByBlockNumber", [blockNumberOrTag], ([block], { chain }) =>
    findSummary(chain, block) === undefined ? null : "0x0",
  ),
  defineMethod("eth_getUncleCountByBlockHash", [hash], ([wanted], { chain }) =>
    chain.store.getBlockByHash(wanted) === undefined ? null : "0x0",
  ),
  defineMethod("eth_getUncleByBlockNumberAndIndex", [blockNumberOrTag, position], () => null),
  defineMethod("eth_getUncleByBlockHashAndIndex", [hash, position], () => null),
];
