import { setImmediate as nextTurn } from "node:timers/promises";
import type { Block, InboxMessage } from "../../chain/index.ts";
import { ZERO_ADDRESS, type Hash } from "../../primitives/index.ts";
import type { ReadingNode } from "../node.ts";
import type { TraceOptions } from "../parameters/index.ts";
import { RPC_ERROR, RpcError } from "../protocol/index.ts";
import { callData, runCall, prepareCall, type Simulation } from "../simulation/index.ts";
import { createTracer } from "./create-tracer.ts";
import type { TracedTransaction } from "./tracer.ts";

/** Runs the transactions of a stored block up to the one at `index` again, and traces that one. */
export async function traceStored(
  { chain, decode, limits }: ReadingNode,
  block: Block,
  index: number,
  options: TraceOptions | undefined,
): Promise<object> {
  const transaction = block.transactions[index];
  const receipt = block.receipts[index];
  const parent = chain.store.getBlock(block.header.number - 1);
  if (transaction === undefined || receipt === undefined || parent?.hash !== block.header.parentHash) {
    throw new RpcError(
      RPC_ERROR.notFound,
      `transaction ${index} of block ${block.header.number} left the chain; ask again`,
    );
  }
  const tracer = createTracer(options, { steps: limits.traceSteps, size: limits.responseBytes });
  await chain.engine.replay({
    parent,
    block,
    transactionHash: transaction.hash,
    messages: messagesOf(chain, block),
    observer: tracer.observer,
  });
  const outcome = { gasUsed: receipt.gasUsed, failed: receipt.status === 0 };
  if (transaction.kind === "deposit") {
    const { sender, to, value, gasLimit, data } = transaction.message;
    return tracer.result({ from: sender, to, value, gas: gasLimit, input: data, ...outcome });
  }
  const { to, value, gasLimit, data } = decode(transaction.raw);
  return tracer.result({ from: transaction.sender, to: to?.toString(), value, gas: gasLimit, input: data, ...outcome });
}

/** Traces a call as `eth_call` would run it. */
export async function traceCall(
  { chain, limits }: ReadingNode,
  simulation: Simulation,
  options: TraceOptions | undefined,
): Promise<object> {
  const tracer = createTracer(options, { steps: limits.traceSteps, size: limits.responseBytes });
  const request = await prepareCall(chain, simulation, limits.callGas);
  const outcome = await runCall(chain, simulation, request, tracer.observer);
  const transaction: TracedTransaction = {
    from: simulation.call.from ?? ZERO_ADDRESS,
    to: request.to,
    value: request.value,
    gas: request.gas,
    input: callData(simulation.call),
    gasUsed: outcome.gasUsed,
    failed: outcome.kind !== "success",
  };
  return tracer.result(transaction);
}

/** Traces every transaction of a block, in order. */
export async function traceBlock(
  node: ReadingNode,
  block: Block,
  options: TraceOptions | undefined,
  signal: AbortSignal,
): Promise<object[]> {
  const traces: { readonly txHash: Hash; readonly result: object }[] = [];
  for (const [index, { hash }] of block.transactions.entries()) {
    await nextTurn();
    signal.throwIfAborted();
    traces.push({ txHash: hash, result: await traceStored(node, block, index, options) });
  }
  return traces;
}

function messagesOf({ inbox }: ReadingNode["chain"], block: Block): InboxMessage[] {
  return Array.from({ length: block.nextMessage - block.firstMessage }, (_, offset) => {
    const message = inbox.getMessage(block.firstMessage + offset);
    if (message === undefined)
      throw new RpcError(RPC_ERROR.notFound, `Inbox message ${block.firstMessage + offset} left L1; ask again`);
    return message;
  });
}
