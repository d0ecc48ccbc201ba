import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExecutionObserver, ReplayPoint } from "../../execution/index.ts";
import { ZERO_ADDRESS } from "../../primitives/index.ts";
import type { Hash } from "../../primitives/index.ts";
import type { Block, BlockTransaction, InboxMessage } from "../../rollup/index.ts";
import type { BlockUnitsOptions, UnitContent } from "../../traces/index.ts";
import type { ReadingNode } from "../node.ts";
import type { TraceCallOptions, TraceOptions } from "../parameters/trace-parameter.ts";
import { invalidParams, rejected, RPC_ERROR, RpcError } from "../protocol/errors.ts";
import { callData, callError, runCall, prepareCall } from "../simulation/call.ts";
import type { Simulation } from "../simulation/call.ts";
import { createTracer } from "./create-tracer.ts";
import { derivedBatchOf, runUnits } from "./derived-units.ts";
import { createTraceMeter } from "./trace-meter.ts";
import type { TraceContext, TracedTransaction, Tracer } from "./tracer.ts";

/** Runs the transactions of a stored block up to the one at `index` again, and traces that one. */
export async function traceStored(
  node: ReadingNode,
  block: Block,
  index: number,
  options: TraceOptions,
  signal: AbortSignal,
): Promise<object> {
  const [trace] = await traceRange(node, block, { from: index, to: index + 1 }, options, signal);
  return (trace as TransactionTrace).result;
}

/** Traces every transaction of a block, in order, which runs once. */
export async function traceBlock(
  node: ReadingNode,
  block: Block,
  options: TraceOptions,
  signal: AbortSignal,
): Promise<readonly TransactionTrace[]> {
  return traceRange(node, block, { from: 0, to: block.transactions.length }, options, signal);
}

/** An entry of `debug_traceBlock*`. */
export interface TransactionTrace {
  readonly txHash: Hash;
  readonly result: object;
}

async function traceRange(
  node: ReadingNode,
  block: Block,
  { from, to }: { readonly from: number; readonly to: number },
  options: TraceOptions,
  signal: AbortSignal,
): Promise<readonly TransactionTrace[]> {
  const { chain, decode, limits } = node;
  const { transactions, receipts, header } = block;
  const last = transactions[to - 1];
  if (last === undefined && from === to) return [];
  const parent = chain.store.getBlock(header.number - 1);
  if (last === undefined || parent?.hash !== header.parentHash)
    throw new RpcError(RPC_ERROR.notFound, `transaction ${to - 1} of block ${header.number} left the chain; ask again`);
  if (options.choice.tracer === "stepTracer" && node.openUnits !== undefined) {
    const batch = derivedBatchOf(node, block);
    if (batch !== undefined) return traceRangeByUnits(node, block, batch, { from, to }, options, signal);
  }
  const meter = createTraceMeter(limits.responseBytes);
  const traces: TransactionTrace[] = [];
  let position = 0;
  let firstLogIndex = 0;
  // Ends the trace of the transaction that ran last, if it has one.
  let finish: (() => object) | undefined;
  const settle = (): void => {
    const before = transactions[position - 1];
    if (finish !== undefined && before !== undefined) traces.push({ txHash: before.hash, result: finish() });
    finish = undefined;
  };
  const observe = async (hash: Hash): Promise<ExecutionObserver | undefined> => {
    settle();
    await nextTurn();
    signal.throwIfAborted();
    const index = position++;
    const [transaction, receipt] = [transactions[index], receipts[index]];
    if (transaction?.hash !== hash || receipt === undefined)
      throw new Error(
        `expected transaction ${index} of block ${header.number} to be ${transaction?.hash}, not ${hash}`,
      );
    const context: TraceContext = { maximumSteps: limits.traceSteps, meter, firstLogIndex };
    firstLogIndex += receipt.logs.length;
    if (index < from) return undefined;
    const tracer = startTrace(options, context);
    const outcome = { gasUsed: receipt.gasUsed, failed: receipt.status === 0 };
    const place = {
      blockHash: block.hash,
      blockNumber: header.number,
      transactionHash: hash,
      transactionPosition: index,
    };
    finish = () => tracer.result({ ...describe(transaction, decode), ...outcome, place });
    return tracer.observer;
  };
  const messages = messagesOf(chain, block);
  await chain.engine.replay({ parent, block, through: last.hash, messages, observe });
  settle();
  return traces;
}

/** As {@link traceRange}, of a block of a derived batch: the steps of the units that the transactions are. */
async function traceRangeByUnits(
  node: ReadingNode,
  block: Block,
  batch: number,
  { from, to }: { readonly from: number; readonly to: number },
  options: TraceOptions,
  signal: AbortSignal,
): Promise<readonly TransactionTrace[]> {
  const { transactions, receipts, header } = block;
  const meter = createTraceMeter(node.limits.responseBytes);
  const traces: TransactionTrace[] = [];
  let position = 0;
  // Of the unit under way, which may turn out to be none of the block's transactions: then nothing is kept of it.
  let tracer: Tracer | undefined;
  let takeBack = (): void => undefined;
  const onUnit: BlockUnitsOptions["onUnit"] = (kind) => {
    tracer = undefined;
    takeBack = () => undefined;
    if ((kind !== "Message" && kind !== "Transaction") || position < from) return undefined;
    takeBack = meter.mark();
    const started = startTrace(options, { maximumSteps: node.limits.traceSteps, meter, firstLogIndex: 0 });
    tracer = started;
    return (step) => {
      started.observer.onMachineStep?.(step);
      return true;
    };
  };
  for await (const { content } of runUnits(node, block, batch, { withLoadBatch: false, onUnit, signal })) {
    const hash = transactionOf(content);
    if (hash === undefined) {
      takeBack();
      continue;
    }
    const [transaction, receipt] = [transactions[position], receipts[position]];
    if (transaction?.hash !== hash || receipt === undefined)
      throw new Error(
        `expected transaction ${position} of block ${header.number} to be ${transaction?.hash}, not ${hash}`,
      );
    const outcome = { gasUsed: receipt.gasUsed, failed: receipt.status === 0 };
    if (tracer !== undefined)
      traces.push({ txHash: hash, result: tracer.result({ ...describe(transaction, node.decode), ...outcome }) });
    position++;
    if (position === to) break;
  }
  return traces;
}

/** Hash of the transaction of the block that a unit is, if it is one. */
function transactionOf(content: UnitContent): Hash | undefined {
  switch (content.kind) {
    case "Message":
      return content.outcome.kind === "executed" || content.outcome.kind === "not-run"
        ? content.message.hash
        : undefined;
    case "Transaction":
      return content.outcome.kind === "included" ? content.hash : undefined;
    default:
      return undefined;
  }
}

/** What a trace says of a transaction before it runs. */
function describe(
  transaction: BlockTransaction,
  decode: ReadingNode["decode"],
): Omit<TracedTransaction, "gasUsed" | "failed"> {
  if (transaction.kind === "deposit") {
    const { sender, to, value, gasLimit, data } = transaction.message;
    return { from: sender, to, value, gas: gasLimit, input: data };
  }
  const { to, value, gasLimit, data } = decode(transaction.raw);
  return { from: transaction.sender, to, value, gas: gasLimit, input: data };
}

/** Traces a call as `eth_call` would run it, after `block` or before the transaction of it that the options name. */
export async function traceCall(
  { chain, limits }: ReadingNode,
  after: Simulation,
  options: TraceCallOptions,
  block: Block,
): Promise<object> {
  if (options.txIndex !== undefined && after.view.pending !== undefined)
    throw invalidParams("expected a stored block with txIndex, got pending");
  const before = options.txIndex === undefined ? undefined : replayPoint(chain, block, options.txIndex);
  const simulation: Simulation = before === undefined ? after : { ...after, before };
  const meter = createTraceMeter(limits.responseBytes);
  const request = await prepareCall(chain, simulation, limits.callGas);
  const tracer = startTrace(options, { maximumSteps: limits.traceSteps, meter, firstLogIndex: 0 });
  const outcome = await runCall(chain, simulation, request, tracer.observer);
  if (outcome.kind === "refused") throw callError(outcome);
  return tracer.result({
    from: simulation.call.from ?? ZERO_ADDRESS,
    to: request.to,
    value: request.value,
    gas: request.gas,
    input: callData(simulation.call),
    gasUsed: outcome.gasUsed,
    failed: outcome.kind !== "success",
  });
}

/** The tracer asked for, whose result is an error if the transaction takes longer than its timeout from here. */
function startTrace({ choice, timeout }: TraceOptions, context: TraceContext): Tracer {
  const { observer, result } = createTracer(choice, context);
  if (timeout === undefined) return { observer, result };
  const deadline = performance.now() + timeout;
  return {
    observer,
    result: (transaction) => {
      if (performance.now() > deadline)
        throw new RpcError(RPC_ERROR.timeout, `execution timeout: the trace took longer than ${timeout} ms`);
      return result(transaction);
    },
  };
}

/** The transaction at `index`; of a block without any, 0 is its end, and undefined. Throws {@link RpcError} if there is none. */
function replayPoint(chain: ReadingNode["chain"], block: Block, index: number): ReplayPoint | undefined {
  if (block.header.number === 0) throw rejected("no transaction in genesis");
  if (index === 0 && block.transactions.length === 0) return undefined;
  const transaction = block.transactions[index];
  if (transaction === undefined) throw rejected(`transaction index ${index} out of range for block ${block.hash}`);
  const parent = chain.store.getBlockByHash(block.header.parentHash);
  if (parent === undefined) throw rejected(`parent ${block.header.parentHash} not found`);
  return { parent, block, transactionHash: transaction.hash, messages: messagesOf(chain, block) };
}

function messagesOf({ inbox }: ReadingNode["chain"], block: Block): InboxMessage[] {
  return Array.from({ length: block.nextMessage - block.firstMessage }, (_, offset) => {
    const message = inbox.getMessage(block.firstMessage + offset);
    if (message === undefined)
      throw new RpcError(RPC_ERROR.notFound, `Inbox message ${block.firstMessage + offset} left L1; ask again`);
    return message;
  });
}
