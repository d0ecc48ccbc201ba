import { findTransaction, requireBlock, viewState } from "../../chain-view.ts";
import { defineReadingMethod } from "../../node.ts";
import type { ReadingMethod } from "../../node.ts";
import { blockNumberOrTag, blockParameter } from "../../parameters/block-parameter.ts";
import { callParameter } from "../../parameters/call-parameter.ts";
import { hash } from "../../parameters/scalars.ts";
import { traceCallOptions, traceOptions } from "../../parameters/trace-parameter.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { traceBlock, traceCall, traceStored } from "../../tracers/trace-transaction.ts";

export const traceMethods: readonly ReadingMethod[] = [
  defineReadingMethod("debug_traceTransaction", [hash, traceOptions], ([wanted, options], node, { signal }) => {
    const found = findTransaction(node.chain, wanted);
    if (found === undefined) throw new RpcError(RPC_ERROR.notFound, `transaction not found: ${wanted}`);
    return traceStored(node, found.block, found.index, options, signal);
  }),
  defineReadingMethod(
    "debug_traceCall",
    [callParameter, blockParameter, traceCallOptions],
    async ([call, block, options], node) => {
      const view = await viewState(node.chain, block);
      const { stateOverrides, blockOverrides } = options;
      const simulation = { call, view, stateOverrides, blockOverrides };
      return traceCall(node, simulation, options, requireBlock(node.chain, block));
    },
  ),
  defineReadingMethod(
    "debug_traceBlockByNumber",
    [blockNumberOrTag, traceOptions],
    ([block, options], node, { signal }) => traceBlock(node, requireBlock(node.chain, block), options, signal),
  ),
  defineReadingMethod("debug_traceBlockByHash", [hash, traceOptions], ([wanted, options], node, { signal }) =>
    traceBlock(
      node,
      requireBlock(node.chain, { kind: "hash", hash: wanted, requireCanonical: false }),
      options,
      signal,
    ),
  ),
];
