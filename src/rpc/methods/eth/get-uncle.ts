import { findSummary } from "../../chain-view.ts";
import { defineMethod } from "../../node.ts";
import type { RpcMethod } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { hash, position } from "../../parameters/scalars.ts";

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
