import { findBlock, isPending, nextEnvironment } from "../../chain-view.ts";
import { formatBlock, formatPendingBlock } from "../../format/block.ts";
import { checkAnswerSize } from "../../format/transaction.ts";
import { answeredBefore, defineReadingMethod } from "../../node.ts";
import type { ReadingNode } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import type { BlockParameter } from "../../parameters/block-parameter.ts";
import { flag, hash, optional } from "../../parameters/scalars.ts";

export const getBlockByNumber = defineReadingMethod(
  "eth_getBlockByNumber",
  [blockNumberOrTag, optional(flag)],
  ([block, full = false], node) => answer(node, block, full),
);

export const getBlockByHash = defineReadingMethod(
  "eth_getBlockByHash",
  [hash, optional(flag)],
  ([wanted, full = false], node) => answer(node, { kind: "hash", hash: wanted, requireCanonical: false }, full),
);

export const getPendingBlock = answeredBefore(
  getBlockByNumber,
  [blockNumberOrTag, optional(flag)],
  async ([block, full = false], { chain, pool, limits }) => {
    if (!isPending(block)) return undefined;
    const latest = chain.latest();
    const { pending } = pool.content();
    if (full) checkAnswerSize(pending, limits.responseBytes);
    return formatPendingBlock(latest, await nextEnvironment(chain, latest.header), pending, full);
  },
);

function answer({ chain, decode }: ReadingNode, parameter: BlockParameter, full: boolean): object | null {
  const block = findBlock(chain, parameter);
  return block === undefined ? null : formatBlock(block, full, decode);
}
