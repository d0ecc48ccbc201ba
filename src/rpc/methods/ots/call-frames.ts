import { z } from "zod";
import type { Hash } from "../../../primitives/index.ts";
import type { Block } from "../../../rollup/index.ts";
import { findTransaction } from "../../chain-view.ts";
import type { ReadingNode } from "../../node.ts";
import { RPC_ERROR, RpcError } from "../../protocol/errors.ts";
import { traceStored } from "../../tracers/trace-transaction.ts";

/** A call as the call tracer shows it. */
export interface CallFrame {
  readonly type: string;
  readonly from: string;
  readonly to?: string | undefined;
  /** Absent for static calls. */
  readonly value?: string | undefined;
  readonly input: string;
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  readonly calls?: readonly CallFrame[] | undefined;
}

const frameSchema: z.ZodType<CallFrame> = z.lazy(() =>
  z.object({
    type: z.string(),
    from: z.string(),
    to: z.string().optional(),
    value: z.string().optional(),
    input: z.string(),
    output: z.string().optional(),
    error: z.string().optional(),
    calls: z.array(frameSchema).optional(),
  }),
);

/** The calls of a stored transaction, from the outermost on. @throws RpcError if there is no such transaction */
export async function traceCalls(node: ReadingNode, hash: Hash, signal: AbortSignal): Promise<CallFrame> {
  const found = findTransaction(node.chain, hash);
  if (found === undefined) throw new RpcError(RPC_ERROR.notFound, `transaction not found: ${hash}`);
  return traceCallsAt(node, found.block, found.index, signal);
}

/** As {@link traceCalls} of the transaction at an index of a block. */
export async function traceCallsAt(
  node: ReadingNode,
  block: Block,
  index: number,
  signal: AbortSignal,
): Promise<CallFrame> {
  const choice = { tracer: "callTracer", onlyTopCall: false, withLog: false } as const;
  return frameSchema.parse(await traceStored(node, block, index, { choice, timeout: undefined }, signal));
}

/** Every call with its depth, callers before what they call. */
export function* walkFrames(
  frame: CallFrame,
  depth = 0,
): Generator<{ readonly frame: CallFrame; readonly depth: number }> {
  yield { frame, depth };
  for (const call of frame.calls ?? []) yield* walkFrames(call, depth + 1);
}

/** As {@link walkFrames}, of the calls that took effect: what failed has undone all below it. */
export function* walkEffective(
  frame: CallFrame,
  depth = 0,
): Generator<{ readonly frame: CallFrame; readonly depth: number }> {
  if (frame.error !== undefined) return;
  yield { frame, depth };
  for (const call of frame.calls ?? []) yield* walkEffective(call, depth + 1);
}
