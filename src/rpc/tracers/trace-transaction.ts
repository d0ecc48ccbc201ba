import { setImmediate as nextTurn } from "node:timers/promises";
import type { Block, InboxMessage, ReplayPoint } from "../../chain/index.ts";
import { ZERO_ADDRESS, type Hash } from "../../primitives/index.ts";
import type { RpcNode } from "../node.ts";
import type { TraceOptions } from "../parameters/index.ts";
import { invalidParams, rejected, RPC_ERROR, RpcError } from "../protocol/index.ts";
import { callData, callError, runCall, prepareCall, type Simulation } from "../simulation/index.ts";
import { createTracer } from "./create-tracer.ts";
import type { TracedTransaction } from "./tracer.ts";

type TracingNode = Pick<RpcNode, "chain" | "decode" | "limits">;

/** Runs the transactions of a stored block up to the one at `index` again, and traces that one. */
export async function traceStored(
  { chain, decode, limits }: TracingNode,
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

/** Traces a call as `eth_call` would run it, after `block` or before the transaction of it that the options name. */
export async function traceCall(
  { chain, limits }: TracingNode,
  after: Simulation,
  options: TraceOptions | undefined,
  block: Block,
): Promise<object> {
  if (options?.txIndex !== undefined && after.view.pending !== undefined)
    throw invalidParams("expected a stored block with txIndex, got pending");
  const before = options?.txIndex === undefined ? undefined : replayPoint(chain, block, options.txIndex);
  const simulation: Simulation = before === undefined ? after : { ...after, before };
  const tracer = createTracer(options, { steps: limits.traceSteps, size: limits.responseBytes });
  const request = await prepareCall(chain, simulation, limits.callGas);
  const outcome = await runCall(chain, simulation, request, tracer.observer);
  if (outcome.kind === "refused") throw callError(outcome);
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
  node: TracingNode,
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

/** The transaction at `index`; of a block without any, 0 is its end, and undefined. Throws {@link RpcError} if there is none. */
function replayPoint(chain: RpcNode["chain"], block: Block, index: number): ReplayPoint | undefined {
  if (block.header.number === 0) throw rejected("no transaction in genesis");
  if (index === 0 && block.transactions.length === 0) return undefined;
  const transaction = block.transactions[index];
  if (transaction === undefined) throw rejected(`transaction index ${index} out of range for block ${block.hash}`);
  const parent = chain.store.getBlockByHash(block.header.parentHash);
  if (parent === undefined) throw rejected(`parent ${block.header.parentHash} not found`);
  return { parent, block, transactionHash: transaction.hash, messages: messagesOf(chain, block) };
}

function messagesOf({ inbox }: RpcNode["chain"], block: Block): InboxMessage[] {
  return Array.from({ length: block.nextMessage - block.firstMessage }, (_, offset) => {
    const message = inbox.getMessage(block.firstMessage + offset);
    if (message === undefined)
      throw new RpcError(RPC_ERROR.notFound, `Inbox message ${block.firstMessage + offset} left L1; ask again`);
    return message;
  });
}
