import { findBlock, isPending, nextEnvironment } from "../../chain-view.ts";
import { checkAnswerSize, formatBlock, formatPendingBlock } from "../../format/index.ts";
import { defineMethod, type RpcNode } from "../../node.ts";
import { blockNumberOrTag, type BlockParameter, flag, hash, optional } from "../../parameters/index.ts";

export const getBlockByNumber = defineMethod(
  "eth_getBlockByNumber",
  [blockNumberOrTag, optional(flag)],
  ([block, full = false], node) => answer(node, block, full),
);

export const getBlockByHash = defineMethod(
  "eth_getBlockByHash",
  [hash, optional(flag)],
  ([wanted, full = false], node) => answer(node, { kind: "hash", hash: wanted, requireCanonical: false }, full),
);

async function answer(
  { chain, pool, decode, limits }: RpcNode,
  parameter: BlockParameter,
  full: boolean,
): Promise<object | null> {
  if (isPending(parameter)) {
    const latest = chain.latest();
    const { pending } = pool.content();
    if (full) checkAnswerSize(pending, limits.responseBytes);
    return formatPendingBlock(latest, await nextEnvironment(chain, latest.header), pending, full);
  }
  const block = findBlock(chain, parameter);
  return block === undefined ? null : formatBlock(block, full, decode);
}
