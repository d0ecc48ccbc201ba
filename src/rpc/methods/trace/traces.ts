import { findTransaction, requireBlock } from "../../chain-view.ts";
import type { ReadingMethod } from "../../node.ts";
import { defineReadingMethod } from "../../node.ts";
import { blockNumberOrTag } from "../../parameters/block-parameter.ts";
import { hash } from "../../parameters/scalars.ts";
import type { TraceOptions } from "../../parameters/trace-parameter.ts";
import { traceBlock, traceStored } from "../../tracers/trace-transaction.ts";

const FLAT: TraceOptions = {
  choice: { tracer: "flatCallTracer", convertParityErrors: true, includePrecompiles: false },
  timeout: undefined,
};

/** Calls as Parity and its successors give them, for indexers that ask for these. */
export const parityTraceMethods: readonly ReadingMethod[] = [
  defineReadingMethod("trace_transaction", [hash], ([wanted], node, { signal }) => {
    const found = findTransaction(node.chain, wanted);
    return found === undefined ? null : traceStored(node, found.block, found.index, FLAT, signal);
  }),

  defineReadingMethod("trace_block", [blockNumberOrTag], async ([block], node, { signal }) => {
    const traces = await traceBlock(node, requireBlock(node.chain, block), FLAT, signal);
    return traces.flatMap(({ result }) => result);
  }),
];
