import type { Block } from "../../../chain/index.ts";
import { requireBlock, viewState } from "../../chain-view.ts";
import { defineMethod, type RpcMethod } from "../../node.ts";
import { blockNumberOrTag, blockParameter, callParameter, hash, traceOptions } from "../../parameters/index.ts";
import { RPC_ERROR, RpcError } from "../../protocol/index.ts";
import { traceBlock, traceCall, traceStored } from "../../tracers/index.ts";

export const traceMethods: readonly RpcMethod[] = [
  defineMethod(
    "debug_traceTransaction",
    [hash, traceOptions],
    ([wanted, options], node) => {
      const location = node.chain.store.getTransactionLocation(wanted);
      const block = location === undefined ? undefined : node.chain.store.getBlock(location.blockNumber);
      if (location === undefined || block === undefined)
        throw new RpcError(RPC_ERROR.notFound, `transaction not found: ${wanted}`);
      return traceStored(node, block, location.index, options);
    },
    { weight: "heavy" },
  ),
  defineMethod(
    "debug_traceCall",
    [callParameter, blockParameter, traceOptions],
    async ([call, block, options], node) => {
      const view = await viewState(node.chain, block);
      return traceCall(
        node,
        { call, view, stateOverrides: options?.stateOverrides, blockOverrides: options?.blockOverrides },
        options,
        requireBlock(node.chain, block),
      );
    },
    { weight: "heavy" },
  ),
  defineMethod(
    "debug_traceBlockByNumber",
    [blockNumberOrTag, traceOptions],
    ([block, options], node, { signal }) =>
      traceBlock(node, traceable(requireBlock(node.chain, block)), options, signal),
    {
      weight: "heavy",
    },
  ),
  defineMethod(
    "debug_traceBlockByHash",
    [hash, traceOptions],
    ([wanted, options], node, { signal }) =>
      traceBlock(
        node,
        traceable(requireBlock(node.chain, { kind: "hash", hash: wanted, requireCanonical: false })),
        options,
        signal,
      ),
    {
      weight: "heavy",
    },
  ),
];

function traceable(block: Block): Block {
  if (block.header.number === 0) throw new RpcError(RPC_ERROR.rejected, "genesis is not traceable");
  return block;
}
